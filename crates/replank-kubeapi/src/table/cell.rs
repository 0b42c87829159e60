//! Contents of cells: fields, selectors and containers as text.

use jiff::Timestamp;
use serde_json::Value;

use super::age;

/// The object of a row.
#[derive(Clone, Copy)]
pub(super) struct Subject<'v> {
    pub(super) object: &'v Value,
    pub(super) now: Timestamp,
}

impl<'v> Subject<'v> {
    /// A field by its path; null when missing.
    pub(super) fn at(self, path: &str) -> &'v Value {
        at(self.object, path)
    }

    /// A field as text; empty when missing.
    pub(super) fn text(self, path: &str) -> String {
        text(self.at(path))
    }

    /// A field as text, or `missing`.
    pub(super) fn text_or(self, path: &str, missing: &str) -> String {
        or(self.text(path), missing)
    }

    /// A field as a number; 0 when missing.
    pub(super) fn number(self, path: &str) -> i64 {
        self.at(path).as_i64().unwrap_or(0)
    }

    pub(super) fn name(self) -> Value {
        self.cell("metadata.name")
    }

    pub(super) fn age(self) -> Value {
        Value::from(self.since("metadata.creationTimestamp"))
    }

    pub(super) fn since(self, path: &str) -> String {
        age::since(self.at(path), self.now)
    }

    /// A field as text, for a cell.
    pub(super) fn cell(self, path: &str) -> Value {
        Value::from(self.text(path))
    }

    /// Names and images of the containers at a path, separated by commas.
    pub(super) fn containers(self, path: &str) -> [Value; 2] {
        ["name", "image"].map(|field| {
            let found = list(self.at(path)).iter().map(|it| text(&it[field]));
            Value::from(found.collect::<Vec<_>>().join(","))
        })
    }

    /// A label selector as text; `<none>` when empty.
    pub(super) fn selector(self, path: &str) -> Value {
        Value::from(or(selector(self.at(path)), "<none>"))
    }

    /// Labels as text; `<none>` when empty.
    pub(super) fn labels(self, path: &str) -> Value {
        let mut found: Vec<_> =
            fields(self.at(path)).map(|(key, value)| format!("{key}={}", text(value))).collect();
        found.sort();
        Value::from(or(found.join(","), "<none>"))
    }

    /// `True`, `False` or `<unset>`.
    pub(super) fn flag(self, path: &str) -> Value {
        Value::from(match self.at(path).as_bool() {
            Some(true) => "True",
            Some(false) => "False",
            None => "<unset>",
        })
    }
}

pub(super) fn at<'v>(object: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(object, |value, key| &value[key])
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

pub(super) fn or(text: String, missing: &str) -> String {
    if text.is_empty() { missing.to_owned() } else { text }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The first three texts and the number of the others.
pub(super) fn some_of(all: &[String], missing: &str) -> String {
    const SHOWN: usize = 3;
    let shown = all[..all.len().min(SHOWN)].join(",");
    match all.len() {
        count if count > SHOWN => format!("{shown} + {} more...", count - SHOWN),
        _ => or(shown, missing),
    }
}

/// A selector as text, such as `a=b,c in (x,y),!d`, sorted by key.
pub(super) fn selector(selector: &Value) -> String {
    let mut terms: Vec<(String, String)> = Vec::new();
    for (key, value) in fields(&selector["matchLabels"]) {
        terms.push((key.clone(), format!("{key}={}", text(value))));
    }
    for term in list(&selector["matchExpressions"]) {
        let key = text(&term["key"]);
        let mut values: Vec<_> = list(&term["values"]).iter().map(text).collect();
        values.sort();
        let values = values.join(",");
        let shown = match term["operator"].as_str() {
            Some("In") => format!("{key} in ({values})"),
            Some("NotIn") => format!("{key} notin ({values})"),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.clone(),
        };
        terms.push((key, shown));
    }
    terms.sort();
    terms.into_iter().map(|(_, shown)| shown).collect::<Vec<_>>().join(",")
}
