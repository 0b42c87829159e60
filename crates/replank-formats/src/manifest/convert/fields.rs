//! Typed access to fields: a value of the wrong type is the decoding error that the API server would give.

use std::sync::Arc;

use serde_json::Value;

use super::super::wrong::{Wrong, duplicate, invalid, invalid_value, mistyped, required, shown, unsupported};
use super::super::{annotations, names};
use crate::yaml::Field;
use replank_world::known::Known;
use replank_world::object::PodTemplate;
use replank_world::vocab::labels::Map;
use replank_world::vocab::percent::IntOrPercent;

/// The context for parsing an object, with the errors found so far.
pub(in super::super) struct Reader<'k> {
    /// What is known of the cluster.
    pub(in super::super) known: &'k Known,
    /// Whether a template is refused when its pods would be. An API server takes it and refuses the pods.
    pub(in super::super) checks_pods: bool,
    /// Errors so far.
    pub(in super::super) wrong: Vec<Wrong>,
}

impl Reader<'_> {
    /// A string field; `None` when absent or mistyped. `holder` is the Go type that has the field, for the error.
    pub(super) fn text<'d>(&mut self, field: &Field<'d>, holder: &str) -> Option<&'d str> {
        match field.value()? {
            Value::String(text) => Some(text),
            _ => self.mistyped(field, holder, "string"),
        }
    }

    /// A string field, shared.
    pub(super) fn shared(&mut self, field: &Field<'_>, holder: &str) -> Option<Arc<str>> {
        self.text(field, holder).map(Arc::from)
    }

    /// A string field that must be present and not empty.
    pub(super) fn required(&mut self, field: &Field<'_>, holder: &str) -> Arc<str> {
        let text = self.shared(field, holder).unwrap_or_default();
        if text.is_empty() {
            self.wrong.push(required(field, ""));
        }
        text
    }

    /// A boolean field.
    pub(super) fn flag(&mut self, field: &Field<'_>, holder: &str) -> Option<bool> {
        match field.value()? {
            Value::Bool(flag) => Some(*flag),
            _ => self.mistyped(field, holder, "bool"),
        }
    }

    /// An integer field of type `wanted`: `int32` or `int64`.
    pub(super) fn int(&mut self, field: &Field<'_>, holder: &str, wanted: &str) -> Option<i64> {
        let fits = |number: &i64| wanted != "int32" || i32::try_from(*number).is_ok();
        match field.value()?.as_i64().filter(fits) {
            Some(number) => Some(number),
            None => self.mistyped(field, holder, wanted),
        }
    }

    /// An integer field that must not be negative.
    pub(super) fn count(&mut self, field: &Field<'_>, holder: &str, wanted: &str) -> Option<i64> {
        let number = self.int(field, holder, wanted)?;
        if number < 0 {
            self.wrong.push(invalid(field, "must be greater than or equal to 0"));
        }
        Some(number.max(0))
    }

    /// A port number, 1 to 65535.
    pub(super) fn port(&mut self, field: &Field<'_>, holder: &str) -> Option<u16> {
        let number = self.int(field, holder, "int32")?;
        let port = u16::try_from(number).ok().filter(|port| *port > 0);
        if port.is_none() {
            self.wrong.push(invalid(field, "must be between 1 and 65535, inclusive"));
        }
        port
    }

    /// A string field with one of these values.
    pub(super) fn one_of<'d>(&mut self, field: &Field<'d>, holder: &str, words: &[&str]) -> Option<&'d str> {
        let text = self.text(field, holder)?;
        if words.contains(&text) {
            return Some(text);
        }
        self.wrong.push(unsupported(field, words));
        None
    }

    /// The items of a list field; empty when absent or mistyped.
    pub(super) fn items<'d>(&mut self, field: &Field<'d>, holder: &str, wanted: &str) -> Vec<Field<'d>> {
        match field.value() {
            None => Vec::new(),
            Some(Value::Array(_)) => field.items(),
            Some(_) => self.mistyped(field, holder, wanted).unwrap_or_default(),
        }
    }

    /// The items of a list of strings.
    pub(super) fn texts(&mut self, field: &Field<'_>, holder: &str) -> Vec<Arc<str>> {
        let items = self.items(field, holder, "[]string");
        items.iter().filter_map(|item| self.shared(item, holder)).collect()
    }

    /// A map of strings, keys and values unchecked.
    pub(super) fn map(&mut self, field: &Field<'_>, holder: &str) -> Map {
        match field.value() {
            None => return Map::new(),
            Some(Value::Object(_)) => {}
            Some(_) => return self.mistyped(field, holder, "map[string]string").unwrap_or_default(),
        }
        let mut map = Map::new();
        for (key, entry) in field.entries() {
            let text = match entry.value() {
                None => Some(Arc::from("")),
                Some(_) => self.shared(&entry, holder),
            };
            map.extend(text.map(|text| (Arc::from(key), text)));
        }
        map
    }

    /// Labels, with keys and values validated.
    pub(super) fn labels(&mut self, field: &Field<'_>, holder: &str) -> Map {
        let map = self.map(field, holder);
        for (key, value) in &map {
            if let Some(detail) = names::qualified(key) {
                self.wrong.push(invalid_value(field, &format!("{key:?}"), &detail));
            }
            if let Some(detail) = names::label_value(value) {
                self.wrong.push(invalid_value(field, &format!("{value:?}"), detail));
            }
        }
        map
    }

    /// Annotations, with keys validated, and the values of those for the embedded world.
    pub(super) fn annotations(&mut self, field: &Field<'_>, holder: &str) -> Map {
        let map = self.map(field, holder);
        for (key, value) in &map {
            if let Some(detail) = names::qualified(&key.to_lowercase()) {
                self.wrong.push(invalid_value(field, &format!("{key:?}"), &detail));
            }
            let ours = annotations::ALL.iter().find(|(name, _)| *name == key.as_ref());
            if ours.is_none() && key.starts_with(annotations::PREFIX) {
                let all: Vec<_> = annotations::ALL.iter().map(|(name, _)| *name).collect();
                self.wrong.push(invalid_value(
                    &field.get(key),
                    &format!("{key:?}"),
                    &format!("unknown annotation of the embedded world, accepted are {}", all.join(", ")),
                ));
            }
            if let Some(detail) = ours.and_then(|(_, takes)| takes.refuses(value)) {
                self.wrong.push(invalid(&field.get(key), detail));
            }
        }
        map
    }

    /// A count or percentage (`IntOrString`), at most 100 %.
    pub(super) fn amount(&mut self, field: &Field<'_>, holder: &str) -> Option<IntOrPercent> {
        const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  \
                               or '93%', regex used for validation is '[0-9]+%')";
        match field.value()? {
            Value::String(text) => match IntOrPercent::parse_percent(text) {
                Some(IntOrPercent::Percent(share)) if share > 100 => {
                    self.wrong.push(invalid(field, "must not be greater than 100%"));
                    None
                }
                Some(share) => Some(share),
                None => {
                    self.wrong.push(invalid(field, PERCENT));
                    None
                }
            },
            Value::Number(_) => self.count(field, holder, "int32").map(IntOrPercent::Int),
            _ => self.mistyped(field, holder, "intstr.IntOrString"),
        }
    }

    /// Reports items whose `key` repeats an earlier one.
    pub(super) fn unique(&mut self, items: &[Field<'_>], key: &str) {
        let mut seen = std::collections::BTreeSet::new();
        for item in items {
            let name = item.get(key);
            if name.text().is_some_and(|text| !text.is_empty()) && !seen.insert(shown(name.value())) {
                self.wrong.push(duplicate(&name));
            }
        }
    }

    /// Reports a value of the wrong type.
    pub(super) fn mistyped<T>(&mut self, field: &Field<'_>, holder: &str, wanted: &str) -> Option<T> {
        self.wrong.push(mistyped(field, holder, wanted));
        None
    }

    /// Reports a selector that does not match the labels of its own template.
    pub(super) fn selects(
        &mut self,
        selector: &replank_world::vocab::selector::Selector,
        template: &PodTemplate,
        at: &Field<'_>,
    ) {
        if !selector.matches(&template.labels) {
            let labels = at.get("metadata").get("labels");
            let pairs: Vec<_> =
                template.labels.iter().map(|(key, value)| format!("{key:?}:{value:?}")).collect();
            let value = format!("map[string]string{{{}}}", pairs.join(", "));
            let detail = "`selector` does not match template `labels`";
            self.wrong.push(invalid_value(&labels, &value, detail));
        }
    }
}
