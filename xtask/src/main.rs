//! The tasks of the repository, started as `cargo xtask <task>`.
//!
//! | it does | it decides |
//! | --- | --- |
//! | tests and lints through cargo, writes and compares generated pages, runs seeds and benchmarks | in which order all that must pass is tried |
//! | checks texts, names and dependencies ([`tidy`], [`deny`]) | which rules they have to keep |
//!
//! It must never know: the other crates. A broken one must not keep the checks from starting.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task reports to the terminal")]

mod bench;
mod debian;
mod deny;
mod docs;
mod dst;
mod fidelity;
mod image;
mod lab;
mod test;
mod tidy;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The tasks of the replank repository", version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run everything that has to pass: format, lints, tidy, docs, tests, seeds, dependency policy
    Test {
        /// How many seeds the embedded world is run with
        #[arg(long, default_value_t = dst::SEEDS_IN_TEST)]
        seeds: u64,
    },
    /// Run all tests of the workspace and count them
    Unit,
    /// Check the rules of the house that the compiler does not check
    Tidy,
    /// Write the generated pages
    Docs {
        /// Write nothing, fail when a page on disk differs
        #[arg(long)]
        check: bool,
    },
    /// Check the dependency policy
    Deny {
        /// Print the policy as a page and check nothing
        #[arg(long)]
        describe: bool,
    },
    /// Run updates under faults, one for each seed
    Dst {
        #[command(flatten)]
        seeds: dst::Seeds,
        /// Passed on to the runner: `-- --show --threads 1`
        #[arg(last = true)]
        rest: Vec<String>,
    },
    /// A real Kubernetes control plane on this machine: build, up, down, status
    Lab {
        /// Passed on, for instance `up --nodes 6`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<String>,
    },
    /// Rehearse and run updates on a real control plane, compare, and write docs/reference/fidelity.md
    Fidelity {
        /// How often each scenario is run; the middle counts
        #[arg(long, default_value_t = 3)]
        runs: u32,
        /// Only scenarios with this in their names; the page is not written then
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
        /// Minor of the control plane, one that the lab has; without it those of the page, which is written
        #[arg(long, value_name = "MINOR")]
        minor: Option<String>,
    },
    /// Write an image of the command as an OCI layout, without a daemon
    Image(image::Image),
    /// Measure, print a table and write target/bench.json
    Bench {
        /// Build this revision too, run the embedded world of both in turn, and print the ratio of each pair
        #[arg(long, value_name = "REV")]
        against: Option<String>,
        /// How many pairs of each part, with --against
        #[arg(long, default_value_t = 3, requires = "against", value_parser = clap::value_parser!(u32).range(1..=99))]
        pairs: u32,
        /// Passed on to the measuring program, for instance `-- --only drain`; with --against, the parts to take, such
        /// as `-- 500 demo`
        #[arg(last = true)]
        rest: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Test { seeds } => test::run(seeds),
        Task::Unit => test::unit::run().map(|count| println!("\n{count}")),
        Task::Tidy => tidy::run(),
        Task::Docs { check: true } => docs::check(),
        Task::Docs { check: false } => docs::write(),
        Task::Deny { describe: true } => deny::describe(),
        Task::Deny { describe: false } => deny::run(),
        Task::Dst { seeds, rest } => dst::run(seeds, &rest).map(drop),
        Task::Lab { rest } => lab::run(&rest),
        Task::Fidelity { runs, only, minor } => fidelity::run(runs, only.as_deref(), minor.as_deref()),
        Task::Bench { against: Some(revision), pairs, rest } => bench::against(&revision, pairs, &rest),
        Task::Bench { against: None, rest, .. } => bench::run(&rest),
        Task::Image(image) => image::run(&image),
    }
}
