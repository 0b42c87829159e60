//! Small worlds, all of them: up to three nodes, up to two budgets, either strategy, and every call gone wrong once
//! in every way. No law is broken, and each update comes to its end.

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use replank_core::node_group::problem::Outcome;
use replank_harness::story::{Plain, Story, Telling, tell};
use replank_world::fault::Call;

const FAULTS: [&str; 5] = [
    "verdict: lose-answer",
    "verdict: fail\n  error: server-error",
    "verdict: delay\n  by: 40s",
    "verdict: throttle\n  retryAfter: 10s",
    "verdict: crash",
];

/// Budgets of the two workloads; the last leaves no way but force.
const BUDGETS: [[Option<&str>; 2]; 4] = [
    [None, None],
    [Some("{maxUnavailable: 1}"), None],
    [Some("{maxUnavailable: 1}"), Some("{minAvailable: 1}")],
    [Some("{maxUnavailable: 0}"), Some("{maxUnavailable: 1}")],
];

/// One world.
struct Choice {
    text: String,
    /// Whether a budget never lets all pods go.
    never: bool,
    force: bool,
}

fn world(nodes: u32, budgets: [Option<&str>; 2], strategy: &str, force: bool, fault: &str) -> String {
    let mut out = format!(
        "seed: 1\n\nclusters:\n- addons: []\n  nodeGroups:\n  - name: default\n    zones: [us-west-2a, us-west-2b]\n    \
         size: {{min: 0, desired: {nodes}, max: {nodes}}}\n    updateConfig: {{strategy: {strategy}}}\n  workloads:\n"
    );
    for (number, budget) in budgets.into_iter().enumerate() {
        let _infallible =
            writeln!(out, "  - name: w{number}\n    namespace: shop\n    replicas: 2\n    cpu: 100m");
        if let Some(budget) = budget {
            let _infallible = writeln!(out, "    budget: {budget}");
        }
    }
    let _infallible = writeln!(out, "\nupdate:\n  force: {force}\n{fault}");
    out
}

/// Every world there is.
fn choices() -> Vec<Choice> {
    let mut faults = vec![String::new()];
    for call in Call::ALL {
        for verdict in FAULTS {
            faults.push(format!("\nfaults:\n- call: {}\n  nth: 1\n  {verdict}", call.as_str()));
        }
    }
    let mut all = Vec::new();
    for nodes in 0..=3 {
        for budgets in BUDGETS {
            for strategy in ["DEFAULT", "MINIMAL", "REPLACE"] {
                // The only node goes first: what left it finds no other, and its budget never recovers.
                let nowhere = strategy == "MINIMAL" && nodes == 1 && budgets[0].is_some();
                let never = nowhere || (nodes > 0 && budgets[0] == Some("{maxUnavailable: 0}"));
                for force in [false, true] {
                    if force && !never {
                        continue;
                    }
                    let texts = faults.iter().map(|fault| world(nodes, budgets, strategy, force, fault));
                    all.extend(texts.map(|text| Choice { text, never, force }));
                }
            }
        }
    }
    all
}

fn judge(choice: &Choice) -> Result<(), String> {
    let story = Story::read("exhaustive", &choice.text).map_err(|refused| refused.to_string())?;
    let told = tell(&story.world, &[], Telling::default(), &Plain)?;
    let mut wrong: Vec<String> = told.violations.iter().map(ToString::to_string).collect();
    let wanted = if choice.never && !choice.force { Outcome::Failed } else { Outcome::Succeeded };
    let got = told.rollouts[0].end().map(|end| end.outcome);
    if got != Some(wanted) {
        wrong.push(format!("ended with {got:?}, not {wanted:?}"));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n{}\n{}", wrong.join("\n"), choice.text, told.timeline))
}

#[test]
fn every_small_world_keeps_every_law_and_comes_to_its_end() {
    let all = choices();
    let next = AtomicUsize::new(0);
    let workers: Vec<Vec<String>> = thread::scope(|scope| {
        let work = || {
            let mut wrong = Vec::new();
            while let Some(choice) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(why) = judge(choice) {
                    wrong.push(why);
                }
            }
            wrong
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let wrong: Vec<String> = workers.into_iter().flatten().collect();
    let many = wrong.len();
    assert!(all.len() > 1_000, "{} worlds", all.len());
    assert!(wrong.is_empty(), "{many} of {}; the first:\n{}", all.len(), wrong[0]);
}
