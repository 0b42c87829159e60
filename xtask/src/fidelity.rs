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

/// Runs the scenarios whose names contain `only`, each `runs` times, on a control plane of that minor or on those of the
/// page, one after the other; when nothing is left out, the page is written.
pub(crate) fn run(runs: u32, only: Option<&str>, minor: Option<&str>) -> Result<()> {
    let minors = minor.map_or_else(|| lab::SHOWN.to_vec(), |minor| vec![minor]);
    lab::build(&toolchain::ensure()?, &minors)?;
    let (mut page, mut left_out, mut wrong) = (String::new(), String::new(), Vec::new());
    for minor in minors {
        let told = on(runs, only, minor)?;
        page += &format!("\n## Kubernetes {minor}\n\n{}", told.table);
        left_out = told.left_out;
        wrong.extend(told.trouble);
    }
    if !wrong.is_empty() {
        bail!("rehearsal and reality differ ({})", wrong.join("; "));
    }
    if only.is_none() && minor.is_none() {
        let about = ABOUT.trim_end().replace("${RUNS}", &runs.to_string());
        let text = format!("{about}\n{page}\n## Left out of the comparison\n\n{left_out}");
        fs::write(root().join(PAGE), text).with_context(|| format!("cannot write {PAGE}"))?;
        println!("\n{PAGE} written");
    }
    Ok(())
}

/// What the scenarios on one minor printed.
struct Told {
    table: String,
    left_out: String,
    /// How it ended, if not well.
    trouble: Option<String>,
}

fn on(runs: u32, only: Option<&str>, minor: &str) -> Result<Told> {
    let mut command = cargo(&["test", "--locked", "-p", "replank", "--test", "lab", "--"]);
    command.args(["--ignored", "--nocapture", "--exact", "fidelity::all"]);
    command
        .env("REPLANK_FIDELITY_RUNS", runs.to_string())
        .env("REPLANK_FIDELITY_ONLY", only.unwrap_or_default())
        .env("REPLANK_FIDELITY_MINOR", minor);
    let line = spell(&command);
    println!("Kubernetes {minor}:");
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    let (mut table, mut left_out) = (String::new(), String::new());
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let line = line.context("cannot read what the scenarios say")?;
        println!("{line}");
        match line.as_bytes().first() {
            Some(b'|') => table += &format!("{line}\n"),
            Some(b'-') => left_out += &format!("{line}\n"),
            _ => {}
        }
    }
    let status = child.wait().context("cannot wait for the scenarios")?;
    let trouble = (!status.success()).then(|| format!("on {minor}: `{line}`: {status}"));
    Ok(Told { table, left_out, trouble })
}
