//! What a person is told of a run: failures when they happen, now and then how far it is, a table in the end.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures real time and talks to a terminal"
)]

use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use replank_harness::story::{Coverage, random};

use crate::options::Options;

/// With fewer seeds than this nobody expects every rare thing to be hit.
const ENOUGH: u64 = 2_000;
/// So many failures are told with their world and timeline.
const TOLD_MAX: usize = 5;
/// How often a run says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(15);

/// A seed that failed.
pub(crate) struct SeedFailure {
    pub(crate) seed: u64,
    /// Why, a line for each reason.
    pub(crate) why: String,
    /// Its world and, where there is one, its timeline.
    pub(crate) detail: String,
}

/// Tells of the seeds as they come in, until the last one did.
pub(crate) fn follow(options: &Options, results: &Receiver<Result<Coverage, SeedFailure>>) -> ExitCode {
    let begun = Instant::now();
    let mut told = Told { done: 0, failed: Vec::new(), coverage: Coverage::default() };
    let mut next = begun + PROGRESS_EVERY;
    loop {
        match results.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(result) => told.take(result),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if Instant::now() >= next {
            next += PROGRESS_EVERY;
            told.progress(options.seeds, begun.elapsed());
        }
    }
    told.end(options, begun.elapsed())
}

struct Told {
    done: u64,
    failed: Vec<u64>,
    coverage: Coverage,
}

impl Told {
    fn take(&mut self, result: Result<Coverage, SeedFailure>) {
        self.done += 1;
        let SeedFailure { seed, why, detail } = match result {
            Ok(coverage) => return self.coverage.merge(&coverage),
            Err(failure) => failure,
        };
        self.failed.push(seed);
        if self.failed.len() <= TOLD_MAX {
            println!("seed {seed}: {why}\n\n{detail}");
        } else {
            println!("seed {seed}: {why}");
        }
    }

    fn progress(&self, seeds: u64, passed: Duration) {
        let (done, failed) = (self.done, self.failed.len());
        let minutes = |seconds: f64| seconds / 60.0;
        let left = passed.as_secs_f64() / done.max(1) as f64 * (seeds - done) as f64;
        let (passed, left) = (minutes(passed.as_secs_f64()), minutes(left));
        eprintln!("{done} of {seeds} seeds in {passed:.1} min, {failed} failed, {left:.1} min to go");
    }

    fn end(mut self, options: &Options, passed: Duration) -> ExitCode {
        for (name, count) in self.coverage.by_name() {
            println!("{count:>9}  {name}");
        }
        let (seconds, failed) = (passed.as_secs_f64(), self.failed.len());
        println!("{} seeds from {} in {seconds:.1} s, {failed} failed", self.done, options.from);
        self.failed.sort_unstable();
        let numbers: Vec<String> = self.failed.iter().map(u64::to_string).collect();
        if !numbers.is_empty() {
            println!("failed seeds: {}", numbers.join(" "));
        }
        let draws_replace = options.from >= random::REPLACE_FROM;
        let missing = if options.seeds >= ENOUGH { self.coverage.missing(draws_replace) } else { Vec::new() };
        for line in &missing {
            println!("{line}");
        }
        let whole = self.done == options.seeds && self.failed.is_empty() && missing.is_empty();
        if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
