//! Many seeds under faults: a random small world for each, run to its end with the checker beside it.
//!
//! `[--seeds N] [--from S] | --new N`, `[--threads T] [--strategy WORD] [--show]`. A failure prints its seed, its world and its timeline
//! when it happens. In the end a table says what was hit; what was never hit fails the run when it had seeds enough to
//! hit it.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to a terminal")]

mod options;
mod told;

use std::any::Any;
use std::panic;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use replank_harness::story::{Coverage, Plain, Story, Telling, random, tell};

use options::Options;
use told::SeedFailure;

/// So many results wait at most to be told.
const WAITING_MAX: usize = 256;

/// The world of a seed, with the strategy that was asked for.
fn world(seed: u64, options: &Options) -> String {
    let world = random::world(seed);
    options.strategy.as_ref().map_or_else(|| world.clone(), |word| random::with_strategy(&world, word))
}

/// Runs a seed; the error is everything somebody needs to look into it.
fn seed(seed: u64, options: &Options) -> Result<Coverage, SeedFailure> {
    let (world, show) = (world(seed, options), options.show);
    let fail =
        |why: String, timeline: &str| SeedFailure { seed, why, detail: format!("{world}\n{timeline}") };
    let story = Story::read("random world", &world).map_err(|refused| fail(refused.to_string(), ""))?;
    let kill_at = random::kill_at(seed);
    let telling = Telling { kill_at, timeline: show, ..Telling::default() };
    let told = tell(&story.world, &[], telling, &Plain).map_err(|why| fail(why, ""))?;
    if show {
        println!("{world}\n{}", told.timeline);
    }
    if told.violations.is_empty() {
        let mut coverage = told.coverage;
        coverage.hit("seed", "");
        return Ok(coverage);
    }
    let violations: Vec<String> = told.violations.iter().map(ToString::to_string).collect();
    let violations = violations.join("\n");
    let telling = Telling { timeline: true, ..telling };
    match tell(&story.world, &[], telling, &Plain) {
        Ok(again) => Err(fail(violations, &again.timeline)),
        Err(why) => Err(fail(violations, &why)),
    }
}

/// The same; a seed that panics fails alone, and the others go on.
fn guarded(number: u64, options: &Options) -> Result<Coverage, SeedFailure> {
    let words = |why: Box<dyn Any + Send>| {
        let text = why.downcast::<String>().map(|text| *text);
        text.or_else(|why| why.downcast::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    };
    panic::catch_unwind(|| seed(number, options)).unwrap_or_else(|why| {
        let why = format!("panicked: {}", words(why));
        Err(SeedFailure { seed: number, why, detail: world(number, options) })
    })
}

fn main() -> ExitCode {
    let options = match Options::read() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let Options { seeds, from, fresh, threads, .. } = options;
    if fresh {
        println!("seeds from {from}; `cargo xtask dst --seeds {seeds} --from {from}` runs the same again");
    }
    let taken = AtomicU64::new(0);
    let (sender, results) = mpsc::sync_channel(WAITING_MAX);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, taken, options) = (sender.clone(), &taken, &options);
            scope.spawn(move || {
                loop {
                    let at = taken.fetch_add(1, Ordering::Relaxed);
                    if at >= seeds || sender.send(guarded(from + at, options)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        told::follow(&options, &results)
    })
}
