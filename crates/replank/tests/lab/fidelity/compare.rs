//! What must be the same on both sides, and what need not.

use std::collections::BTreeSet;

use super::told::{Blocker, Told};

/// What is left out of the comparison, and why.
pub(crate) const LEFT_OUT: [(&str, &str); 4] = [
    (
        "names of new nodes and of pods that controllers make",
        "they are drawn; nodes that were there and pods that keep their names are compared by name",
    ),
    (
        "waits under 4 seconds that only one side met",
        "two refusals of a moment depend on which of two pods is Ready first",
    ),
    (
        "how many evictions were refused",
        "a refusal costs nothing and depends on milliseconds; what it says is compared as a blocker",
    ),
    (
        "which pod of a Deployment went to which node",
        "the scheduler breaks ties at random; whether all found a place is compared",
    ),
];

/// A wait from so many seconds on is a blocker that the other side has to know.
const WORTH_NAMING: i64 = 4;

/// How far times may be apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// 5 % or 3 seconds, on a machine that does nothing else.
    Quiet,
    /// Beside others: nothing is faster by 50 % or 20 seconds. How much slower it gets says nothing.
    Busy,
}

impl Clock {
    /// How much less and how much more it may really have taken than was foreseen.
    fn slack(self, seconds: i64) -> (i64, i64) {
        match self {
            Self::Quiet => (3.max(seconds * 5 / 100), 3.max(seconds * 5 / 100)),
            Self::Busy => (20.max(seconds / 2), i64::MAX),
        }
    }

    /// From how many seconds on a wait that was met had to be foreseen.
    fn surprising_seconds(self) -> i64 {
        match self {
            Self::Quiet => WORTH_NAMING,
            Self::Busy => 10 * WORTH_NAMING,
        }
    }
}

/// How the times of a phase compare: the range of the rehearsals and the middle of the real runs.
pub(crate) struct Times {
    pub(crate) phase: String,
    pub(crate) rehearsed: (i64, i64),
    pub(crate) real: i64,
}

/// The times of all phases, and in all.
pub(crate) fn times(foreseen: &[Told], met: &[Told]) -> Vec<Times> {
    let phases = met[0].phases.iter().map(|(phase, _)| phase.clone());
    let of = |told: &Told, phase: &str| -> i64 {
        told.phases.iter().filter(|(name, _)| name == phase).map(|(_, seconds)| seconds).sum()
    };
    let mut all: Vec<Times> = Vec::new();
    for phase in phases {
        if all.iter().any(|known| known.phase == phase) {
            continue;
        }
        let rehearsed = range(foreseen.iter().map(|told| of(told, &phase)));
        let real = median(met.iter().map(|told| of(told, &phase)));
        all.push(Times { phase, rehearsed, real });
    }
    let rehearsed = range(foreseen.iter().map(|told| told.seconds));
    all.push(Times {
        phase: "in all".to_owned(),
        rehearsed,
        real: median(met.iter().map(|told| told.seconds)),
    });
    all
}

/// Everything in which a rehearsal and the real runs differ, in words; nothing when it was true.
pub(crate) fn differences(foreseen: &[Told], met: &[Told], clock: Clock) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: &str, real: String, rehearsed: BTreeSet<String>| {
        if !rehearsed.contains(&real) {
            found.push(format!("{what}: really {real}, rehearsed {rehearsed:?}"));
        }
    };
    for real in met {
        differs("end", real.outcome.clone(), foreseen.iter().map(|told| told.outcome.clone()).collect());
        differs(
            "old nodes left",
            format!("{:?}", real.old_left),
            foreseen.iter().map(|told| format!("{:?}", told.old_left)).collect(),
        );
        differs(
            "without a node",
            format!("{:?}", real.unplaced),
            foreseen.iter().map(|told| format!("{:?}", told.unplaced)).collect(),
        );
        let kinds = |told: &Told| told.phases.iter().map(|(phase, _)| phase.clone()).collect::<Vec<_>>();
        differs(
            "phases",
            format!("{:?}", kinds(real)),
            foreseen.iter().map(|told| format!("{:?}", kinds(told))).collect(),
        );
    }
    found.extend(unforeseen(foreseen, met, clock));
    found.extend(unmet(foreseen, met));
    for Times { phase, rehearsed: (least, most), real } in times(foreseen, met) {
        let (less, more) = clock.slack(real);
        if real + less < least || real.saturating_sub(more) > most {
            found.push(format!("{phase}: really {real} s, rehearsed {least} to {most} s"));
        }
    }
    found
}

fn lasted(told: &Told, least: i64) -> impl Iterator<Item = (&Blocker, bool)> {
    let blockers = told.blockers.iter();
    blockers
        .filter(move |(_, (seconds, stops))| *stops || *seconds >= least)
        .map(|(it, (_, stops))| (it, *stops))
}

fn worth_naming(told: &Told) -> impl Iterator<Item = (&Blocker, bool)> {
    lasted(told, WORTH_NAMING)
}

/// Blockers met that no rehearsal knew.
fn unforeseen(foreseen: &[Told], met: &[Told], clock: Clock) -> Vec<String> {
    let known = |blocker: &Blocker, stops: bool| {
        foreseen.iter().any(|told| told.blockers.get(blocker).is_some_and(|(_, stopped)| *stopped || !stops))
    };
    let least = clock.surprising_seconds();
    let all =
        met.iter().flat_map(|told| lasted(told, least)).filter(|(blocker, stops)| !known(blocker, *stops));
    all.map(|(blocker, stops)| format!("met and not foreseen: {blocker:?}, ends the update: {stops}"))
        .collect()
}

/// Blockers that every rehearsal foresaw and no run met.
fn unmet(foreseen: &[Told], met: &[Told]) -> Vec<String> {
    let everywhere =
        |blocker: &Blocker| foreseen.iter().all(|told| worth_naming(told).any(|(known, _)| known == blocker));
    let first: Vec<(&Blocker, bool)> = worth_naming(&foreseen[0]).collect();
    let unmet = first.into_iter().filter(|(blocker, stops)| {
        let seen = |told: &Told| told.blockers.get(*blocker).is_some_and(|(_, stopped)| *stopped || !stops);
        everywhere(blocker) && !met.iter().any(seen)
    });
    unmet
        .map(|(blocker, stops)| format!("foreseen and not met: {blocker:?}, ends the update: {stops}"))
        .collect()
}

fn range(numbers: impl Iterator<Item = i64>) -> (i64, i64) {
    let all: Vec<i64> = numbers.collect();
    (all.iter().copied().min().unwrap_or_default(), all.iter().copied().max().unwrap_or_default())
}

fn median(numbers: impl Iterator<Item = i64>) -> i64 {
    let mut all: Vec<i64> = numbers.collect();
    all.sort_unstable();
    all[all.len() / 2]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn told(seconds: i64, kind: &str) -> Told {
        let blocker = Blocker { kind: kind.to_owned(), about: "default/web".to_owned() };
        Told {
            outcome: "failed".to_owned(),
            seconds,
            phases: vec![("Upgrade".to_owned(), seconds)],
            blockers: BTreeMap::from([(blocker, (12, true))]),
            old_left: BTreeSet::new(),
            unplaced: BTreeSet::new(),
        }
    }

    #[test]
    fn the_same_is_no_difference() {
        assert_eq!(
            differences(&[told(60, "budget")], &[told(62, "budget")], Clock::Quiet),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_busy_machine_is_slow_and_not_fast() {
        let slow = differences(&[told(60, "budget")], &[told(600, "budget")], Clock::Busy);
        assert_eq!(slow, Vec::<String>::new());
        let fast = differences(&[told(60, "budget")], &[told(20, "budget")], Clock::Busy).join("\n");
        assert!(fast.contains("in all:"), "{fast}");
    }

    #[test]
    fn every_difference_is_named() {
        let mut real = told(60, "manyBudgets");
        real.outcome = "succeeded".to_owned();
        real.old_left.insert("one".to_owned());
        real.unplaced.insert("default/web".to_owned());
        let found = differences(&[told(50, "budget"), told(52, "budget")], &[real], Clock::Quiet).join("\n");
        for what in
            ["end:", "old nodes left:", "without a node:", "not foreseen:", "not met:", "Upgrade:", "in all:"]
        {
            assert!(found.contains(what), "{what} {found}");
        }
    }
}
