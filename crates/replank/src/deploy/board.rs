//! A dashboard for Grafana, of the metrics of the operator.

use serde_json::{Value, json};

/// A panel: title, unit, what is shown with its legend.
type Panel = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const PANELS: [Panel; 10] = [
    (
        "Nodes by stage",
        "short",
        &[("sum by (nodegroup, stage) (replank_update_nodes)", "{{nodegroup}} {{stage}}")],
    ),
    ("Nodes replaced", "short", &[("max by (nodegroup) (replank_update_replaced_nodes)", "{{nodegroup}}")]),
    (
        "Oldest wait of each kind",
        "s",
        &[("max by (nodegroup, wait) (replank_update_wait_oldest_seconds)", "{{nodegroup}} {{wait}}")],
    ),
    (
        "Duration beside the forecast",
        "s",
        &[
            ("max by (name) (replank_nodegroupupdate_duration_seconds)", "{{name}}"),
            ("max by (name) (replank_nodegroupupdate_forecast_seconds)", "{{name}} planned"),
        ],
    ),
    (
        "Acts by answer",
        "ops",
        &[("sum by (action, answer) (rate(replank_actions_total[5m]))", "{{action}} {{answer}}")],
    ),
    ("Readings that failed", "ops", &[("sum by (side) (rate(replank_reads_failed_total[5m]))", "{{side}}")]),
    (
        "API requests",
        "reqps",
        &[("sum by (side, call) (rate(replank_api_requests_total[5m]))", "{{side}} {{call}}")],
    ),
    (
        "API errors",
        "reqps",
        &[("sum by (side, code) (rate(replank_api_requests_total{code!~\"2..\"}[5m]))", "{{side}} {{code}}")],
    ),
    ("Turns", "ops", &[("sum(rate(replank_turns_total[5m]))", "turns")]),
    ("Replicas that act", "short", &[("sum(replank_operator_acts)", "acts")]),
];
/// Width of the grid, and size of a panel.
const GRID: usize = 24;
const SIZE: (usize, usize) = (12, 8);

/// The dashboard, as Grafana imports it.
pub(super) fn board() -> Value {
    let panels: Vec<Value> = PANELS.iter().enumerate().map(|(at, panel)| one(at, panel)).collect();
    json!({
        "uid": "replank",
        "title": "replank",
        "tags": ["replank"],
        "schemaVersion": 39,
        "timezone": "browser",
        "refresh": "10s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [{
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
        }]},
        "panels": panels,
    })
}

fn one(at: usize, (title, unit, queries): &Panel) -> Value {
    let (width, height) = SIZE;
    let in_a_row = GRID / width;
    let source = json!({"type": "prometheus", "uid": "${datasource}"});
    let targets: Vec<Value> = queries
        .iter()
        .zip('A'..)
        .map(|((expression, legend), letter)| {
            json!({
                "refId": letter.to_string(), "expr": expression, "legendFormat": legend, "datasource": source,
            })
        })
        .collect();
    json!({
        "id": at + 1,
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "gridPos": {"x": at % in_a_row * width, "y": at / in_a_row * height, "w": width, "h": height},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": targets,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that is asked for in a panel or a rule.
    fn asked() -> String {
        let rules = super::super::alerts::groups();
        format!("{}{rules}", board())
    }

    #[test]
    fn what_is_asked_for_is_what_is_counted() {
        let known = [
            "replank_update_nodes",
            "replank_update_replaced_nodes",
            "replank_update_wait_oldest_seconds",
            "replank_nodegroupupdate_info",
            "replank_nodegroupupdate_duration_seconds",
            "replank_nodegroupupdate_forecast_seconds",
            "replank_actions_total",
            "replank_reads_failed_total",
            "replank_turns_total",
            "replank_api_requests_total",
            "replank_operator_acts",
        ];
        let text = asked();
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let words = text.split(|c: char| !letter(c)).filter(|word| word.starts_with("replank_"));
        for word in words {
            assert!(known.contains(&word), "{word}");
        }
    }
}
