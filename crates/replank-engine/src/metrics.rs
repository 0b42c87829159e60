//! Prometheus metrics of the engine, in the one registry of the process.
//!
//! Counting costs a map lookup and an atomic addition, whether the metrics are served or not. [`text`] prints them.

use std::sync::LazyLock;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use replank_core::action::{Action, CloudAction, ClusterAction};
use replank_core::observed::Answer;

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::default);

/// Counters of the engine and their registry.
#[derive(Debug)]
struct Engine {
    registry: Registry,
    turns: Counter,
    reads: Family<Side, Counter>,
    unread: Family<Side, Counter>,
    requests: Family<ApiRequest, Counter>,
    actions: Family<Act, Counter>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Side {
    /// Which port failed: `cluster` or `cloud`.
    side: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ApiRequest {
    /// Whose API was asked: `cluster` or `cloud`.
    side: &'static str,
    /// Verb of Kubernetes, or operation of the cloud.
    call: &'static str,
    /// Status code of the answer, or the word of an error; `none` where there was no answer.
    code: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Act {
    /// Kind of action, such as `evict`.
    action: &'static str,
    /// Kind of answer: `done`, `not_yet`, `impossible` or `cannot_tell`.
    answer: &'static str,
}

impl Default for Engine {
    fn default() -> Self {
        let (turns, unread, actions) = (Counter::default(), Family::default(), Family::default());
        let mut registry = Registry::with_prefix("replank");
        registry.register("turns", "Turns that updates took", turns.clone());
        let (reads, requests) = (Family::default(), Family::default());
        registry.register("reads", "Readings of a side", reads.clone());
        registry.register(
            "api_requests",
            "Requests to the API of a side, by what was called and the code of the answer",
            requests.clone(),
        );
        registry.register(
            "reads_failed",
            "Readings of a side that failed or had no answer in time",
            unread.clone(),
        );
        registry.register("actions", "Acts by what was done and how it was answered", actions.clone());
        Self { registry, turns, reads, unread, requests, actions }
    }
}

/// All metrics in the `OpenMetrics` text format.
pub fn text() -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _written = encode(&mut text, &ENGINE.registry);
    text
}

pub(crate) fn turn() {
    ENGINE.turns.inc();
}

pub(crate) fn read(side: &'static str) {
    ENGINE.reads.get_or_create(&Side { side }).inc();
}

/// Counts a request to the API of a side (`cluster` or `cloud`); `code` is that of its answer, a number or
/// the word of an error, and empty where there was none.
pub fn api_request(side: &'static str, call: &'static str, code: &str) {
    let code = if code.is_empty() { "none".to_owned() } else { code.to_owned() };
    ENGINE.requests.get_or_create(&ApiRequest { side, call, code }).inc();
}

pub(crate) fn unread(side: &'static str) {
    ENGINE.unread.get_or_create(&Side { side }).inc();
}

/// Counts an act and its answer, each in a word.
pub(crate) fn acted(action: &'static str, answer: &'static str) {
    ENGINE.actions.get_or_create(&Act { action, answer }).inc();
}

/// An act in a word.
pub(crate) fn action_word(action: &Action) -> &'static str {
    match action {
        Action::Cluster(ClusterAction::Mark(_)) => "mark",
        Action::Cluster(ClusterAction::Cordon { .. }) => "cordon",
        Action::Cluster(ClusterAction::Evict { .. }) => "evict",
        Action::Cluster(ClusterAction::Delete { .. }) => "delete",
        Action::Cloud(CloudAction::CreateVersion { .. }) => "create_version",
        Action::Cloud(CloudAction::PointGroup { .. }) => "point_group",
        Action::Cloud(CloudAction::SetSizes { .. }) => "set_sizes",
        Action::Cloud(CloudAction::Terminate { .. }) => "terminate",
    }
}

/// The label `answer` of counted acts.
pub(crate) fn answer_word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Done => "done",
        Answer::NotYet(_) => "not_yet",
        Answer::Impossible(_) => "impossible",
        Answer::CannotTell(_) => "cannot_tell",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_printed_by_the_rules() {
        turn();
        read("cloud");
        unread("cloud");
        api_request("cluster", "watch", "410");
        api_request("cluster", "get", "");
        let shrink = CloudAction::PointGroup { from: 1, to: 2 };
        acted(action_word(&shrink.into()), answer_word(&Answer::Done));
        let text = text();
        for line in [
            "# TYPE replank_turns counter",
            "replank_reads_total{side=\"cloud\"} ",
            "replank_api_requests_total{side=\"cluster\",call=\"watch\",code=\"410\"} 1",
            "replank_api_requests_total{side=\"cluster\",call=\"get\",code=\"none\"} 1",
            "replank_reads_failed_total{side=\"cloud\"} ",
            "replank_actions_total{action=\"point_group\",answer=\"done\"} ",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
