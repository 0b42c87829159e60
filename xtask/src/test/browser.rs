//! Makes sure that a browser is there for the tests of the dashboard, and what drives and judges it.
//!
//! A browser is Debian's package, installed where it is missing; what drives it comes under `target/clients`, in the
//! versions of its lock file.

use crate::debian::install;
use crate::workspace::{root, succeed};
use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Browsers that the tests can use, by the names of their programs.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// The oldest Node.js that what drives the browser runs on.
const NODE_MIN: u32 = 20;
/// Where the lock file lies.
const LOCKED: &str = "crates/replank/tests/it/clients/browser";

/// Installs what is missing.
pub(super) fn ensure(path: &OsStr) -> Result<()> {
    if !BROWSERS.iter().any(|browser| runs(path, browser)) {
        install(&["chromium"]).context("install a browser: Chromium or Chrome")?;
    }
    if !has_node(path) {
        install(&["nodejs", "npm"]).context("install Node.js with npm")?;
        if !has_node(path) {
            bail!("install Node.js {NODE_MIN} or newer, with npm: the packages of this system are older");
        }
    }
    modules(path).context("what drives the browser (npm)")
}

/// Whether Node.js is there, and young enough.
fn has_node(path: &OsStr) -> bool {
    let asked = Command::new("node").arg("--version").env("PATH", path).stdin(Stdio::null()).output();
    let told = asked.map(|told| String::from_utf8_lossy(&told.stdout).into_owned()).unwrap_or_default();
    let major =
        told.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= NODE_MIN) && runs(path, "npm")
}

fn runs(path: &OsStr, program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").env("PATH", path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Installs the modules of the lock file, unless they are there.
fn modules(path: &OsStr) -> Result<()> {
    let (from, into) = (root().join(LOCKED), directory());
    let read = |folder: &PathBuf| std::fs::read(folder.join("package-lock.json"));
    let locked = read(&from).context("the lock file")?;
    if into.join("node_modules").is_dir() && read(&into).is_ok_and(|before| before == locked) {
        return Ok(());
    }
    std::fs::create_dir_all(&into)?;
    std::fs::copy(from.join("package.json"), into.join("package.json"))?;
    let _before = std::fs::remove_file(into.join("package-lock.json"));
    std::fs::write(into.join("package-lock.json"), locked)?;
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]);
    let installed = succeed({
        npm.current_dir(&into).env("PATH", path);
        npm
    });
    if installed.is_err() {
        // The next run tries it again.
        let _not_written = std::fs::remove_file(into.join("package-lock.json"));
        bail!("`npm ci` fails in {}", into.display());
    }
    Ok(())
}

fn directory() -> PathBuf {
    root().join("target/clients/browser")
}
