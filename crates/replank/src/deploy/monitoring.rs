//! Templates of the chart for those who run Prometheus's operator and Grafana: each is there only where a value asks for it.

use replank_formats::yaml;
use serde_json::{Value, json};

use super::{alerts, board};

const NAME: &str = "replank-operator";

/// Files of the chart for Prometheus and Grafana: what to scrape, the alert rules, and the board.
pub(super) fn templates() -> String {
    let monitoring = json!({"apiVersion": "monitoring.coreos.com/v1"});
    let labels = json!({"app.kubernetes.io/name": NAME});
    let mut rule = monitoring.clone();
    rule["kind"] = "PrometheusRule".into();
    rule["metadata"] = json!({"name": NAME, "namespace": "NAMESPACE", "labels": labels});
    rule["spec"] = json!({"groups": alerts::groups()});
    let mut scrape = monitoring;
    scrape["kind"] = "PodMonitor".into();
    scrape["metadata"] = rule["metadata"].clone();
    scrape["spec"] = json!({"selector": {"matchLabels": labels}, "podMetricsEndpoints": [{"port": "probes", "path": "/metrics"}]});
    let mut board_labels = labels;
    board_labels["grafana_dashboard"] = "1".into();
    let board = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": format!("{NAME}-board"), "namespace": "NAMESPACE", "labels": board_labels},
        "data": {"replank.json": format!("{:#}\n", board::board())},
    });
    [("rules", &rule), ("scrape", &scrape), ("board", &board)]
        .into_iter()
        .map(|(value, object)| wanted(value, object))
        .collect()
}

/// An object that is there only where the value `monitoring.NAME` is true.
fn wanted(value: &str, object: &Value) -> String {
    let written = literal(&yaml::write(object)).replace("NAMESPACE", "{{ .Release.Namespace }}");
    format!("{{{{- if .Values.monitoring.{value} }}}}\n---\n{written}{{{{- end }}}}\n")
}

/// A text with braces of its own, which are none of the chart's.
fn literal(text: &str) -> String {
    let mut opened = text.split("{{");
    let mut written = opened.next().unwrap_or_default().to_owned();
    for rest in opened {
        written.push_str("{{ \"{{\" }}");
        written.push_str(&rest.replacen("}}", "{{ \"}}\" }}", 1));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_of_others_are_not_the_charts() {
        assert_eq!(literal("a {{ b }} c {{d}}"), "a {{ \"{{\" }} b {{ \"}}\" }} c {{ \"{{\" }}d{{ \"}}\" }}");
        assert!(
            templates().contains("namespace: \"{{ .Release.Namespace }}\"")
                || templates().contains("namespace: {{ .Release.Namespace }}")
        );
    }
}
