//! The Go toolchain: where it is, and how it builds a program.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::minor::Minor;
use super::stamp::kubernetes_version;
use super::target;

/// Message for machines without it.
const INSTALL: &str = "the lab is built with Go 1.26 or newer, which is neither on PATH nor in /usr/local/go/bin: \
                       install it (https://go.dev/doc/install), or run `cargo xtask test`, which installs it below target";

/// A Go toolchain; it fetches a newer one itself when a module needs that.
pub(super) struct Go {
    pub(super) program: PathBuf,
    /// Its version, such as `go1.26.8`.
    pub(super) version: String,
}

impl Go {
    /// Finds it on `PATH`, where its installer puts it, or where `cargo xtask test` does.
    pub(super) fn find() -> Result<Self> {
        for program in ["go".into(), "/usr/local/go/bin/go".into(), target().join("go/bin/go")] {
            let asked = Command::new(&program).args(["env", "GOVERSION"]).stdin(Stdio::null()).output();
            if let Ok(out) = asked
                && out.status.success()
            {
                let version = String::from_utf8_lossy(&out.stdout).trim().to_owned();
                // Before 1.21 Go does not know how to fetch a newer one.
                if minor(&version).is_some_and(|minor| minor >= 21) {
                    return Ok(Self { program, version });
                }
            }
        }
        bail!(INSTALL)
    }

    /// Builds a program of a module, stripped and without local paths.
    pub(super) fn build(&self, minor: Minor, module: &Path, package: &str, into: &Path) -> Result<()> {
        let mut command = Command::new("nice");
        command.arg(&self.program).current_dir(module);
        command.args(["build", "-trimpath", "-buildvcs=false", "-mod=readonly"]);
        command.args(["-ldflags", &link_flags(minor)]).arg("-o").arg(into).arg(package);
        // Some distributions forbid it to fetch the toolchain that a module asks for.
        if std::env::var_os("GOTOOLCHAIN").is_none() {
            command.env("GOTOOLCHAIN", "auto");
        }
        command.env("CGO_ENABLED", "0").env("GOWORK", "off").env_remove("GOFLAGS").stdin(Stdio::null());
        let status = command.status().context("cannot start `nice go`")?;
        if !status.success() {
            bail!("go build {package} failed ({status})");
        }
        Ok(())
    }
}

/// Sets Kubernetes' version in its programs, which report v0.0.0-master otherwise and misjudge what depends on it.
fn link_flags(minor: Minor) -> String {
    let version = kubernetes_version(minor);
    let mut parts = version.split('.');
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut flags = "-s -w".to_owned();
    for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
        for (name, value) in [
            ("gitVersion", format!("v{version}").as_str()),
            ("gitMajor", major),
            ("gitMinor", minor),
            ("gitTreeState", "clean"),
            ("buildDate", "1970-01-01T00:00:00Z"),
        ] {
            flags.push_str(&format!(" -X {package}.{name}={value}"));
        }
    }
    flags
}

/// Minor of a version such as `go1.26.8`; development versions count as new.
fn minor(version: &str) -> Option<u32> {
    if version.starts_with("devel") {
        return Some(u32::MAX);
    }
    version.strip_prefix("go1.")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go() {
        for (text, minor) in [("go1.26.8", Some(26)), ("go1.21rc2", Some(21)), ("go2", None), ("", None)] {
            assert_eq!(super::minor(text), minor, "{text}");
        }
        for (minor, version) in Minor::ALL.into_iter().zip(["1.34.4", "1.35.4", "1.37.2"]) {
            let flag = format!("-X k8s.io/component-base/version.gitVersion=v{version} ");
            assert!(link_flags(minor).contains(&flag));
        }
    }
}
