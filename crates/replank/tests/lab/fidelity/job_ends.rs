//! What a plan says of evicted Job pods, and what the Job controller then makes of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::scenario::Scenario;
use crate::objects::{Made, job, template};

const ZONES: [&str; 2] = ["us-west-2a", "us-west-2b"];

/// Jobs of one pod each; the first field is the name, the last what the finding begins with and the reason for which it has
/// failed, if it has.
fn jobs() -> Vec<(&'static str, Value, (&'static str, &'static str))> {
    let disrupted =
        |action: &str| json!([{"action": action, "onPodConditions": [{"type": "DisruptionTarget"}]}]);
    let policy = |rules: Value| json!({"podFailurePolicy": {"rules": rules}});
    let exits = json!([
        {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}},
        {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [143]}},
    ]);
    let mut index = policy(disrupted("FailIndex"));
    index["completionMode"] = "Indexed".into();
    index["backoffLimitPerIndex"] = 3.into();
    vec![
        ("counted", json!({}), ("the eviction is failure 1 of 6", "")),
        ("spared", policy(disrupted("Ignore")), ("the eviction is no failure (rule 1", "")),
        (
            "count",
            policy(disrupted("Count")),
            ("the eviction is failure 1 of 6 that it may have (rule 1", ""),
        ),
        ("strict", policy(disrupted("FailJob")), ("the eviction fails the Job (rule 1", "PodFailurePolicy")),
        (
            "exits",
            policy(exits),
            (
                "the eviction fails the Job (rule 2 of its podFailurePolicy if it exits with 143)",
                "PodFailurePolicy",
            ),
        ),
        (
            "once",
            json!({"backoffLimit": 0}),
            ("the eviction fails the Job: it is failure 1, and backoffLimit is 0", "BackoffLimitExceeded"),
        ),
        ("index", index, ("the eviction fails index 0 for good (rule 1", "FailedIndexes")),
    ]
}

fn made(name: &str, with: &Value) -> Made {
    let (collection, mut object) = job(name, 1, template(name, 50, &json!({})));
    for (field, value) in with.as_object().unwrap() {
        object["spec"][field] = value.clone();
    }
    (collection, object)
}

/// Two batches of nodes, and a Job for each rule of what an eviction does.
pub(super) fn scenario() -> Scenario {
    let jobs = jobs();
    let objects: Vec<Made> = jobs.iter().map(|(name, with, _)| made(name, with)).collect();
    Scenario { batch: 2, ..Scenario::new("ends of Jobs", &ZONES, 2).with(jobs.len(), objects) }
}

/// Everything in which findings of a plan and the ends of the real Jobs are not as they should be.
pub(super) fn differences(findings: &[String], real: &[Value]) -> Vec<String> {
    let mut ends: BTreeMap<&str, String> = BTreeMap::new();
    for job in real {
        let conditions = job["status"]["conditions"].as_array().into_iter().flatten();
        let failed = conditions.filter(|it| it["type"] == "Failed" && it["status"] == "True");
        let reason = failed.map(|it| it["reason"].as_str().unwrap_or_default().to_owned()).next();
        ends.insert(job["metadata"]["name"].as_str().unwrap_or_default(), reason.unwrap_or_default());
    }
    let mut wrong = Vec::new();
    for (name, _, (told, end)) in jobs() {
        let about = format!("runs Job {name}: ");
        if !findings.iter().any(|it| it.contains(&about) && it.contains(told)) {
            wrong.push(format!("{name}: no finding says `{told}`: {findings:#?}"));
        }
        if ends.get(name).is_none_or(|it| it != end) {
            wrong.push(format!("{name}: is to end `{end}` and is {:?}", ends.get(name)));
        }
    }
    wrong
}
