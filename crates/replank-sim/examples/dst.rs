//! Many seeds under faults: a random small world for each, run to its end with the court beside it.
//!
//! `--seeds N [--from S] [--threads T] [--show]`. A failure prints its seed, its world and its timeline. In the end a
//! table says what was hit; what was never hit fails the run when it had seeds enough to hit it.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it measures real time and talks to a terminal"
)]

use std::env;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use replank_sim::story::random;
use replank_sim::story::{Coverage, Plain, Story, Telling, tell};

/// With fewer seeds than this nobody expects every rare thing to be hit.
const ENOUGH: u64 = 2_000;
/// So many failures are told in full.
const TOLD_MAX: usize = 5;

struct Options {
    seeds: u64,
    from: u64,
    threads: usize,
    show: bool,
}

fn options() -> Result<Options, String> {
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let mut options = Options { seeds: 100, from: 1, threads, show: false };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = |name: &str| {
            let text = words.next().ok_or(format!("{name} needs a number"))?;
            text.parse::<u64>().map_err(|error| format!("{name} {text}: {error}"))
        };
        match word.as_str() {
            "--seeds" => options.seeds = number("--seeds")?,
            "--from" => options.from = number("--from")?,
            "--threads" => options.threads = number("--threads")?.max(1) as usize,
            "--show" => options.show = true,
            other => return Err(format!("{other}: expected --seeds, --from, --threads or --show")),
        }
    }
    Ok(options)
}

/// Runs a seed; the error is everything somebody needs to look into it.
fn seed(number: u64, show: bool) -> Result<Coverage, String> {
    let text = random::world(number);
    let fail = |why: &str| format!("seed {number}: {why}\n\n{text}");
    let story = Story::read("random world", &text).map_err(|refused| fail(&refused.to_string()))?;
    let kill_at = random::kill_at(number);
    let telling = Telling { kill_at, timeline: show, ..Telling::default() };
    let told = tell(&story.world, &[], telling, &Plain).map_err(|why| fail(&why))?;
    if show {
        println!("{text}\n{}", told.timeline);
    }
    let mut coverage = told.coverage;
    if told.breaches.is_empty() {
        coverage.hit("seed", "");
        return Ok(coverage);
    }
    let breaches: Vec<String> = told.breaches.iter().map(ToString::to_string).collect();
    let telling = Telling { timeline: true, ..telling };
    let again = tell(&story.world, &[], telling, &Plain).map_err(|why| fail(&why))?;
    Err(format!("{}\n{}", fail(&breaches.join("\n")), again.timeline))
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let begun = Instant::now();
    let next = AtomicU64::new(options.from);
    let end = options.from + options.seeds;
    let found = Mutex::new((Coverage::default(), Vec::new()));
    thread::scope(|scope| {
        for _ in 0..options.threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return;
                    }
                    let result = seed(number, options.show);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    match result {
                        Ok(coverage) => found.0.merge(&coverage),
                        Err(why) => found.1.push((number, why)),
                    }
                }
            });
        }
    });
    let (coverage, mut failures) = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.sort();
    for (name, count) in coverage.by_name() {
        println!("{count:>9}  {name}");
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!("{} seeds from {} in {seconds:.1} s, {} failed", options.seeds, options.from, failures.len());
    for (_, why) in failures.iter().take(TOLD_MAX) {
        println!("\n{why}");
    }
    let numbers: Vec<String> = failures.iter().map(|(number, _)| number.to_string()).collect();
    if !numbers.is_empty() {
        println!("failed seeds: {}", numbers.join(" "));
    }
    let missing = if options.seeds >= ENOUGH { coverage.missing() } else { Vec::new() };
    for line in &missing {
        println!("{line}");
    }
    if failures.is_empty() && missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
