//! Runs all tests of the workspace, shows their output as it comes, and counts the results.

use super::{browser, clients, toolchain};
use crate::lab;
use crate::workspace::{cargo, spell};
use anyhow::{Context, Result, bail};
use std::fmt;
use std::io::{BufRead, BufReader};
use std::num::NonZero;
use std::process::Stdio;

/// Environment variable with the number of tests of one program at once (libtest).
const THREADS: &str = "RUST_TEST_THREADS";

/// How many tests passed and failed, over all test binaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    passed: u64,
    failed: u64,
}

impl fmt::Display for Count {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl Count {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 0 ignored; ...`; other lines count nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.trim_start().strip_prefix("test result: ") else { return };
        let counted = |what: &str| {
            let words: Vec<&str> = result.split([' ', ';']).filter(|word| !word.is_empty()).collect();
            let at = words.iter().position(|word| *word == what)?;
            words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
        };
        self.passed += counted("passed").unwrap_or(0);
        self.failed += counted("failed").unwrap_or(0);
    }
}

/// Runs the tests to the end even when some fail, so that one run names every failure.
pub(crate) fn run() -> Result<Count> {
    lab::build(&toolchain::ensure()?, &lab::TESTED)?;
    let mut command = cargo(&["test", "--locked", "--workspace", "--no-fail-fast"]);
    let path = clients::ensure()?;
    browser::ensure(&path)?;
    command.env("PATH", path);
    // Most of the time is spent in tests that wait for servers: half again as many at once as there are cores.
    if std::env::var_os(THREADS).is_none() {
        let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
        command.env(THREADS, (cores + cores.div_ceil(2)).to_string());
    }
    let line = spell(&command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    let mut count = Count::default();
    if let Some(out) = child.stdout.take() {
        for bytes in BufReader::new(out).split(b'\n') {
            let bytes = bytes.context("cannot read the output of the tests")?;
            let text = String::from_utf8_lossy(&bytes);
            println!("{text}");
            count.add(&text);
        }
    }
    let status = child.wait().context("cannot wait for the tests")?;
    if !status.success() || count.failed > 0 {
        println!("\n{count}");
        bail!("`{line}` failed ({status})");
    }
    if count.passed == 0 {
        bail!("`{line}` ran no test at all");
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn sums_the_result_lines_and_nothing_else() {
        let output = "running 2 tests\n\
            test a ... ok\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.01s\n\
            the words 9 passed; 9 failed in a message\n\
            test result: FAILED. 40 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\n";
        let mut count = Count::default();
        output.lines().for_each(|line| count.add(line));
        assert_eq!(count, Count { passed: 42, failed: 3 });
        assert_eq!(Count { passed: 42, failed: 0 }.to_string(), "42 passed, 0 failed");
    }
}
