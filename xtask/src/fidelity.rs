//! `cargo xtask fidelity`: every scenario rehearsed and run on a real control plane, and the table of it in the docs.

use crate::lab;
use crate::test::toolchain;
use crate::workspace::{cargo, root, spell};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Page with the table.
const PAGE: &str = "docs/reference/fidelity.md";
/// Text of the page around the table.
const ABOUT: &str = include_str!("fidelity.md");

/// Runs the scenarios whose names contain `only`, each `runs` times, on a control plane of that minor or the lab's
/// oldest; when all are run on that one, the page is written.
pub(crate) fn run(runs: u32, only: Option<&str>, minor: Option<&str>) -> Result<()> {
    lab::build(&toolchain::ensure()?, minor.unwrap_or(lab::TESTED))?;
    let mut command = cargo(&["test", "--locked", "-p", "replank", "--test", "lab", "--"]);
    command.args(["--ignored", "--nocapture", "--exact", "fidelity::all"]);
    command
        .env("REPLANK_FIDELITY_RUNS", runs.to_string())
        .env("REPLANK_FIDELITY_ONLY", only.unwrap_or_default());
    if let Some(minor) = minor {
        command.env("REPLANK_FIDELITY_MINOR", minor);
    }
    let line = spell(&command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    let mut page = String::new();
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let line = line.context("cannot read what the scenarios say")?;
        println!("{line}");
        if line.starts_with(['|', '-']) || line.starts_with("Left out") {
            let apart = if line.starts_with("Left out") { "\n" } else { "" };
            page += &format!("{apart}{line}\n{apart}");
        }
    }
    let status = child.wait().context("cannot wait for the scenarios")?;
    if !status.success() {
        bail!("rehearsal and reality differ (`{line}`: {status})");
    }
    if only.is_none() && minor.is_none() {
        let text = format!("{}\n{page}", ABOUT.trim_end().replace("${RUNS}", &runs.to_string()));
        fs::write(root().join(PAGE), text).with_context(|| format!("cannot write {PAGE}"))?;
        println!("\n{PAGE} written");
    }
    Ok(())
}
