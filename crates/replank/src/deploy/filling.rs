//! What differs between plain manifests and the templates of a chart.

use serde_json::{Value, json};

/// Around what a template fills in: no text of a manifest has it, and YAML quotes it.
const MARK: &str = "@@";

/// Where probes and metrics are answered.
const LISTEN: &str = "0.0.0.0:8383";
/// Where the dashboard is served: nobody but the pod itself and a port-forward to it connects there.
const DASHBOARD: &str = "127.0.0.1:8384";

/// Values that a person chooses: as they are by default, or as actions of a template.
#[derive(Debug)]
pub(super) struct Filling {
    pub(super) namespace: Value,
    pub(super) replicas: Value,
    pub(super) image: Value,
    pub(super) pull_policy: Value,
    /// Arguments behind those that every replica has.
    pub(super) args: Value,
    pub(super) volumes: Value,
    pub(super) resources: Value,
    pub(super) priority_class: Value,
    pub(super) node_selector: Value,
    pub(super) tolerations: Value,
}

impl Filling {
    /// The defaults, in a namespace of their own.
    pub(super) fn plain() -> Self {
        Self {
            namespace: "replank".into(),
            replicas: 2.into(),
            image: format!("replank:{}", env!("CARGO_PKG_VERSION")).into(),
            pull_policy: "IfNotPresent".into(),
            args: args("kwok", &["--dashboard".into(), DASHBOARD.into()]),
            volumes: json!(["data", "tmp", "notify"].map(|name| json!({"name": name, "emptyDir": {}}))),
            resources: super::chart::resources(),
            priority_class: "system-cluster-critical".into(),
            node_selector: json!({"kubernetes.io/os": "linux"}),
            tolerations: json!([]),
        }
    }

    /// Actions of Helm.
    pub(super) fn helm() -> Self {
        let claimed = "dict \"persistentVolumeClaim\" (dict \"claimName\" .Values.dataClaim)";
        let secret = "dict \"secret\" (dict \"secretName\" .Values.notify.secretName)";
        let empty = "dict \"emptyDir\" dict";
        let one_of = |name: &str, chosen: &str, value: &str| {
            format!("(merge (dict \"name\" \"{name}\") (ternary ({chosen}) ({empty}) (ne {value} \"\")))")
        };
        let volumes = format!(
            "list {} {} (dict \"name\" \"tmp\" \"emptyDir\" dict) | toJson",
            one_of("data", claimed, ".Values.dataClaim"),
            one_of("notify", secret, ".Values.notify.secretName"),
        );
        Self {
            namespace: text(".Release.Namespace"),
            replicas: value(".Values.replicas"),
            image: text(".Values.image"),
            pull_policy: text(".Values.pullPolicy"),
            args: value(&helm_args()),
            volumes: value(&volumes),
            resources: value(".Values.resources | toJson"),
            priority_class: text(".Values.priorityClassName"),
            node_selector: value(".Values.nodeSelector | toJson"),
            tolerations: value(".Values.tolerations | toJson"),
        }
    }
}

/// Arguments of every replica, whatever is wished for.
const ALWAYS: [&str; 8] = [
    "--data",
    "/data/operator",
    "--listen",
    LISTEN,
    "--replica",
    "$(POD_NAME)",
    "--reports",
    "$(POD_NAMESPACE)",
];

/// The arguments of a replica.
fn args(cloud: &str, more: &[String]) -> Value {
    let words = ["operator", "--cloud", cloud].into_iter().chain(ALWAYS);
    let words = words.map(str::to_owned).chain(more.iter().cloned());
    words.collect::<Vec<_>>().into()
}

/// The same as an action: what is wished for by a value is behind them.
fn helm_args() -> String {
    let quoted =
        |words: &[&str]| words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ");
    let always = quoted(&ALWAYS);
    let dashboard = quoted(&["--dashboard", DASHBOARD]);
    let secret = quoted(&["--notify-secret", "/notify/secret"]);
    format!(
        "concat (list \"operator\" \"--cloud\" .Values.cloud {always}) (ternary (list {dashboard}) list .Values.dashboard) \
         (ternary (list \"--notify-url\" .Values.notify.url) list (ne .Values.notify.url \"\")) (ternary (list {secret}) list \
         (ne .Values.notify.secretName \"\")) (ternary (list \"--otlp\" .Values.traces) list (ne .Values.traces \"\")) | toJson"
    )
}

/// An action whose outcome is a text.
fn text(action: &str) -> Value {
    format!("{{{{ {action} }}}}").into()
}

/// An action whose outcome is a number, a list or a mapping.
fn value(action: &str) -> Value {
    format!("{MARK}{{{{ {action} }}}}{MARK}").into()
}

/// Takes the quotes off around what is no text.
pub(super) fn open(written: &str) -> String {
    let (begins, ends) = (format!("\"{MARK}"), format!("{MARK}\""));
    let mut opened = String::new();
    let mut rest = written;
    while let Some((before, marked)) = rest.split_once(&begins) {
        let Some((action, after)) = marked.split_once(&ends) else { break };
        opened.push_str(before);
        // As a quoted text it has its quotes escaped.
        opened.push_str(&action.replace("\\\"", "\""));
        rest = after;
    }
    opened + rest
}

#[cfg(test)]
mod tests {
    use replank_formats::yaml;

    use super::*;

    #[test]
    fn an_action_stands_as_it_is_written() {
        let written = yaml::write(&json!({"a": value("list \"x\" | toJson"), "b": text(".Values.b")}));
        assert_eq!(open(&written), "a: {{ list \"x\" | toJson }}\nb: \"{{ .Values.b }}\"\n");
    }
}
