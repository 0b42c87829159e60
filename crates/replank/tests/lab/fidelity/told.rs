//! What either side tells of an update, in one form.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Something that held the update up: its kind, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Blocker {
    /// As in `on` of a wait.
    pub(crate) kind: String,
    /// The budget, or the pod without what is drawn for its name.
    pub(crate) about: String,
}

/// How an update went, once.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) outcome: String,
    pub(crate) seconds: i64,
    pub(crate) phases: Vec<(String, i64)>,
    /// With the longest time each took, and whether the update ended by it.
    pub(crate) blockers: BTreeMap<Blocker, (i64, bool)>,
    /// Old nodes that are still there.
    pub(crate) old_left: BTreeSet<String>,
    /// Workloads with pods that found no node.
    pub(crate) unplaced: BTreeSet<String>,
}

/// An end with the code of the failure behind it.
pub(crate) fn outcome(end: &str, failure: &Value) -> String {
    let code = failure.as_str().and_then(|text| text.split_once(':'));
    code.map_or_else(|| end.to_owned(), |(code, _)| format!("{end} ({code})"))
}

/// The stalls of a report.
pub(crate) fn blockers(stalls: &Value) -> BTreeMap<Blocker, (i64, bool)> {
    let mut all: BTreeMap<Blocker, (i64, bool)> = BTreeMap::new();
    for stall in stalls.as_array().into_iter().flatten() {
        let text = |key: &str| stall[key].as_str().map(str::to_owned);
        let about = text("budget").or_else(|| text("pod").map(|pod| workload(&pod)));
        let blocker = Blocker { kind: text("kind").unwrap(), about: about.unwrap_or_default() };
        let (seconds, stops) = (stall["seconds"].as_i64().unwrap(), stall["stops"].as_bool().unwrap());
        let entry = all.entry(blocker).or_default();
        *entry = (entry.0.max(seconds), entry.1 || stops);
    }
    all
}

/// A pod's name without the parts that are drawn: those of five letters and digits, and the hash of a template.
pub(crate) fn workload(pod: &str) -> String {
    let drawn = |part: &str| {
        let plain = part.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
        plain && ((part.len() == 5 && !part.chars().all(|it| it.is_ascii_digit())) || part.len() >= 8)
    };
    let mut parts: Vec<&str> = pod.split('-').collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| drawn(part)) {
        parts.pop();
    }
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::workload;

    #[test]
    fn what_is_drawn_is_no_part_of_the_name() {
        for (pod, name) in [
            ("default/web-7f9c5d6b8-x2x9z", "default/web"),
            ("default/db-0", "default/db-0"),
            ("default/bare", "default/bare"),
            ("default/agent-k4zt2", "default/agent"),
        ] {
            assert_eq!(workload(pod), name);
        }
    }
}
