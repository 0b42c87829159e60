//! `cargo xtask lab`: the lab of real programs, built and run by a crate of its own; this only starts it.

use crate::workspace::{cargo, root, succeed};
use anyhow::Result;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the lab's own command with the arguments.
pub(crate) fn run(rest: &[String]) -> Result<()> {
    let mut command = own(&[]);
    command.args(rest);
    succeed(command)
}

/// The minors of the lab that the tests run on: the oldest, and the next, to which a running control plane goes. The newest
/// takes minutes more to build and is left to those who ask for it.
pub(crate) const TESTED: [&str; 2] = ["1.34", "1.35"];
/// The minors of the tables of fidelity.
pub(crate) const SHOWN: [&str; 2] = ["1.34", "1.37"];

/// Builds what runs on real control planes of these minors, with the Go that is on this `PATH`.
pub(crate) fn build(path: &OsStr, minors: &[&str]) -> Result<()> {
    let mut command = own(&["build"]);
    command.args(minors.iter().flat_map(|minor| ["--minor", minor])).env("PATH", path);
    succeed(command)
}

/// Builds kubectl alone into a directory.
pub(crate) fn build_kubectl(path: &OsStr, into: &Path) -> Result<()> {
    let mut command = own(&["build", "--kubectl"]);
    command.arg(into).env("PATH", path);
    succeed(command)
}

/// Whether tests find Helm: what the lab built, or a program on `PATH`.
pub(crate) fn has_helm() -> bool {
    let cache = std::env::var_os("REPLANK_LAB_CACHE").map(PathBuf::from);
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let built =
        std::fs::read_dir(cache.unwrap_or_else(|| target.join("lab"))).into_iter().flatten().flatten();
    let mut built = built.filter(|entry| entry.file_name().to_string_lossy().starts_with("helm-"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    built.any(|entry| entry.path().join("helm").is_file())
        || std::env::split_paths(&path).any(|folder| folder.join("helm").is_file())
}

fn own(arguments: &[&str]) -> Command {
    let mut command = cargo(&["run", "--locked", "--quiet", "-p", "replank-lab", "--"]);
    command.args(arguments);
    command
}
