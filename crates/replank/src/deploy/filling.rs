//! What differs between plain manifests and the templates of a chart.

use serde_json::{Value, json};

/// Around what a template fills in: no text of a manifest has it, and YAML quotes it.
const MARK: &str = "@@";

/// Values that a person chooses: as they are by default, or as actions of a template.
#[derive(Debug)]
pub(super) struct Filling {
    pub(super) namespace: Value,
    pub(super) replicas: Value,
    pub(super) image: Value,
    pub(super) pull_policy: Value,
    pub(super) cloud: Value,
    pub(super) data: Value,
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
            cloud: "kwok".into(),
            data: json!([{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]),
            resources: super::chart::resources(),
            priority_class: "system-cluster-critical".into(),
            node_selector: json!({"kubernetes.io/os": "linux"}),
            tolerations: json!([]),
        }
    }

    /// Actions of Helm.
    pub(super) fn helm() -> Self {
        let claimed = "dict \"persistentVolumeClaim\" (dict \"claimName\" .Values.dataClaim)";
        let empty = "dict \"emptyDir\" dict";
        let data = format!(
            "list (merge (dict \"name\" \"data\") (ternary ({claimed}) ({empty}) (ne .Values.dataClaim \"\"))) (dict \
             \"name\" \"tmp\" \"emptyDir\" dict) | toJson"
        );
        Self {
            namespace: text(".Release.Namespace"),
            replicas: value(".Values.replicas"),
            image: text(".Values.image"),
            pull_policy: text(".Values.pullPolicy"),
            cloud: text(".Values.cloud"),
            data: value(&data),
            resources: value(".Values.resources | toJson"),
            priority_class: text(".Values.priorityClassName"),
            node_selector: value(".Values.nodeSelector | toJson"),
            tolerations: value(".Values.tolerations | toJson"),
        }
    }
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
