//! The process may die at any instant. Started again, it goes on, and nothing that hurts is done twice.

use std::time::Duration;

use replank_engine::probe::Boundary;
use serde_json::Value;

use crate::tool::{Ran, Scratch, command, ended, run_in};

/// Runs the demo in `scratch` until it dies at a boundary.
fn die_at(scratch: &Scratch, boundary: &str, count: u64) -> Ran {
    let mut command = command("demo --data data --output json");
    ended(command.env("REPLANK_DIE_AT", format!("{boundary}:{count}")).current_dir(scratch.path()).output())
}

/// Runs the demo again and compares how it ends with a run that nobody killed. Answers its summary.
fn goes_on(scratch: &Scratch, case: &str) -> Value {
    let again = run_in(scratch.path(), "demo --data data --output json");
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""), "{case}");
    let summary = again.summary();
    assert_eq!(summary["outcome"], "succeeded", "{case}");
    assert_eq!((&summary["replaced"], &summary["removed"]), (&3.into(), &3.into()), "{case}");
    assert_eq!(summary["refused"], 0, "{case}");
    let moves: u64 =
        summary["moved"].as_array().into_iter().flatten().filter_map(|one| one["moves"].as_u64()).sum();
    assert_eq!(summary["evicted"].as_u64(), Some(moves), "{case}: a pod was evicted twice");
    for budget in summary["budgets"].as_array().into_iter().flatten() {
        assert!(budget["healthy"].as_i64() >= budget["desired"].as_i64(), "{case}: {budget}");
    }
    let seconds = summary["seconds"].as_i64().unwrap_or_default();
    assert!((600..800).contains(&seconds), "{case}: the whole update took {seconds} s");
    let mut reports = again.json().into_iter().filter(|line| line["type"] == "report");
    let last = reports.next_back().map(|line| line["report"].clone()).unwrap_or_default();
    assert_eq!(last["sizes"], last["original"], "{case}");
    assert_eq!((&last["counts"]["old"], &last["counts"]["ready"]), (&0.into(), &3.into()), "{case}");
    assert_eq!(last["problems"], Value::Array(Vec::new()), "{case}");
    summary
}

#[test]
fn at_every_boundary_of_the_journal() {
    for boundary in Boundary::NAMES {
        for count in [1, 2, 3, 7, 19, 41] {
            let case = format!("{boundary}:{count}");
            let scratch = Scratch::new(&format!("die-{boundary}-{count}"));
            let died = die_at(&scratch, boundary, count);
            assert_eq!(died.code, None, "{case} is never reached: {}", died.err);
            let summary = goes_on(&scratch, &case);
            assert!(
                summary["waitsSince"].is_i64(),
                "{case}: nothing says that waits before it are not known"
            );
        }
    }
}

#[test]
fn again_and_again() {
    let scratch = Scratch::new("die-often");
    let mut deaths = 0;
    while die_at(&scratch, Boundary::NAMES[deaths % Boundary::NAMES.len()], 9).code.is_none() {
        deaths += 1;
        assert!(deaths < 200, "it never gets anywhere");
    }
    assert!(deaths > 5, "{deaths}");
}

#[test]
fn at_any_instant() {
    for milliseconds in [1, 5, 20, 45, 70, 100, 130, 160, 200, 300] {
        // A machine that stalls meanwhile lets it come to its end: once more, then.
        let killed = (0..50).map(|_| kill_after(milliseconds)).find(|(code, _)| code.is_none());
        let (_, scratch) = killed.expect("it is killed before its end");
        goes_on(&scratch, &format!("killed after {milliseconds} ms"));
    }
}

/// Kills a demo after so long; its exit code when it was over by then. At this speed it takes 0.7 s.
fn kill_after(milliseconds: u64) -> (Option<i32>, Scratch) {
    let scratch = Scratch::new(&format!("sigkill-{milliseconds}"));
    let mut command = command("demo --data data --output json --speed 1000x");
    let mut child =
        command.current_dir(scratch.path()).stdout(std::process::Stdio::null()).spawn().expect("starts");
    std::thread::sleep(Duration::from_millis(milliseconds));
    child.kill().expect("it runs");
    (child.wait().expect("it ends").code(), scratch)
}

#[test]
fn acts_of_a_script_happen_once() {
    let acts = "clusters:
- nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 6}
acts:
- when: node-picked 1
  do: pause
- when: node-picked 1
  after: 20m
  do: resume
- when: node-gone 1
  do: terminate-instance
  node: new 1
";
    let scratch = Scratch::new("script");
    scratch.write("world.yaml", acts);
    for count in [20, 60, 25, 25] {
        let mut command = command("demo --data data --world world.yaml");
        command.env("REPLANK_DIE_AT", format!("observed:{count}")).current_dir(scratch.path());
        assert_eq!(ended(command.output()).code, None);
    }
    let ran = run_in(scratch.path(), "demo --data data --world world.yaml --output json");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let whole = {
        let scratch = Scratch::new("script-whole");
        scratch.write("world.yaml", acts);
        run_in(scratch.path(), "demo --data data --world world.yaml --output json").summary()
    };
    let summary = ran.summary();
    for member in ["outcome", "replaced", "removed"] {
        assert_eq!(summary[member], whole[member], "{member}");
    }
    let (took, wanted) = (summary["seconds"].as_i64(), whole["seconds"].as_i64());
    let apart = took.zip(wanted).map(|(took, wanted)| (took - wanted).abs());
    assert!(apart.is_some_and(|apart| apart < 120), "{took:?} s instead of {wanted:?} s");
}
