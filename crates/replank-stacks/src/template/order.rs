//! What a template's resources name of each other, and the order that follows.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::sub;
use crate::error::StackError;

/// Logical ids of all resources, each after those it depends on, otherwise as the template has them.
pub(super) fn order(whole: &Map<String, Value>) -> Result<Vec<String>, StackError> {
    let resources = whole.get("Resources").and_then(Value::as_object);
    let mut left: Vec<(&String, BTreeSet<String>)> = resources
        .into_iter()
        .flatten()
        .map(|(logical, it)| {
            let mut needs = needs(it);
            needs.retain(|name| resources.is_some_and(|all| all.contains_key(name)));
            (logical, needs)
        })
        .collect();
    let mut ordered: Vec<String> = Vec::with_capacity(left.len());
    let mut placed: BTreeSet<String> = BTreeSet::new();
    while !left.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(_, needs)| needs.is_subset(&placed));
        if ready.is_empty() {
            let names: Vec<&str> = waiting.iter().map(|(name, _)| name.as_str()).collect();
            return Err(StackError::invalid(format!(
                "Circular dependency between resources: [{}]",
                names.join(", ")
            )));
        }
        for (name, _) in ready {
            placed.insert(name.clone());
            ordered.push(name.clone());
        }
        left = waiting;
    }
    Ok(ordered)
}

/// What a resource depends on by `DependsOn` and by functions.
pub(super) fn needs(resource: &Value) -> BTreeSet<String> {
    names(resource, true).into_iter().filter(|name| !name.starts_with("AWS::")).collect()
}

/// Everything that a value refers to; of a resource (`has_depends_on`) what it depends on too.
pub(super) fn names(value: &Value, has_depends_on: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if has_depends_on {
        match &value["DependsOn"] {
            Value::String(name) => drop(found.insert(name.clone())),
            Value::Array(names) => found.extend(names.iter().filter_map(Value::as_str).map(str::to_owned)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
    }
    walk(value, &mut |name, argument| match name {
        "Ref" => found.extend(argument.as_str().map(str::to_owned)),
        "Fn::GetAtt" => found.extend(resource_of(argument)),
        "Fn::Sub" => {
            let (text, own) = sub::parts(argument);
            let named =
                sub::names(text).into_iter().filter(|name| own.is_none_or(|own| !own.contains_key(name)));
            found.extend(named.map(|name| name.split('.').next().unwrap_or_default().to_owned()));
        }
        _ => {}
    });
    found
}

/// Conditions that a value names.
pub(super) fn conditions(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // Of a resource or an output, `Condition` is an attribute; inside a condition it is a function.
    found.extend(value["Condition"].as_str().map(str::to_owned));
    walk(value, &mut |name, argument| match name {
        "Fn::If" => found.extend(argument[0].as_str().map(str::to_owned)),
        "Condition" => found.extend(argument.as_str().map(str::to_owned)),
        _ => {}
    });
    found
}

/// The resource that `Fn::GetAtt` asks.
pub(super) fn resource_of(argument: &Value) -> Option<String> {
    match argument {
        Value::String(text) => text.split('.').next().map(str::to_owned),
        Value::Array(parts) => parts.first().and_then(Value::as_str).map(str::to_owned),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Calls `see` with every function in a value: objects with one member.
fn walk(value: &Value, see: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            let mut of_function = members.iter().filter(|_| members.len() == 1);
            if let Some((name, argument)) = of_function.next()
                && (name == "Ref" || name == "Condition" || name.starts_with("Fn::"))
            {
                see(name, argument);
            }
            members.values().for_each(|it| walk(it, see));
        }
        Value::Array(items) => items.iter().for_each(|it| walk(it, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Resources that a value asks for an attribute.
pub(super) fn asked(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(value, &mut |name, argument| match name {
        "Fn::GetAtt" => found.extend(resource_of(argument)),
        "Fn::Sub" => {
            let named = sub::names(sub::parts(argument).0).into_iter();
            found.extend(named.filter_map(|name| Some(name.split_once('.')?.0.to_owned())));
        }
        _ => {}
    });
    found
}

/// Arguments of `Fn::ImportValue` in a value.
pub(super) fn imported(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    walk(value, &mut |name, argument| {
        if name == "Fn::ImportValue" {
            found.push(argument.clone());
        }
    });
    found
}
