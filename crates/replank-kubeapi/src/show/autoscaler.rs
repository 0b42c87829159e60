//! Versions 1 and 2 of `HorizontalPodAutoscaler`: stored as version 2, converted for clients of version 1.
//!
//! Kubernetes: conversion of `autoscaling`. Version 1 has one metric, CPU.

use serde_json::{Value, json};

const CPU: &str = "targetCPUUtilizationPercentage";

/// Converts any version to version 2.
pub(crate) fn to_version_2(object: &mut Value) {
    let Some(spec) = object["spec"].as_object_mut() else { return };
    if spec.get("minReplicas").is_none_or(Value::is_null) {
        spec.insert("minReplicas".to_owned(), json!(1));
    }
    if let Some(target) = spec.shift_remove(CPU) {
        spec.insert(
            "metrics".to_owned(),
            json!([{"type": "Resource", "resource": {
                "name": "cpu", "target": {"type": "Utilization", "averageUtilization": target},
            }}]),
        );
    } else if !spec.contains_key("metrics") {
        spec.insert(
            "metrics".to_owned(),
            json!([{"type": "Resource", "resource": {
                "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80},
            }}]),
        );
    }
}

/// Converts version 2 to version 1.
pub(super) fn to_version_1(object: &mut Value) {
    let Some(spec) = object["spec"].as_object_mut() else { return };
    let metrics = spec.shift_remove("metrics").unwrap_or_default();
    spec.shift_remove("behavior");
    let cpu = metrics.as_array().into_iter().flatten().find(|metric| metric["resource"]["name"] == "cpu");
    let target = cpu.map(|cpu| cpu["resource"]["target"]["averageUtilization"].clone());
    if let Some(target) = target.filter(|target| !target.is_null()) {
        spec.insert(CPU.to_owned(), target);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn one_version_becomes_the_other_and_back() {
        let old = json!({"spec": {"maxReplicas": 3, "minReplicas": 1, "targetCPUUtilizationPercentage": 60}});
        let mut object = old.clone();
        super::to_version_2(&mut object);
        assert_eq!(object["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 60);
        let new = object.clone();
        super::to_version_2(&mut object);
        assert_eq!(object, new);
        super::to_version_1(&mut object);
        assert_eq!(object, old);
    }
}
