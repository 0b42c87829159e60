//! What is counted, in the one registry of a process, by the rules of Prometheus for names and units.
//!
//! Counting costs a map lookup and an atomic addition, whether anybody reads or not. Whoever serves metrics prints the
//! registry with [`text`]; other crates of ours add to it with [`register`].

use std::sync::{LazyLock, Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::{Metric, Registry};
use replank_core::action::{Action, CloudAction, ClusterAction};
use replank_core::observed::Answer;

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(|| Mutex::new(Registry::with_prefix("replank")));

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// What the engine counts.
#[derive(Debug)]
struct Engine {
    turns: Counter,
    unread: Family<Side, Counter>,
    actions: Family<Act, Counter>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Side {
    /// `cluster` or `cloud`.
    side: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Act {
    /// What was done, such as `evict`.
    action: &'static str,
    /// `done`, `not_yet`, `impossible` or `cannot_tell`.
    answer: &'static str,
}

impl Default for Engine {
    fn default() -> Self {
        let engine =
            Self { turns: Counter::default(), unread: Family::default(), actions: Family::default() };
        register("turns", "Turns that updates took", engine.turns.clone());
        register(
            "reads_failed",
            "Readings of a side that failed or had no answer in time",
            engine.unread.clone(),
        );
        register("actions", "Acts by what was done and how it was answered", engine.actions.clone());
        engine
    }
}

/// Adds something that is counted; its name gets the prefix `replank_`, a counter the ending `_total`.
pub fn register(name: &str, help: &str, metric: impl Metric) {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner).register(name, help, metric);
}

/// Everything that was counted, in the text format of `OpenMetrics`.
pub fn text() -> String {
    LazyLock::force(&ENGINE);
    let mut text = String::new();
    let registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    // Writing to a text cannot fail.
    let _written = encode(&mut text, &registry);
    text
}

pub(crate) fn turn() {
    ENGINE.turns.inc();
}

pub(crate) fn unread(side: &'static str) {
    ENGINE.unread.get_or_create(&Side { side }).inc();
}

pub(crate) fn acted(action: &Action, answer: &Answer) {
    let action = match action {
        Action::Cluster(ClusterAction::Mark(_)) => "mark",
        Action::Cluster(ClusterAction::Cordon { .. }) => "cordon",
        Action::Cluster(ClusterAction::Evict { .. }) => "evict",
        Action::Cluster(ClusterAction::Delete { .. }) => "delete",
        Action::Cloud(CloudAction::CreateVersion { .. }) => "create_version",
        Action::Cloud(CloudAction::PointGroup { .. }) => "point_group",
        Action::Cloud(CloudAction::SetSizes { .. }) => "set_sizes",
        Action::Cloud(CloudAction::Terminate { .. }) => "terminate",
    };
    let answer = match answer {
        Answer::Done => "done",
        Answer::NotYet(_) => "not_yet",
        Answer::Impossible(_) => "impossible",
        Answer::CannotTell(_) => "cannot_tell",
    };
    ENGINE.actions.get_or_create(&Act { action, answer }).inc();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_printed_by_the_rules() {
        turn();
        unread("cloud");
        let shrink = CloudAction::PointGroup { from: 1, to: 2 };
        acted(&shrink.into(), &Answer::Done);
        let text = text();
        for line in [
            "# TYPE replank_turns counter",
            "replank_reads_failed_total{side=\"cloud\"} ",
            "replank_actions_total{action=\"point_group\",answer=\"done\"} ",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
