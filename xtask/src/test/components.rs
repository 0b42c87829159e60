//! Makes sure that rustfmt and clippy are there, since a minimal Rust installation lacks them.

use crate::workspace::{cargo, succeed};
use anyhow::{Context, Result};
use std::process::{Command, Stdio};

/// The cargo subcommand and the rustup component that brings it.
const NEEDED: [(&str, &str); 2] = [("fmt", "rustfmt"), ("clippy", "clippy")];

/// Installs what is missing with rustup, or says in one line what to install.
pub(crate) fn ensure() -> Result<()> {
    for (subcommand, component) in NEEDED {
        if present(subcommand) {
            continue;
        }
        let mut rustup = Command::new("rustup");
        rustup.args(["component", "add", component]);
        succeed(rustup).with_context(|| format!("install {component}: rustup component add {component}"))?;
    }
    Ok(())
}

fn present(subcommand: &str) -> bool {
    cargo(&[subcommand, "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
