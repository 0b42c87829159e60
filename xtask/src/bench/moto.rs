//! Makes sure that moto's server is there, which measurements are compared with.

use crate::test::MOTO;
use crate::workspace::{root, succeed};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::Command;

/// Installs it under `target/moto` if it is missing; answers where it is.
pub(super) fn ensure() -> Result<PathBuf> {
    let directory = root().join("target/moto");
    let program = directory.join("bin/moto_server");
    if !program.exists() {
        let mut environment = Command::new("python3");
        environment.args(["-m", "venv"]).arg(&directory);
        succeed(environment)?;
        let mut pip = Command::new(directory.join("bin/pip"));
        pip.args(["install", "--quiet", MOTO]);
        succeed(pip).with_context(|| format!("install it: pip install '{MOTO}'"))?;
    }
    Ok(program)
}
