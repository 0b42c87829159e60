//! Many seeds under faults: builds the runner of the embedded world optimised and hands it the number of seeds.

use crate::test::Outcome;
use crate::workspace::{cargo, example, succeed};
use anyhow::{Result, bail};

/// Seeds run by `cargo xtask test`.
pub(crate) const SEEDS_IN_TEST: u64 = 2_000;

/// A missing runner is a failure: seeds that nobody runs prove nothing.
const RUNNER_REQUIRED: bool = true;

const CRATE_DIR: &str = "crates/replank-sim";

/// Runs `seeds` seeds; `rest` goes to the runner as it is.
pub(crate) fn run(seeds: u64, rest: &[String]) -> Result<Outcome> {
    if example(CRATE_DIR, "dst").is_none() {
        if RUNNER_REQUIRED {
            bail!("{CRATE_DIR}/examples/dst.rs is missing");
        }
        let why = format!("{CRATE_DIR}/examples/dst.rs does not exist; {seeds} seeds were not checked");
        println!("*** NOT RUN: {why}");
        return Ok(Outcome::NotRun(why));
    }
    let seeds = seeds.to_string();
    let mut command = cargo(&["run", "--locked", "--release", "-p", "replank-sim", "--example", "dst"]);
    command.args(["--", "--seeds", &seeds]).args(rest);
    succeed(command).map(|()| Outcome::Passed)
}
