//! `cargo xtask test`: the steps in order, each with its duration; the first failure ends the run and says how to
//! repeat that step alone.

mod components;
pub(crate) mod unit;

use crate::workspace::{cargo, spell, succeed};
use crate::{deny, docs, dst, tidy};
use anyhow::{Context, Result};
use std::process::Command;
use std::time::{Duration, Instant};

/// One step: its name, how to run it alone, and what it does.
struct Step {
    name: &'static str,
    alone: String,
    run: Box<dyn FnOnce() -> Result<Option<unit::Count>>>,
}

/// Runs every step; the last line printed counts the tests.
pub(crate) fn run(seeds: u64) -> Result<()> {
    components::ensure()?;
    let all = steps(seeds);
    let total = all.len();
    let mut count = None;
    let mut durations = Vec::new();
    for (index, step) in all.into_iter().enumerate() {
        println!("\n== {} of {total}: {} ({})", index + 1, step.name, step.alone);
        let started = Instant::now();
        let outcome = (step.run)();
        let took = started.elapsed();
        println!("== {}: {} in {}", step.name, if outcome.is_ok() { "ok" } else { "FAILED" }, seconds(took));
        durations.push((step.name, took));
        let counted =
            outcome.with_context(|| format!("{} failed; run it alone: {}", step.name, step.alone))?;
        count = count.or(counted);
    }
    summary(&durations);
    if let Some(count) = count {
        println!("{count}");
    }
    Ok(())
}

fn steps(seeds: u64) -> Vec<Step> {
    vec![
        command("format", cargo(&["fmt", "--all", "--check"])),
        command("lints", lints()),
        plain("tidy", "cargo xtask tidy", tidy::run),
        plain("generated pages", "cargo xtask docs --check", docs::check),
        Step {
            alone: format!("RUSTDOCFLAGS='-D warnings' {}", spell(&rustdoc())),
            ..command("rustdoc", rustdoc())
        },
        Step { name: "tests", alone: "cargo xtask unit".to_owned(), run: Box::new(|| unit::run().map(Some)) },
        plain("seeds", format!("cargo xtask dst --seeds {seeds}"), move || dst::run(seeds, &[])),
        plain("dependencies", "cargo xtask deny", deny::run),
    ]
}

/// Warnings are errors through arguments, not through `RUSTFLAGS`: the flags would rebuild every dependency.
fn lints() -> Command {
    cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// Private items too: the pages are read by those who work on the crates.
fn rustdoc() -> Command {
    let private = "--document-private-items";
    let mut command = cargo(&["doc", "--locked", "--workspace", "--no-deps", private, "--quiet"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

fn command(name: &'static str, command: Command) -> Step {
    let alone = spell(&command);
    plain(name, alone, move || succeed(command))
}

fn plain(name: &'static str, alone: impl Into<String>, run: impl FnOnce() -> Result<()> + 'static) -> Step {
    Step { name, alone: alone.into(), run: Box::new(|| run().map(|()| None)) }
}

fn summary(durations: &[(&str, Duration)]) {
    println!("\n== all steps passed");
    for (name, took) in durations {
        println!("   {name:<16} {:>9}", seconds(*took));
    }
    println!("   {:<16} {:>9}\n", "total", seconds(durations.iter().map(|(_, took)| *took).sum()));
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
