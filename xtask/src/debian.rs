//! Debian's packages, for programs that tests need and that are missing.

use crate::workspace::succeed;
use anyhow::Result;
use std::process::Command;

/// Installs packages of Debian, as root or with the rights to become it.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let shell = "set -e; if [ \"$(id -u)\" -eq 0 ]; then as=; else as='sudo -n'; fi; \
                 $as apt-get update -qq; \
                 $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \"$@\" >/dev/null";
    let mut command = Command::new("sh");
    command.args(["-c", shell, "install"]).args(packages);
    succeed(command)
}
