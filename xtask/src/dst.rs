//! Many seeds under faults: builds the runner of the embedded world optimised and tells it which seeds.

use crate::test::Outcome;
use crate::workspace::{cargo, example, succeed};
use anyhow::{Result, bail};
use clap::Args;

/// Seeds run by `cargo xtask test`.
pub(crate) const SEEDS_IN_TEST: u64 = 2_000;

/// Whether a missing runner is a failure.
const RUNNER_REQUIRED: bool = true;

/// The first seed that may draw the strategy `REPLACE` (`crates/replank-harness/src/story/random.rs`).
const REPLACE_FROM: u64 = 951_150_000_000;

const CRATE_DIR: &str = "crates/replank-harness";

/// Seeds to run.
#[derive(Args, Clone, Copy)]
pub(crate) struct Seeds {
    /// How many seeds to run
    #[arg(long = "seeds", default_value_t = SEEDS_IN_TEST, value_name = "N")]
    count: u64,
    /// The first of them
    #[arg(long, default_value_t = 1, value_name = "SEED")]
    from: u64,
    /// Run so many seeds that nobody has seen; the first is drawn and printed
    #[arg(long, value_name = "N", conflicts_with_all = ["count", "from"])]
    new: Option<u64>,
}

impl Seeds {
    /// The first `seeds`, and as many of those that draw the strategy `REPLACE` too: always the same ones.
    pub(crate) fn first(seeds: u64) -> [Self; 2] {
        [1, REPLACE_FROM].map(|from| Self { count: seeds, from, new: None })
    }

    fn arguments(self) -> Vec<String> {
        match self.new {
            Some(new) => vec!["--new".into(), new.to_string()],
            None => vec!["--seeds".into(), self.count.to_string(), "--from".into(), self.from.to_string()],
        }
    }
}

/// Runs the seeds; `rest` goes to the runner as it is.
pub(crate) fn run(seeds: Seeds, rest: &[String]) -> Result<Outcome> {
    if example(CRATE_DIR, "dst").is_none() {
        if RUNNER_REQUIRED {
            bail!("{CRATE_DIR}/examples has no dst");
        }
        let why = format!("{CRATE_DIR}/examples has no dst; no seed was checked");
        println!("*** NOT RUN: {why}");
        return Ok(Outcome::NotRun(why));
    }
    let mut command = cargo(&["run", "--locked", "--release", "-p", "replank-harness", "--example", "dst"]);
    command.arg("--").args(seeds.arguments()).args(rest);
    succeed(command).map(|()| Outcome::Passed)
}
