//! Properties of CloudFormation as members of EKS's requests, and what differs between two sets of them.

use serde_json::{Map, Value};

/// Members whose keys are the user's own.
const MAPS: [&str; 2] = ["Labels", "Tags"];
/// Members that are numbers, which templates may write as texts.
const NUMBERS: [&str; 13] = [
    "DesiredSize",
    "DiskSize",
    "MaxGroupPreparedCapacity",
    "MaxParallelNodesRepairedCount",
    "MaxParallelNodesRepairedPercentage",
    "MaxSize",
    "MaxUnavailable",
    "MaxUnavailablePercentage",
    "MaxUnhealthyNodeThresholdCount",
    "MaxUnhealthyNodeThresholdPercentage",
    "MinRepairWaitTimeMins",
    "MinSize",
    "TimeoutMinutes",
];

/// Names of the properties that differ, sorted.
pub fn changed(old: &Value, new: &Value) -> Vec<String> {
    let none = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&none), new.as_object().unwrap_or(&none));
    let mut names: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| !is_same(old.get(name), new.get(name)));
    names
}

/// Whether two values mean the same: `"2"` and `2` do, and so do `"true"` and `true`.
fn is_same(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            one.len() == other.len() && one.iter().all(|(name, it)| is_same(Some(it), other.get(name)))
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_same(Some(one), Some(other)))
        }
        (Some(one), Some(other)) => one == other || text(one).is_some_and(|it| Some(it) == text(other)),
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// A scalar as a text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A property as a member of a request: its name, and its value with the names and types of EKS.
pub(super) fn member(name: &str, value: &Value) -> (String, Value) {
    (small(name), converted(name, value))
}

/// A name with a small first letter.
pub(super) fn small(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn converted(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(members) if MAPS.contains(&name) => {
            members.iter().map(|(key, it)| (key.clone(), written(it))).collect::<Map<_, _>>().into()
        }
        Value::Array(pairs) if MAPS.contains(&name) => {
            let pairs =
                pairs.iter().filter_map(|it| Some((it["Key"].as_str()?.to_owned(), written(&it["Value"]))));
            pairs.collect::<Map<_, _>>().into()
        }
        // CloudFormation names the kinds of logs that are on; EKS lists kinds with a switch.
        Value::Object(members) if name == "ClusterLogging" => {
            let on = members.get("EnabledTypes").and_then(Value::as_array);
            let kinds: Vec<&Value> = on.into_iter().flatten().map(|it| &it["Type"]).collect();
            serde_json::json!([{ "types": kinds, "enabled": true }])
        }
        Value::Object(members) => {
            members.iter().map(|(name, it)| member(name, it)).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(|it| converted("", it)).collect(),
        Value::String(text) if NUMBERS.contains(&name) => {
            text.parse::<i64>().map_or_else(|_| value.clone(), Value::from)
        }
        Value::String(text) if name != "Value" && name != "ConfigurationValues" => match &**text {
            "true" => true.into(),
            "false" => false.into(),
            _ => value.clone(),
        },
        Value::Number(number) if name.ends_with("Version") => number.to_string().into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn written(value: &Value) -> Value {
    text(value).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_become_members() {
        let properties = json!({
            "Labels": {"Role": 1}, "Taints": [{"Key": "K", "Effect": "NO_SCHEDULE", "Value": "true"}],
            "ScalingConfig": {"MinSize": "2"}, "Tags": [{"Key": "A", "Value": "b"}], "Version": 1,
            "Logging": {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}]}}, "EndpointPublicAccess": "true",
        });
        let members = properties.as_object().unwrap().iter().map(|(name, it)| member(name, it));
        let wanted = json!({
            "labels": {"Role": "1"}, "taints": [{"key": "K", "effect": "NO_SCHEDULE", "value": "true"}],
            "scalingConfig": {"minSize": 2}, "tags": {"A": "b"}, "version": "1",
            "logging": {"clusterLogging": [{"types": ["api"], "enabled": true}]}, "endpointPublicAccess": true,
        });
        assert_eq!(Value::Object(members.collect()), wanted);
    }

    #[test]
    fn what_means_the_same_is_no_change() {
        let old = json!({"A": "2", "B": {"C": true}, "D": [1], "E": 1});
        let new = json!({"A": 2, "B": {"C": "true"}, "D": ["1", 2], "F": 1});
        assert_eq!(changed(&old, &new), ["D", "E", "F"]);
    }
}
