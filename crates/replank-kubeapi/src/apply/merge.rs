//! Merging a configuration into an object, and removing fields from one.
//!
//! Kubernetes: `structured-merge-diff/typed`; the order of merged lists follows it too.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::set::{Element, FieldSet};
use super::walk::{Parts, named_items, parts};
use crate::schema::TypedValue;

/// The live object with everything that the configuration sets.
pub(super) fn merged(live: Option<&Value>, config: Option<&Value>, place: TypedValue<'_>) -> Value {
    match (live, config) {
        (None, None) => Value::Null,
        (Some(only), None) | (None, Some(only)) => only.clone(),
        (Some(live), Some(config)) => match (parts(live, place), parts(config, place)) {
            (Parts::Fields(live), Parts::Fields(config)) => merged_fields(live, config, place),
            (Parts::Items(live), Parts::Items(config)) => merged_items(live, config, place),
            _ => config.clone(),
        },
    }
}

fn merged_fields(live: &Map<String, Value>, config: &Map<String, Value>, place: TypedValue<'_>) -> Value {
    let mut all = Map::new();
    for key in live.keys().chain(config.keys().filter(|key| !live.contains_key(*key))) {
        all.insert(key.clone(), merged(live.get(key), config.get(key), place.child(key)));
    }
    Value::Object(all)
}

/// Items of both lists, in the order of the configuration; items of the live list only stay in front of the items they
/// were in front of.
fn merged_items(live: &[Value], config: &[Value], list: TypedValue<'_>) -> Value {
    let live = named_items(live, list);
    let mut config = named_items(config, list);
    let mut seen: Vec<Element> = Vec::new();
    config.retain(|(element, _)| {
        let is_new = !seen.contains(element);
        seen.extend(is_new.then(|| element.clone()));
        is_new
    });
    let find = |list: &[(Element, &Value)], wanted: &Element| {
        list.iter().find(|(element, _)| element == wanted).map(|(_, item)| (*item).clone())
    };
    let merge = |element: &Element| {
        merged(find(&live, element).as_ref(), find(&config, element).as_ref(), list.item())
    };
    let is_stated = |element: &Element| config.iter().any(|(it, _)| it == element);
    let shared = config.iter().map(|(element, _)| element);
    let mut shared: VecDeque<&Element> = shared.filter(|it| find(&live, it).is_some()).collect();
    let mut next = shared.pop_front();
    let mut done: Vec<&Element> = Vec::new();
    let mut out = Vec::new();
    let (mut old, mut new) = (0, 0);
    while old < live.len() || new < config.len() {
        if let (Some((left, _)), Some((right, _))) = (live.get(old), config.get(new)) {
            if left == right {
                done.push(right);
                out.push(merge(right));
                (old, new) = (old + 1, new + 1);
                next = shared.pop_front();
                continue;
            }
            if is_stated(left) && next.is_some_and(|next| next != left) {
                old += 1;
                continue;
            }
        }
        if let Some((left, item)) = live.get(old) {
            if !is_stated(left) {
                out.push((*item).clone());
                old += 1;
                continue;
            }
            if done.contains(&left) {
                old += 1;
            }
        }
        if let Some((right, _)) = config.get(new) {
            done.push(right);
            out.push(merge(right));
            new += 1;
            if next == Some(right) {
                next = shared.pop_front();
            }
        }
    }
    Value::Array(out)
}

/// The value without these fields; `None` when nothing remains. A part that becomes empty stays as null, so that what
/// contains it stays; the caller drops nulls at the end.
pub(super) fn without(value: &Value, gone: &FieldSet, place: TypedValue<'_>) -> Option<Value> {
    match parts(value, place) {
        Parts::Whole => Some(value.clone()),
        Parts::Fields(fields) => {
            let mut left = Map::new();
            for (key, value) in fields {
                let kept = kept(value, gone, &Element::Field(key.clone()), place.child(key));
                left.extend(kept.map(|kept| (key.clone(), kept)));
            }
            (!left.is_empty()).then_some(Value::Object(left))
        }
        Parts::Items(items) => {
            let named = named_items(items, place);
            let left =
                named.into_iter().filter_map(|(element, item)| kept(item, gone, &element, place.item()));
            let left: Vec<_> = left.collect();
            (!left.is_empty()).then_some(Value::Array(left))
        }
    }
}

fn kept(value: &Value, gone: &FieldSet, element: &Element, place: TypedValue<'_>) -> Option<Value> {
    match gone.node(element) {
        Some(node) if node.is_member => None,
        Some(node) if !node.below.is_empty() => {
            Some(without(value, &node.below, place).unwrap_or(Value::Null))
        }
        _ => Some(value.clone()),
    }
}
