//! Reads an image back with tools that are not ours: `skopeo` copies and describes it, `umoci` unpacks it, and the program
//! in it runs with nothing but what is there.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{BILL, BUNDLE, PROGRAM};
use crate::workspace::{output, root};

/// Whether all the tools are installed.
pub(super) fn has_all() -> bool {
    has("skopeo") && has("umoci")
}

/// Reads an image back, as far as the tools are installed.
pub(super) fn back(image: &Path, user: &str) -> Result<()> {
    let place = format!("oci:{}:{}", image.display(), env!("CARGO_PKG_VERSION"));
    if has("skopeo") {
        let told = output(tool("skopeo", &["inspect", "--config", &place]))?;
        let config: Value = serde_json::from_str(&told).context("what skopeo prints")?;
        let wanted = format!("{user}:{user}");
        if config["config"]["User"] != wanted.as_str() {
            bail!("skopeo reads another user than {wanted}: {config}");
        }
        println!("skopeo reads it");
    }
    if !has("umoci") {
        println!(
            "note: umoci is not installed, so the image was not unpacked (Debian: apt-get install skopeo umoci)"
        );
        return Ok(());
    }
    let into = root().join("target/image-unpacked");
    let _before = fs::remove_dir_all(&into);
    let named = format!("{}:{}", image.display(), env!("CARGO_PKG_VERSION"));
    let bundle = into.to_string_lossy().into_owned();
    output(tool("umoci", &["unpack", "--rootless", "--image", &named, &bundle]))?;
    let files = into.join("rootfs");
    for path in [PROGRAM, BUNDLE, BILL, "etc/passwd"] {
        if !files.join(path).is_file() {
            bail!("{path} is not in the image that umoci unpacked");
        }
    }
    println!("umoci unpacks it");
    runs(&files)?;
    fs::remove_dir_all(&into).context("what was unpacked")
}

/// Runs the program with nothing else around it, where this user may do so.
fn runs(files: &Path) -> Result<()> {
    let mut jailed = Command::new("chroot");
    jailed.arg(files).arg(format!("/{PROGRAM}")).arg("--version").stdin(Stdio::null());
    let told = jailed.output().context("cannot start `chroot`")?;
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    if said.contains("Operation not permitted") {
        println!("note: the program in it was not run: that takes root");
        return Ok(());
    }
    let version = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    if !told.status.success() || version != format!("replank {}", env!("CARGO_PKG_VERSION")) {
        bail!("the program in the image prints '{version}', and: {said}");
    }
    println!("the program in it runs: {version}");
    Ok(())
}

fn has(program: &str) -> bool {
    let mut command = tool(program, &["--version"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn tool(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}
