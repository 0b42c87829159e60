//! What a list or a watch selects: labels and fields.

use replank_sim::vocab::labels::Map;
use serde_json::Value;

use crate::failure::Failure;
use crate::resource::Resource;
use crate::wire::parameters::Parameters;

/// A selection by labels and fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    labels: Vec<Requirement>,
    /// Field, whether it shall be equal, value.
    fields: Vec<(String, bool, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

impl Selection {
    /// Reads `labelSelector` and `fieldSelector`.
    pub(crate) fn read(parameters: &Parameters, resource: &Resource) -> Result<Self, Failure> {
        let labels = parameters.get("labelSelector").map(labels).transpose()?.unwrap_or_default();
        let fields = parameters.get("fieldSelector").map(fields).transpose()?.unwrap_or_default();
        if let Some((field, ..)) = fields.iter().find(|(field, ..)| !supported(resource, field)) {
            let message = format!(
                "Unable to find \"{}\" that match label selector \"{}\", field selector \"{}\": field label not \
                 supported: {field}",
                resource.api_version() + ", Resource=" + &resource.plural,
                parameters.get("labelSelector").unwrap_or_default(),
                parameters.get("fieldSelector").unwrap_or_default(),
            );
            return Err(Failure::bad_request(message));
        }
        Ok(Self { labels, fields })
    }

    /// The same, of that name only.
    pub(crate) fn and_name(mut self, name: &str) -> Self {
        self.fields.push(("metadata.name".to_owned(), true, name.to_owned()));
        self
    }

    /// Whether it selects everything.
    pub(crate) fn is_all(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether it says nothing of fields other than name and namespace.
    pub(crate) fn reads_objects(&self) -> bool {
        self.fields.iter().any(|(field, ..)| !field.starts_with("metadata."))
    }

    /// The name that must be it, if a field selector says so.
    pub(crate) fn name(&self) -> Option<&str> {
        let named = self.fields.iter().find(|(field, equal, _)| field == "metadata.name" && *equal);
        named.map(|(.., name)| name.as_str())
    }

    /// The node that pods must be on, if a field selector says so.
    pub(crate) fn node(&self) -> Option<&str> {
        let named = self.fields.iter().find(|(field, equal, _)| field == "spec.nodeName" && *equal);
        named.map(|(.., name)| name.as_str())
    }

    /// Whether an object with these labels and this place may be selected; its fields are not looked at.
    pub(crate) fn takes_labels(&self, labels: &Map, namespace: &str, name: &str) -> bool {
        self.labels.iter().all(|requirement| requirement.holds(labels))
            && self.fields.iter().all(|(field, equal, value)| match field.as_str() {
                "metadata.name" => (name == value) == *equal,
                "metadata.namespace" => (namespace == value) == *equal,
                _ => true,
            })
    }

    /// Whether the fields of an object are selected.
    pub(crate) fn takes_fields(&self, object: &Value) -> bool {
        self.fields.iter().all(|(field, equal, value)| (text_of(object, field) == *value) == *equal)
    }
}

impl Requirement {
    fn holds(&self, labels: &Map) -> bool {
        let value = labels.get(self.key.as_str());
        match &self.test {
            Test::In(values) => value.is_some_and(|value| values.iter().any(|wanted| **wanted == **value)),
            Test::NotIn(values) => value.is_none_or(|value| values.iter().all(|not| **not != **value)),
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
        }
    }
}

/// A field of an object as field selectors read it.
fn text_of(object: &Value, field: &str) -> String {
    let pointer = match field {
        "reportingComponent" | "type" | "reason" => format!("/{field}"),
        "source" => "/source/component".to_owned(),
        _ => format!("/{}", field.replace('.', "/")),
    };
    match object.pointer(&pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        _ if matches!(field, "spec.unschedulable" | "spec.hostNetwork") => "false".to_owned(),
        _ => String::new(),
    }
}

fn supported(resource: &Resource, field: &str) -> bool {
    let more: &[&str] = match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        ("", "Node") => &["spec.unschedulable"],
        ("", "Namespace") => &["status.phase"],
        ("", "Secret") => &["type"],
        ("", "Service") => &["spec.clusterIP", "spec.type"],
        ("batch", "Job") => &["status.successful"],
        ("", "ReplicationController") => &["status.replicas"],
        (_, "Event") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        _ => &[],
    };
    matches!(field, "metadata.name" | "metadata.namespace") || more.contains(&field)
}

fn fields(text: &str) -> Result<Vec<(String, bool, String)>, Failure> {
    let terms = text.split(',').map(str::trim).filter(|term| !term.is_empty());
    terms
        .map(|term| {
            let parts = term.split_once("!=").map(|(field, value)| (field, false, value));
            let parts = parts.or_else(|| term.split_once("==").map(|(field, value)| (field, true, value)));
            let parts = parts.or_else(|| term.split_once('=').map(|(field, value)| (field, true, value)));
            let wrong =
                || Failure::bad_request(format!("invalid selector: '{text}'; can't understand '{term}'"));
            let (field, equal, value) = parts.ok_or_else(wrong)?;
            Ok((field.trim().to_owned(), equal, value.trim().to_owned()))
        })
        .collect()
}

fn labels(text: &str) -> Result<Vec<Requirement>, Failure> {
    let wrong = || {
        let message = format!(
            "unable to parse requirement: found '{text}', expected: !, identifier, or 'end of string'"
        );
        Failure::bad_request(message)
    };
    let mut out = Vec::new();
    for term in terms(text) {
        let term = term.trim();
        if term.is_empty() {
            continue;
        }
        let (key, test) = if let Some(key) = term.strip_prefix('!') {
            (key.trim(), Test::Absent)
        } else if let Some((key, value)) = term.split_once("!=") {
            (key, Test::NotIn(vec![value.trim().to_owned()]))
        } else if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
            (key, Test::In(vec![value.trim().to_owned()]))
        } else if let Some((head, list)) = term.split_once('(') {
            let list = list.strip_suffix(')').ok_or_else(wrong)?;
            let values = list.split(',').map(|value| value.trim().to_owned()).collect();
            let mut words = head.split_whitespace();
            let key = words.next().unwrap_or_default();
            match (words.next(), words.next()) {
                (Some("in"), None) => (key, Test::In(values)),
                (Some("notin"), None) => (key, Test::NotIn(values)),
                _ => return Err(wrong()),
            }
        } else {
            (term, Test::Exists)
        };
        let key = key.trim();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./".contains(letter);
        if key.is_empty() || !key.chars().all(plain) {
            return Err(wrong());
        }
        out.push(Requirement { key: key.to_owned(), test });
    }
    Ok(out)
}

/// The terms between commas that are not inside parentheses.
fn terms(text: &str) -> Vec<&str> {
    let (mut out, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                out.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use replank_sim::vocab::labels::Map;
    use serde_json::json;

    use super::Selection;
    use crate::resource::built_in;
    use crate::wire::parameters::Parameters;

    fn read(query: &str) -> Result<Selection, crate::failure::Failure> {
        let pods = built_in().iter().find(|one| one.plural == "pods").unwrap();
        Selection::read(&Parameters::read(query), pods)
    }

    #[test]
    fn labels_are_selected_as_kubernetes_does() {
        let labels = Map::from([(Arc::from("app"), Arc::from("web")), (Arc::from("tier"), Arc::from(""))]);
        for (selector, wanted) in [
            ("app=web", true),
            ("app==web", true),
            ("app!=web", false),
            ("none!=x", true),
            ("app in (web,db)", true),
            ("app notin (web, db)", false),
            ("none notin (a)", true),
            ("tier", true),
            ("!tier", false),
            ("tier=", true),
            ("app=web,!none,tier", true),
            ("app in (web),tier notin (x)", true),
        ] {
            let selection = read(&format!("labelSelector={}", selector.replace('=', "%3D"))).unwrap();
            assert_eq!(selection.takes_labels(&labels, "", ""), wanted, "{selector}");
        }
        for wrong in ["app in web", "a b", "=x", "app in (a"] {
            assert!(read(&format!("labelSelector={}", wrong.replace('=', "%3D"))).is_err(), "{wrong}");
        }
    }

    #[test]
    fn fields_are_selected_where_the_server_supports_them() {
        let pod = json!({"spec": {"nodeName": "a"}, "status": {"phase": "Running"}});
        for (selector, wanted) in [
            ("spec.nodeName%3Da,status.phase!%3DSucceeded", true),
            ("spec.nodeName%3Db", false),
            ("spec.hostNetwork%3Dfalse", true),
            ("status.podIP%3D", true),
        ] {
            assert_eq!(
                read(&format!("fieldSelector={selector}")).unwrap().takes_fields(&pod),
                wanted,
                "{selector}"
            );
        }
        assert_eq!(read("fieldSelector=spec.nothing%3Da").unwrap_err().code, 400);
    }
}
