//! Splits objects into fields: which values are owned as a whole, and which by their parts.

use std::mem::discriminant;

use serde_json::{Map, Value};

use super::set::{Element, FieldSet, Leaf};
use crate::schema::{Form, Merging, TypedValue};

/// How ownership of a value is divided.
pub(super) enum Parts<'v> {
    /// One manager owns all of it.
    Whole,
    /// By fields or keys.
    Fields(&'v Map<String, Value>),
    /// By list items.
    Items(&'v [Value]),
}

/// The parts of a value. A value of another form than its type has is owned as a whole.
pub(super) fn parts<'v>(value: &'v Value, place: TypedValue<'_>) -> Parts<'v> {
    match (place.merging(), place.form(), value) {
        (Merging::Atomic, _, _) => Parts::Whole,
        (_, Form::Struct(_) | Form::Map | Form::Unknown, Value::Object(fields)) => Parts::Fields(fields),
        (Merging::Set | Merging::Keyed(_), _, Value::Array(items)) => Parts::Items(items),
        _ => Parts::Whole,
    }
}

/// Path element of a list item. An error when it lacks a key that has no default.
pub(super) fn element_of(item: &Value, list: TypedValue<'_>) -> Result<Element, String> {
    let Merging::Keyed(keys) = list.merging() else { return Ok(Element::Value(Leaf(item.clone()))) };
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let stated = item.get(&key).filter(|value| !value.is_null()).cloned();
        let Some(value) = stated.or_else(|| list.item().key_default(&key)) else {
            return Err(format!(
                "associative list with keys has an element that omits key field {key:?} (and doesn't have default value)"
            ));
        };
        found.push((key, Leaf(value)));
    }
    found.sort();
    Ok(Element::Keys(found))
}

/// List items with their path elements; an item without a name gets its index.
pub(super) fn named_items<'v>(items: &'v [Value], list: TypedValue<'_>) -> Vec<(Element, &'v Value)> {
    let named = items.iter().zip(0..);
    named.map(|(item, at)| (element_of(item, list).unwrap_or(Element::Index(at)), item)).collect()
}

/// Every field that a configuration sets.
pub(super) fn field_set(value: &Value, place: TypedValue<'_>) -> FieldSet {
    let mut set = FieldSet::default();
    state(value, place, &mut Vec::new(), &mut set);
    set
}

fn state(value: &Value, place: TypedValue<'_>, path: &mut Vec<Element>, set: &mut FieldSet) {
    match parts(value, place) {
        Parts::Whole => set.insert(path),
        Parts::Fields(fields) => {
            for (key, value) in fields {
                let is_declared =
                    matches!(place.form(), Form::Struct(found) if found.fields.contains_key(key));
                let is_bare = value.is_null() || value.as_object().is_some_and(Map::is_empty);
                path.push(Element::Field(key.clone()));
                state(value, place.child(key), path, set);
                if is_bare || !is_declared {
                    set.insert(path);
                }
                path.pop();
            }
        }
        Parts::Items(items) => {
            for (element, item) in named_items(items, place) {
                path.push(element);
                state(item, place.item(), path, set);
                set.insert(path);
                path.pop();
            }
        }
    }
}

/// The value with the embedded structs that the API server always has, empty where nothing is set.
pub(super) fn filled(value: &Value, place: TypedValue<'_>) -> Value {
    match value {
        Value::Object(fields) => {
            let mut all: Map<String, Value> =
                fields.iter().map(|(key, below)| (key.clone(), filled(below, place.child(key)))).collect();
            if let Form::Struct(found) = place.form() {
                for (key, _) in found.fields.iter().filter(|(_, field)| field.is_embedded) {
                    if !all.contains_key(key) {
                        let bare = Value::Object(Map::new());
                        all.insert(key.clone(), filled(&bare, place.child(key)));
                    }
                }
            }
            Value::Object(all)
        }
        Value::Array(items) => items.iter().map(|item| filled(item, place.item())).collect(),
        leaf => leaf.clone(),
    }
}

/// Difference of two objects.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) added: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) removed: FieldSet,
}

/// Compares two objects field by field.
pub(super) fn compare(before: &Value, after: &Value, place: TypedValue<'_>) -> Comparison {
    let mut found = Comparison::default();
    found.walk(Some(before), Some(after), place, &mut Vec::new());
    found
}

/// Whether two values have different JSON types; null equals everything, since it stands for an emptied part.
fn are_unlike(before: &Value, after: &Value) -> bool {
    discriminant(before) != discriminant(after) && !before.is_null() && !after.is_null()
}

fn is_bare(value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(other) => other.is_null(),
    }
}

impl Comparison {
    fn walk(
        &mut self,
        before: Option<&Value>,
        after: Option<&Value>,
        place: TypedValue<'_>,
        path: &mut Vec<Element>,
    ) {
        if let (Some(before), Some(after)) = (before, after)
            && (before == after || are_unlike(before, after))
        {
            if before != after {
                self.modified.insert(path);
            }
            return;
        }
        let stated = [after, before].into_iter().flatten().find(|value| !value.is_null());
        let Some(value) = stated.or(after).or(before) else { return };
        match parts(value, place) {
            Parts::Whole => return self.note(before, after, path),
            _ if is_bare(before) && is_bare(after) => return self.note(before, after, path),
            Parts::Fields(_) => self.walk_fields(before, after, place, path),
            Parts::Items(_) => self.walk_items(before, after, place, path),
        }
        if before.is_none() {
            self.added.insert(path);
        } else if after.is_none() {
            self.removed.insert(path);
        }
    }

    fn note(&mut self, before: Option<&Value>, after: Option<&Value>, path: &[Element]) {
        match (before, after) {
            (None, _) => self.added.insert(path),
            (_, None) => self.removed.insert(path),
            (Some(before), Some(after)) if before != after => self.modified.insert(path),
            _ => {}
        }
    }

    fn walk_fields(
        &mut self,
        before: Option<&Value>,
        after: Option<&Value>,
        place: TypedValue<'_>,
        path: &mut Vec<Element>,
    ) {
        let nothing = Map::new();
        let old = before.and_then(Value::as_object).unwrap_or(&nothing);
        let new = after.and_then(Value::as_object).unwrap_or(&nothing);
        let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
        for key in keys {
            path.push(Element::Field(key.clone()));
            self.walk(old.get(key), new.get(key), place.child(key), path);
            path.pop();
        }
    }

    fn walk_items(
        &mut self,
        before: Option<&Value>,
        after: Option<&Value>,
        place: TypedValue<'_>,
        path: &mut Vec<Element>,
    ) {
        let old = named_items(before.and_then(Value::as_array).map_or(&[], Vec::as_slice), place);
        let new = named_items(after.and_then(Value::as_array).map_or(&[], Vec::as_slice), place);
        let find = |list: &[(Element, &'_ Value)], wanted: &Element| -> Vec<Value> {
            list.iter().filter(|(element, _)| element == wanted).map(|(_, item)| (*item).clone()).collect()
        };
        let mut seen: Vec<Element> = Vec::new();
        for (element, _) in old.iter().chain(&new) {
            if seen.contains(element) {
                continue;
            }
            seen.push(element.clone());
            let (left, right) = (find(&old, element), find(&new, element));
            path.push(element.clone());
            match (left.as_slice(), right.as_slice()) {
                ([] | [_], [] | [_]) => self.walk(left.first(), right.first(), place.item(), path),
                ([_, _, ..], [_, _, ..]) if left != right => self.modified.insert(path),
                ([_, _, ..], [_, _, ..]) => {}
                ([_, _, ..], right) => {
                    self.walk(None, right.first(), place.item(), path);
                    self.removed.insert(path);
                }
                (left, _) => {
                    self.walk(left.first(), None, place.item(), path);
                    self.added.insert(path);
                }
            }
            path.pop();
        }
    }
}
