//! Field selectors, such as `spec.nodeName=n1,status.phase!=Failed`, and which fields each kind supports.

use std::str::FromStr;

use serde_json::Value;

use crate::rejection::Rejection;

/// Requirements on fields; an empty selector matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Term {
    field: String,
    is_equal: bool,
    value: String,
}

/// Supported fields by kind, besides name and namespace (Kubernetes: the registries' conversion functions).
const FIELDS: &[(&str, &[&str])] = &[
    (
        "Pod",
        &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
    ),
    ("Node", &["spec.unschedulable"]),
    (
        "Event",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    ("Namespace", &["status.phase"]),
    ("Secret", &["type"]),
    ("Service", &["spec.clusterIP", "spec.type"]),
    ("ReplicationController", &["status.replicas"]),
    ("Job", &["status.successful"]),
    ("CertificateSigningRequest", &["spec.signerName"]),
];

/// Kinds of the core group whose error message for an unknown field does not list the known ones.
const TERSE: &[&str] = &["Pod", "Node", "Event", "Namespace", "Secret", "Service", "ReplicationController"];

impl FieldSelector {
    /// Whether it has no requirements.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The value that a field must equal, if the selector has such a requirement.
    pub fn exactly(&self, field: &str) -> Option<&str> {
        self.terms.iter().find(|term| term.field == field && term.is_equal).map(|term| term.value.as_str())
    }

    /// Refuses fields that this kind does not support; `declared` are those of a custom resource.
    pub fn check(&self, kind: &str, declared: &[&str]) -> Result<(), Rejection> {
        let own = FIELDS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, fields)| fields);
        for Term { field, .. } in &self.terms {
            let is_meta = field == "metadata.name" || field == "metadata.namespace";
            if is_meta || own.contains(&field.as_str()) || declared.contains(&field.as_str()) {
                continue;
            }
            let is_terse = TERSE.contains(&kind) || !own.is_empty() || !declared.is_empty();
            return Err(Rejection::bad_request(if is_terse {
                format!("field label not supported: {field}")
            } else {
                format!(
                    "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )
            }));
        }
        Ok(())
    }

    /// Whether the values returned by `value` meet all requirements; a missing field counts as empty.
    pub fn matches(&self, value: impl Fn(&str) -> String) -> bool {
        self.terms.iter().all(|term| (value(&term.field) == term.value) == term.is_equal)
    }

    /// Whether the object meets all requirements.
    pub fn matches_object(&self, kind: &str, object: &Value) -> bool {
        self.matches(|field| value_of(kind, object, field))
    }
}

fn value_of(kind: &str, object: &Value, field: &str) -> String {
    let found = match (kind, field) {
        ("Event", "source") => {
            let source = &object["source"]["component"];
            if source.as_str().is_none_or(str::is_empty) { &object["reportingComponent"] } else { source }
        }
        ("Event", "reportingComponent") => &object["reportingComponent"],
        // The events of events.k8s.io name the same object differently.
        ("Event", field) if field.starts_with("involvedObject.") && object["regarding"].is_object() => {
            at(&object["regarding"], &field["involvedObject.".len()..])
        }
        ("Pod", "status.podIPs") => return pod_ips(object),
        (_, field) => at(object, field),
    };
    match found {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => found.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => match field {
            "spec.unschedulable" | "spec.hostNetwork" => "false".to_owned(),
            "status.successful" | "status.replicas" => "0".to_owned(),
            _ => String::new(),
        },
    }
}

fn pod_ips(object: &Value) -> String {
    let listed = object["status"]["podIPs"].as_array().into_iter().flatten();
    listed.filter_map(|it| it["ip"].as_str()).collect::<Vec<_>>().join(",")
}

fn at<'v>(object: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(object, |value, key| &value[key])
}

impl FromStr for FieldSelector {
    type Err = Rejection;

    /// Parses the query form; errors are 400 with the message of the API server.
    fn from_str(text: &str) -> Result<Self, Rejection> {
        let mut parts = split(text);
        parts.sort_unstable();
        let read = |part: &&str| {
            term(part)?.ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{part}'"))
        };
        let terms: Result<_, String> = parts.iter().filter(|part| !part.is_empty()).map(read).collect();
        Ok(Self { terms: terms.map_err(Rejection::bad_request)? })
    }
}

/// Splits at commas that are not escaped.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_hidden) = (0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if is_hidden => is_hidden = false,
            '\\' => is_hidden = true,
            ',' => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn term(part: &str) -> Result<Option<Term>, String> {
    let found = part.char_indices().find_map(|(at, _)| operator(&part[at..]).map(|it| (at, it)));
    let Some((at, (length, is_equal))) = found else { return Ok(None) };
    let value = unescaped(&part[at + length..])?;
    Ok(Some(Term { field: part[..at].to_owned(), is_equal, value }))
}

fn operator(rest: &str) -> Option<(usize, bool)> {
    let known = [("!=", false), ("==", true), ("=", true)];
    known.iter().find(|(text, _)| rest.starts_with(text)).map(|(text, is_equal)| (text.len(), *is_equal))
}

fn unescaped(text: &str) -> Result<String, String> {
    const STRANGE: &str = "invalid field selector: invalid escape sequence:";
    let mut value = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(hidden @ ('\\' | ',' | '=')) => value.push(hidden),
                Some(other) => return Err(format!("{STRANGE} \\{other}")),
                None => return Err(format!("{STRANGE} \\")),
            },
            ',' | '=' => {
                let code = letter as u32;
                return Err(format!("invalid field selector: unescaped character in value: {code}"));
            }
            other => value.push(other),
        }
    }
    Ok(value)
}
