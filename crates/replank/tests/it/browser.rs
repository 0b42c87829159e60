//! The dashboard in a real browser: `clients/dashboard.cjs` starts, watches and pauses an update in its pages.
//!
//! The browser is the machine's; what drives it lies under `target/clients/browser`, where `cargo xtask test` puts it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::served::Up;
use crate::tool::{Scratch, ended};

/// Browsers, by the names of their programs.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The program of a browser of this machine.
fn browser() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let found = BROWSERS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = found.into_iter().find(|program| program.is_file());
    found.expect("a browser: apt-get install chromium, or cargo xtask test").display().to_string()
}

#[test]
fn an_update_is_started_watched_and_paused_in_the_page() {
    let scratch = Scratch::new("browser");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0 --speed 10x");
    let shown: Value = serde_json::from_str(&up.says("dashboard -o json")).expect("JSON");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut node = Command::new("node");
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients/dashboard.cjs"));
    node.arg(shown["url"].as_str().expect("a link"))
        .arg(root.join("target/browser"))
        .arg("default of eks-workshop");
    node.env("NODE_PATH", root.join("target/clients/browser/node_modules")).env("REPLANK_BROWSER", browser());
    let ran = ended(node.output());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}
