//! Strategic merge patch: a merge patch with lists that are merged by a key.
//!
//! Kubernetes: `apimachinery/pkg/util/strategicpatch`. Directives: `$patch`, `$retainKeys`, `$setElementOrder/…`,
//! `$deleteFromPrimitiveList/…`. Keys are visited in order, where the original has none.

use std::mem::take;

use serde_json::{Map, Value};

use super::order::{arranged, identity, position};
use crate::rejection::Rejection;
use crate::schema::TypedValue;

type Fields = Map<String, Value>;
type Step<T> = Result<T, Rejection>;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_PREFIX: &str = "$deleteFromPrimitiveList";
const ORDER_PREFIX: &str = "$setElementOrder";

/// `current` after the patch.
pub(super) fn patched(current: &Value, patch: Fields, place: TypedValue<'_>) -> Step<Value> {
    let before = current.as_object().cloned().unwrap_or_default();
    let mut after = Value::Object(merge_map(before, patch, place)?);
    drop_nulls(&mut after);
    Ok(after)
}

/// Removes nulls that replaced lists contain; in typed objects they mean "not set".
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn merge_map(mut target: Fields, mut patch: Fields, place: TypedValue<'_>) -> Step<Fields> {
    match patch.get(DIRECTIVE) {
        None => {}
        Some(directive) if directive == "replace" => {
            patch.shift_remove(DIRECTIVE);
            return Ok(patch);
        }
        Some(directive) if directive == "delete" => return Ok(Fields::new()),
        Some(other) => return Err(broken(format!("unknown patch type: {} in map", word(other)))),
    }
    retain_keys(&mut target, &mut patch)?;
    set_orders(&mut target, &mut patch, place)?;
    for (key, value) in patch {
        if key.starts_with(DELETE_PREFIX) {
            delete_from_list(&mut target, &key, &value)?;
            continue;
        }
        if value.is_null() {
            target.shift_remove(&key);
            continue;
        }
        let merged = merge_value(target.get_mut(&key).map(take), value, &key, place)?;
        match merged {
            Some(value) => drop(target.insert(key, value)),
            None => drop(target.shift_remove(&key)),
        }
    }
    Ok(target)
}

/// The merged value; `None` when nothing remains.
fn merge_value(before: Option<Value>, patch: Value, key: &str, place: TypedValue<'_>) -> Step<Option<Value>> {
    match (before, patch) {
        (Some(Value::Object(before)), Value::Object(patch)) => {
            let below = field(place, key)?;
            if strategy_is(below, "replace") {
                return Ok(Some(Value::Object(patch)));
            }
            merge_map(before, patch, below).map(|it| Some(Value::Object(it)))
        }
        (Some(Value::Array(before)), Value::Array(patch)) => {
            let below = field(place, key)?;
            merge_list(before, patch, below).map(|it| Some(Value::Array(it)))
        }
        (_, patch) => Ok(plain(patch)),
    }
}

fn merge_list(before: Vec<Value>, patch: Vec<Value>, place: TypedValue<'_>) -> Step<Vec<Value>> {
    if !strategy_is(place, "merge") {
        return Ok(patch);
    }
    if before.is_empty() && patch.is_empty() {
        return Ok(before);
    }
    let is_of_objects = all_alike(&before, &patch)?;
    if !is_of_objects {
        let mut merged: Vec<Value> = Vec::new();
        for item in before.iter().chain(&patch) {
            if !merged.contains(item) {
                merged.push(item.clone());
            }
        }
        return Ok(arranged(merged, &patch, &before, None));
    }
    let key = merge_key(place)?;
    let (before, patch) = perform_directives(before, patch, key)?;
    let mut merged = before.clone();
    for item in &patch {
        let Value::Object(fields) = item else { continue };
        require_key(fields, key)?;
        match position(&merged, item, Some(key)) {
            Some(at) => {
                let target = match take(&mut merged[at]) {
                    Value::Object(target) => target,
                    _ => Fields::new(),
                };
                merged[at] = Value::Object(merge_map(target, fields.clone(), place.item())?);
            }
            None => merged.extend(plain(item.clone())),
        }
    }
    for item in merged.iter().chain(&before) {
        require_key(item.as_object().unwrap_or(&Fields::new()), key)?;
    }
    Ok(arranged(merged, &patch, &before, Some(key)))
}

/// Performs `$patch` items: `delete` removes the item with that key, `replace` removes all.
fn perform_directives(
    mut before: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
) -> Step<(Vec<Value>, Vec<Value>)> {
    let mut rest = Vec::new();
    let mut replaces = false;
    for item in patch {
        match item.get(DIRECTIVE) {
            None => rest.push(item),
            Some(directive) if directive == "delete" => {
                require_key(item.as_object().unwrap_or(&Fields::new()), key)?;
                before.retain(|it| it[key] != item[key]);
            }
            Some(directive) if directive == "replace" => replaces = true,
            Some(directive) if directive == "merge" => {
                return Err(broken("merging lists cannot yet be specified in the patch".to_owned()));
            }
            Some(other) => return Err(broken(format!("unknown patch type: {} in map", word(other)))),
        }
    }
    // What replaces stands as written: nothing is left to merge it with.
    if replaces { Ok((rest, Vec::new())) } else { Ok((before, rest)) }
}

/// `$retainKeys`: removes all keys that are not listed.
fn retain_keys(target: &mut Fields, patch: &mut Fields) -> Step<()> {
    let Some(listed) = patch.shift_remove(RETAIN_KEYS) else { return Ok(()) };
    let wrong = || Rejection::bad_request("invalid patch format of retainKeys");
    let Value::Array(listed) = listed else { return Err(wrong()) };
    let is_listed = |key: &str| listed.iter().any(|it| it == key);
    let is_directive = |key: &str| key.starts_with(DELETE_PREFIX) || key.starts_with(ORDER_PREFIX);
    if patch.iter().any(|(key, value)| !value.is_null() && !is_directive(key) && !is_listed(key)) {
        return Err(wrong());
    }
    target.retain(|key, _| is_listed(key));
    Ok(())
}

/// `$setElementOrder/<list>`: merges these lists and orders them.
fn set_orders(target: &mut Fields, patch: &mut Fields, place: TypedValue<'_>) -> Step<()> {
    let directives: Vec<String> = patch.keys().filter(|key| key.starts_with(ORDER_PREFIX)).cloned().collect();
    for directive in directives {
        let wrong = || Rejection::bad_request("invalid patch format of setElementOrder list");
        let order = patch.shift_remove(&directive).unwrap_or_default();
        let order = list_of(order)?;
        let name = list_name(&directive, ORDER_PREFIX).ok_or_else(wrong)?;
        let below = field(place, name)?;
        let before = target.get(name).cloned().map(list_of).transpose()?;
        let change = patch.get(name).cloned().map(list_of).transpose()?;
        let key = below.patch().key.as_deref();
        follows(change.as_deref().unwrap_or_default(), &order, key)?;
        let merged = match (before.clone(), change.clone()) {
            (None, None) => continue,
            (Some(before), None) => before,
            (None, Some(change)) => change.into_iter().filter_map(plain).collect(),
            (Some(before), Some(change)) => merge_list(before, change, below)?,
        };
        let before = before.unwrap_or_default();
        all_alike(&before, &change.unwrap_or_default())?;
        if let Some(key) = key {
            for item in merged.iter().chain(&order) {
                require_key(item.as_object().unwrap_or(&Fields::new()), key)?;
            }
        }
        target.insert(name.to_owned(), Value::Array(arranged(merged, &order, &before, key)));
        patch.shift_remove(name);
    }
    Ok(())
}

/// Refuses items of a patch that are not in the order it demands.
fn follows(change: &[Value], order: &[Value], key: Option<&str>) -> Step<()> {
    if change.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut left = order.iter();
    for item in change.iter().filter(|item| item.get(DIRECTIVE).is_none_or(|it| it != "delete")) {
        let is_directive = item.get(DIRECTIVE).is_some();
        let wanted = identity(item, key);
        // An order that ends before the items do is refused, even when a directive alone is left.
        let fits = if is_directive { left.len() > 0 } else { left.any(|it| identity(it, key) == wanted) };
        if !fits {
            let lists = [change, order].map(|it| Value::Array(it.to_vec()).to_string());
            return Err(broken(format!(
                "The order in patch list:\n{}\n doesn't match {ORDER_PREFIX} list:\n{}\n",
                lists[0], lists[1]
            )));
        }
    }
    Ok(())
}

/// `$deleteFromPrimitiveList/<list>`: removes these values.
fn delete_from_list(target: &mut Fields, directive: &str, gone: &Value) -> Step<()> {
    let wrong = || Rejection::bad_request("invalid patch format of primitive list");
    let name = list_name(directive, DELETE_PREFIX).ok_or_else(wrong)?;
    if let (Some(Value::Array(items)), Some(gone)) = (target.get_mut(name), gone.as_array()) {
        items.retain(|item| !gone.contains(item));
    }
    Ok(())
}

fn list_name<'d>(directive: &'d str, prefix: &str) -> Option<&'d str> {
    directive.strip_prefix(prefix)?.strip_prefix('/')
}

/// The value of a patch where there was none: without nulls and directives. `None` when it only removes.
fn plain(value: Value) -> Option<Value> {
    match value {
        Value::Object(fields) if fields.contains_key(DIRECTIVE) => None,
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Some(Value::Object(kept.filter_map(|(key, value)| Some((key, plain(value)?))).collect()))
        }
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(plain).collect())),
        leaf => Some(leaf),
    }
}

fn field<'s>(place: TypedValue<'s>, key: &str) -> Step<TypedValue<'s>> {
    if place.refuses(key) {
        let name = place.type_name();
        return Err(broken(format!("unable to find api field in struct {name} for the json field {key:?}")));
    }
    Ok(place.child(key))
}

fn strategy_is(place: TypedValue<'_>, wanted: &str) -> bool {
    place.patch().strategies.iter().find(|it| *it != "retainKeys").is_some_and(|it| it == wanted)
}

fn merge_key(place: TypedValue<'_>) -> Step<&str> {
    let missing = || Rejection::invalid("the server rejected our request due to an error in our request");
    place.patch().key.as_deref().ok_or_else(missing)
}

fn require_key(fields: &Fields, key: &str) -> Step<()> {
    if fields.contains_key(key) {
        return Ok(());
    }
    let map = Value::Object(fields.clone());
    Err(broken(format!("map: {map} does not contain declared merge key: {key}")))
}

/// Whether the lists contain objects. An error for items of different types and for lists of lists.
fn all_alike(left: &[Value], right: &[Value]) -> Step<bool> {
    let mut items = left.iter().chain(right);
    let Some(first) = items.next() else {
        return Err(broken("no elements in any of the given slices".to_owned()));
    };
    if first.is_array() {
        return Err(Rejection::invalid("the server rejected our request due to an error in our request"));
    }
    if items.any(|item| std::mem::discriminant(item) != std::mem::discriminant(first)) {
        return Err(broken("list element types are not identical".to_owned()));
    }
    Ok(first.is_object())
}

fn list_of(value: Value) -> Step<Vec<Value>> {
    match value {
        Value::Array(items) => Ok(items),
        _ => Err(broken("expected a []interface {}, but received another type".to_owned())),
    }
}

/// An error that the API server answers with 500 and plain text.
fn broken(message: String) -> Rejection {
    Rejection::new(500, "", message)
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
