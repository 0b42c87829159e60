//! The same update, rehearsed on the snapshot that was taken just before it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::real::{Ship, TOLD_FROM, text};
use super::told::{Told, blockers, outcome, workload};

/// Rehearses with each seed by itself; the first is the one that the update picks by.
pub(crate) fn rehearse(ship: &Ship, snapshot: &Path, seeds: u32) -> Vec<Told> {
    (1..=seeds).map(|seed| once(ship, snapshot, seed)).collect()
}

/// What a rehearsal finds about pods, in words.
pub(crate) fn findings(ship: &Ship, snapshot: &Path) -> Vec<String> {
    let report = report(ship, snapshot, 1);
    let found = report["scenarios"][0]["groups"][0]["findings"].as_array().cloned().unwrap_or_default();
    found.iter().map(|finding| finding["text"].as_str().unwrap_or_default().to_owned()).collect()
}

fn once(ship: &Ship, snapshot: &Path, seed: u32) -> Told {
    told(&report(ship, snapshot, seed)["scenarios"][0])
}

fn report(ship: &Ship, snapshot: &Path, seed: u32) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replank"));
    command.arg("rehearse").arg(snapshot).args([
        "-o",
        "json",
        "--seeds",
        "1",
        "--first-seed",
        &seed.to_string(),
    ]);
    command.args(["--stalls-from", TOLD_FROM, "--world"]).arg(ship.file("world.yaml"));
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output)))
}

fn told(scenario: &Value) -> Told {
    let group = &scenario["groups"][0];
    let end = match (group["succeeded"].as_u64(), group["stuck"].as_u64()) {
        (Some(1), _) => "succeeded",
        (_, Some(1)) => "stuck",
        _ => "failed",
    };
    let phases = group["phases"].as_array().unwrap().iter();
    let phases = phases
        .map(|it| (it["phase"].as_str().unwrap().to_owned(), it["seconds"]["median"].as_i64().unwrap()));
    let left = |node: &&Value| node["old"] == true && node["gone"].is_null();
    let nodes = scenario["timeline"].as_array().unwrap().iter().filter(left);
    let unplaced: BTreeSet<String> = scenario["unplaced"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pod| workload(pod["pod"].as_str().unwrap()))
        .collect();
    Told {
        outcome: outcome(end, &group["failure"]),
        seconds: group["seconds"]["median"].as_i64().unwrap(),
        phases: phases.collect(),
        blockers: blockers(&group["stalls"]),
        old_left: nodes.map(|node| node["name"].as_str().unwrap().to_owned()).collect(),
        unplaced,
    }
}
