//! The coverage that many seeds must reach, so that a part that never ran is not taken for correct.

use replank_engine::probe::Boundary;

use super::coverage::Coverage;
use super::names::WAITS;
use replank_world::fault::Call;

/// How often each name must be hit in 2,000 seeds. Faults of deletions are rare, since few updates come to force.
const TIMES: u64 = 1;

/// Outcomes, and phases in which an update may be left waiting.
const ENDS: [&str; 4] = ["end succeeded", "end failed", "end cancelled", "end waiting in upgrade"];

const PHASES: [&str; 7] = ["setup", "scale-up", "guard", "upgrade", "scale-down", "restore", "done"];

/// Verdicts that actions must meet, and those that observations must meet.
const ON_ACTS: [&str; 5] = ["fail", "delay", "lose-answer", "throttle", "crash"];
const ON_READINGS: [&str; 3] = ["fail", "delay", "stale"];

const ANSWERS: [&str; 9] = [
    "done",
    "budget",
    "budget-unsynced",
    "many-budgets",
    "throttled",
    "webhook",
    "changed",
    "other",
    "cannot-tell",
];

impl Coverage {
    /// The names not hit often enough, with their counts. `draws_replace` says whether the seeds draw the strategy
    /// `REPLACE`, which alone waits for room.
    pub fn missing(&self, draws_replace: bool) -> Vec<String> {
        let mut wanted: Vec<String> = ENDS.iter().map(ToString::to_string).collect();
        wanted.extend(PHASES.iter().map(|phase| format!("phase {phase}")));
        // Too rare for chance, and in the table of the core: a pod that lands in the instant before a termination, and a
        // budget whose status is behind for a whole turn (where its controller fails, the wait says that).
        let rare = |wait: &str| {
            ["occupied", "budget-unsynced"].contains(&wait) || (wait == "no-room" && !draws_replace)
        };
        let waits = WAITS.iter().filter(|wait| !rare(wait));
        wanted.extend(waits.map(|wait| format!("wait {wait}")));
        wanted.extend(ANSWERS.iter().map(|answer| format!("answer {answer}")));
        for boundary in Boundary::NAMES {
            wanted.push(format!("boundary {boundary}"));
            wanted.push(format!("kill {boundary}"));
        }
        for call in Call::ALL {
            let reads = matches!(call, Call::ObserveCluster | Call::ObserveCloud);
            let verdicts: &[&str] = if reads { &ON_READINGS } else { &ON_ACTS };
            wanted.extend(verdicts.iter().map(|verdict| format!("fault {} {verdict}", call.as_str())));
        }
        let counts = self.by_name();
        let short = |name: &String| {
            let count = counts.get(name).copied().unwrap_or(0);
            (count < TIMES).then(|| format!("hit {count} times, at least {TIMES} are wanted: {name}"))
        };
        wanted.iter().filter_map(short).collect()
    }
}
