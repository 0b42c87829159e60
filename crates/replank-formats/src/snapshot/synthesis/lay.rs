//! Merges a user's world file over what a snapshot tells: given values count, groups are matched by name.

use serde_json::{Value, json};

use super::{Census, LaidOver, SynthesisError};
use crate::yaml::{self, BadInput, Field, FilePosition};

/// Fields of a cluster that the snapshot alone defines.
const RUNS: [&str; 3] = ["workloads", "manifests", "addons"];

/// Merges `over` into `wanted`.
pub(crate) fn over(wanted: &mut Value, over: &LaidOver, census: &Census<'_>) -> Result<(), SynthesisError> {
    let docs = yaml::read(&over.file, &over.text)?;
    let doc = match docs.as_slice() {
        [] => return Ok(()),
        [doc] => doc,
        [_, second, ..] => {
            let message = "a world file is a single document".to_owned();
            return Err(BadInput::new(second.root().place(), message).into());
        }
    };
    let root = doc.root();
    let Some(fields) = doc.value().as_object() else {
        let message = "expected the fields of a world file".to_owned();
        return Err(BadInput::new(FilePosition::whole(&over.file), message).into());
    };
    for (name, value) in fields.iter().filter(|(name, _)| *name != "clusters") {
        merge(&mut wanted[name], value);
    }
    if let Some(runs) = root.get("timings").get("jobRuns").value() {
        // What the world's default stands for is said here, so it goes before what was seen.
        wanted["clusters"][0]["paces"] = json!([{"workload": "*/*", "runs": runs}]);
    }
    let clusters = root.get("clusters").items();
    if let Some(second) = clusters.get(1) {
        return Err(second.error("a snapshot is of one cluster; lay one over it").into());
    }
    clusters.first().map_or(Ok(()), |cluster| lay_cluster(&mut wanted["clusters"][0], cluster, over, census))
}

fn lay_cluster(
    wanted: &mut Value,
    cluster: &Field<'_>,
    over: &LaidOver,
    census: &Census<'_>,
) -> Result<(), SynthesisError> {
    for (name, field) in cluster.entries() {
        if RUNS.contains(&name) {
            let message = "what runs comes from the snapshot and cannot be laid over it; leave this out";
            return Err(field.error(message).into());
        }
        if name == "paces" {
            // Those of single workloads come before the one for all.
            let all = wanted[name].take();
            let given = field.value().and_then(Value::as_array).into_iter().flatten();
            wanted[name] = given.chain(all.as_array().into_iter().flatten()).cloned().collect();
        } else if name != "nodeGroups" {
            merge(&mut wanted[name], field.value().unwrap_or(&Value::Null));
        }
    }
    for group in cluster.get("nodeGroups").items() {
        let named = group.get("name").text().map(str::to_owned);
        let only = || {
            census.groups.keys().next().filter(|_| census.groups.len() == 1).map(|name| (*name).to_owned())
        };
        let known = || census.groups.keys().copied().collect::<Vec<_>>().join(", ");
        let Some(asked) = named.or_else(only) else {
            let message = format!("is missing; the snapshot has several node groups: {}", known());
            return Err(group.get("name").error(message).into());
        };
        let groups = wanted["nodeGroups"].as_array_mut().into_iter().flatten();
        let Some(there) = groups.into_iter().find(|there| there["name"] == *asked) else {
            return Err(SynthesisError::Unknown { file: over.file.clone(), asked, known: known() });
        };
        lay_group(there, &group);
    }
    Ok(())
}

/// Merges a group; values derived from a field that is given anew are dropped.
fn lay_group(there: &mut Value, group: &Field<'_>) {
    let follows = [
        ("instanceType", "capacity"),
        ("size", "zoneSizes"),
        ("zones", "zoneSizes"),
        ("imageType", "image"),
        ("imageType", "release"),
    ];
    for (given, following) in follows {
        if !group.get(given).is_absent() && group.get(following).is_absent() {
            there.as_object_mut().and_then(|fields| fields.shift_remove(following));
        }
    }
    for (name, field) in group.entries() {
        merge(&mut there[name], field.value().unwrap_or(&Value::Null));
    }
}

/// Merges mappings; any other value replaces the present one.
fn merge(into: &mut Value, value: &Value) {
    match (into, value) {
        (Value::Object(into), Value::Object(fields)) => {
            for (name, value) in fields {
                merge(into.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (into, value) => *into = value.clone(),
    }
}
