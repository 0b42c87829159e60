//! Runs rehearsals side by side: every seed of every scenario, a thread for each processor.
//!
//! The cluster is read and its world made once; each run works on a copy. What a run comes to depends on its seed and its
//! changes alone, so their order is nobody's business.

use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use anyhow::{Result, anyhow};
use jiff::SignedDuration;
use replank_rehearsal::session::{Change, Rehearsal, RehearseError, Session};

use crate::cli::Rehearse;
use crate::errors::bad;
use crate::printer::Printer;

/// A scenario by its title, with what is changed for it.
type Asked = (String, Vec<Change>);

/// The runs of each scenario, by seed. The error is that of the first run that failed; no further ones are begun then.
pub(super) fn all(
    session: &Session,
    flags: &Rehearse,
    asked: &[Asked],
    least: SignedDuration,
) -> Result<Vec<Vec<Rehearsal>>> {
    let seeds = usize::try_from(flags.seeds)?;
    let count = asked.len() * seeds;
    let queue = Queue {
        count,
        begun: AtomicUsize::new(0),
        done: AtomicUsize::new(0),
        failed: AtomicBool::new(false),
    };
    let work = || {
        let mut runs = Vec::new();
        while let Some(number) = queue.next() {
            let seed = flags.first_seed.wrapping_add((number % seeds) as u64);
            let run = session.rehearse(seed, &asked[number / seeds].1, least);
            queue.done(run.is_ok());
            runs.push((number, run));
        }
        runs
    };
    let at_once = thread::available_parallelism().map_or(1, usize::from).min(count);
    let finished: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut runs: Vec<(usize, Result<Rehearsal, RehearseError>)> = Vec::new();
    for of_thread in finished {
        runs.extend(of_thread.map_err(|_| anyhow!("a rehearsal broke off"))?);
    }
    runs.sort_by_key(|(number, _)| *number);
    let mut scenarios: Vec<Vec<Rehearsal>> = asked.iter().map(|_| Vec::new()).collect();
    for (number, run) in runs {
        scenarios[number / seeds].push(run.map_err(|error| bad(error.to_string()))?);
    }
    Ok(scenarios)
}

/// The runs that are left, and how far they are.
struct Queue {
    count: usize,
    begun: AtomicUsize,
    done: AtomicUsize,
    failed: AtomicBool,
}

impl Queue {
    fn next(&self) -> Option<usize> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        (number < self.count && !self.failed.load(Ordering::Relaxed)).then_some(number)
    }

    /// Counts a run, and tells somebody who watches how many are done.
    fn done(&self, is_well: bool) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if !is_well {
            self.failed.store(true, Ordering::Relaxed);
        }
        if self.count > 1 && stderr().is_terminal() {
            Printer::complain(&format!("rehearsed {done} of {} runs", self.count));
        }
    }
}
