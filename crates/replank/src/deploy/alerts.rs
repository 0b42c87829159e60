//! Alert rules for Prometheus: as a file of rules, and in the chart as a `PrometheusRule`.

use serde_json::{Value, json};

/// A rule: name, expression, for how long, how bad, in a sentence, what to do.
type Rule = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const RULES: [Rule; 7] = [
    (
        "ReplankNobodyActs",
        "sum(replank_operator_acts) < 1 or absent(replank_operator_acts)",
        "2m",
        "critical",
        "No replica of the operator acts: updates under way stand still.",
        "Look at the pods of replank-operator, and at the Leases replank.operator-1 and on in kube-system.",
    ),
    (
        "ReplankUpdateWaits",
        "max by (nodegroup, wait) (replank_update_wait_oldest_seconds) > 1800",
        "5m",
        "warning",
        "The update of {{ $labels.nodegroup }} waits for more than half an hour ({{ $labels.wait }}).",
        "kubectl get ngu -o yaml says what it waits for and what to do about it, in status.waits.",
    ),
    (
        "ReplankUpdateFailed",
        "max by (name, nodegroup, phase) (replank_nodegroupupdate_info{phase=~\"Failed|Refused\"}) == 1",
        "1m",
        "warning",
        "The update {{ $labels.name }} of {{ $labels.nodegroup }} is {{ $labels.phase }}.",
        "kubectl get ngu {{ $labels.name }} -o yaml says why, in status.message.",
    ),
    (
        "ReplankUpdateLate",
        "max by (name, nodegroup) (replank_nodegroupupdate_duration_seconds) > 2 * max by (name, nodegroup) \
         (replank_nodegroupupdate_forecast_seconds) + 600 and on (name) max by (name) \
         (replank_nodegroupupdate_info{phase=~\"Running|Paused|Cancelling\"}) == 1",
        "5m",
        "warning",
        "The update {{ $labels.name }} of {{ $labels.nodegroup }} takes more than twice as long as planned.",
        "Its waits say what holds it up; a window of its policy may be shut.",
    ),
    (
        "ReplankReadingsFail",
        "sum by (side) (rate(replank_reads_failed_total[5m])) > 0.1",
        "10m",
        "warning",
        "The operator cannot read the {{ $labels.side }}; nothing is decided meanwhile.",
        "Look at the log of the replica that acts, and at its roles.",
    ),
    (
        "ReplankActsImpossible",
        "sum by (action) (increase(replank_actions_total{answer=\"impossible\"}[15m])) > 3",
        "0m",
        "warning",
        "{{ $labels.action }} is refused again and again.",
        "Look at the waits and problems of the updates that run.",
    ),
    (
        "ReplankEvictionsRefused",
        "sum(rate(replank_actions_total{action=\"evict\",answer=\"not_yet\"}[10m])) > 0 and \
         sum(rate(replank_actions_total{action=\"evict\",answer=\"done\"}[30m])) == 0",
        "30m",
        "warning",
        "Evictions are refused, and none was accepted for half an hour.",
        "A disruption budget lets nothing go: status.waits names it.",
    ),
];

/// The groups of rules.
pub(super) fn groups() -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(name, expression, lasts, severity, summary, advice)| {
            json!({
                "alert": name,
                "expr": expression,
                "for": lasts,
                "labels": {"severity": severity},
                "annotations": {"summary": summary, "description": advice},
            })
        })
        .collect();
    json!([{"name": "replank", "rules": rules}])
}
