//! `cargo xtask test`: the steps in order, each with its duration; the first failure ends the run and says how to
//! repeat that step alone.

mod browser;
pub(crate) mod clients;
mod components;
pub(crate) mod toolchain;
pub(crate) mod unit;

pub(crate) use clients::MOTO;

use crate::workspace::{cargo, spell, succeed};
use crate::{deny, docs, dst, image, lab, tidy};
use anyhow::{Context, Result};
use std::process::Command;
use std::time::{Duration, Instant};

/// One step: its name, how to run it alone, and what it does.
struct Step {
    name: &'static str,
    alone: String,
    run: Box<dyn FnOnce() -> Result<Outcome>>,
}

/// How a step ended that did not fail.
pub(crate) enum Outcome {
    /// It checked what it is there for.
    Passed,
    /// As `Passed`; the tests were counted.
    Counted(unit::Count),
    /// It checked nothing, for this reason.
    NotRun(String),
}

/// Runs every step; the last line printed counts the tests.
pub(crate) fn run(seeds: u64) -> Result<()> {
    components::ensure()?;
    let all = steps(seeds);
    let total = all.len();
    let mut ended = Vec::new();
    for (index, step) in all.into_iter().enumerate() {
        println!("\n== {} of {total}: {} ({})", index + 1, step.name, step.alone);
        let started = Instant::now();
        let outcome = (step.run)();
        let took = started.elapsed();
        println!(
            "== {}: {} in {}",
            step.name,
            outcome.as_ref().map_or("FAILED", Outcome::word),
            seconds(took)
        );
        let outcome =
            outcome.with_context(|| format!("{} failed; run it alone: {}", step.name, step.alone))?;
        ended.push((step.name, outcome, took));
    }
    summary(&ended);
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
        plain("lab", "cargo xtask lab build --minor 1.34 --minor 1.35", || {
            lab::build(&toolchain::ensure()?, &lab::TESTED)
        }),
        Step {
            name: "tests",
            alone: "cargo xtask unit".to_owned(),
            run: Box::new(|| unit::run().map(Outcome::Counted)),
        },
        Step {
            name: "helm",
            alone: "cargo xtask lab build --helm, then cargo xtask unit".to_owned(),
            run: Box::new(|| Ok(helm())),
        },
        plain("image", "cargo xtask image --check --program target/debug/replank", image::checked),
        Step {
            name: "seeds",
            alone: format!("cargo xtask dst --seeds {seeds}"),
            run: Box::new(move || {
                let [first, replacing] = dst::Seeds::first(seeds);
                dst::run(first, &[])?;
                dst::run(replacing, &[])
            }),
        },
        plain("dependencies", "cargo xtask deny", deny::run),
    ]
}

/// Helm is tried among the tests where it is there; building it takes minutes, so it is left to those who ask for it.
fn helm() -> Outcome {
    if lab::has_helm() {
        return Outcome::Passed;
    }
    Outcome::NotRun(
        "Helm is not there, so nobody tried the chart with it: cargo xtask lab build --helm".to_owned(),
    )
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
    Step { name, alone: alone.into(), run: Box::new(|| run().map(|()| Outcome::Passed)) }
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed | Self::Counted(_) => "ok",
            Self::NotRun(_) => "NOT RUN",
        }
    }
}

/// The durations, then what was not checked, and last the count on a line of its own.
fn summary(ended: &[(&str, Outcome, Duration)]) {
    println!();
    for (name, outcome, took) in ended {
        println!("   {name:<16} {:>9}  {}", seconds(*took), outcome.word());
    }
    println!("   {:<16} {:>9}\n", "total", seconds(ended.iter().map(|(.., took)| *took).sum()));
    for (name, outcome, _) in ended {
        if let Outcome::NotRun(why) = outcome {
            println!("*** {name} NOT RUN: {why}\n");
        }
    }
    for (_, outcome, _) in ended {
        if let Outcome::Counted(count) = outcome {
            println!("{count}");
        }
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}
