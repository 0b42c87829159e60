//! The custom resources of group `replank.dev`, and their definitions as they are applied to a cluster.
//!
//! A definition grows without a conversion: a field is only ever added, as an optional one, and none changes its meaning.
//! What breaks that becomes another version.

mod condition;
mod node_group_update;
mod snapshot;
mod update_policy;
mod update_record;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Value, json};

pub(crate) use condition::timed;
pub use condition::{Condition, ConditionStatus, ConditionType};
pub use node_group_update::{
    FoundWait, LaunchTemplate, NodeCounts, NodeGroupUpdate, NodeGroupUpdateSpec, NodeGroupUpdateStatus,
    Order, PlanSummary, Strategy, UpdateOutcome,
};
pub use snapshot::{Doubt, FoundStall, PhaseDuration, ReportPlace, Snapshot, SnapshotSpec, SnapshotStatus};
pub use update_policy::{
    ApprovalRule, AtWindowEnd, ForceRule, Freeze, PolicyWindow, UpdatePolicy, UpdatePolicySpec,
    UpdatePolicyStatus,
};
pub use update_record::{AskedRecord, FactRecord, UpdateRecord, UpdateRecordSpec};

/// API group of the custom resources.
pub const GROUP: &str = "replank.dev";
/// Version of the API group.
pub const VERSION: &str = "v1alpha1";

/// The definitions, as objects to apply.
pub fn definitions() -> Vec<Value> {
    let all = [NodeGroupUpdate::crd(), UpdatePolicy::crd(), UpdateRecord::crd(), Snapshot::crd()];
    all.iter().map(definition).collect()
}

fn definition(crd: &CustomResourceDefinition) -> Value {
    let mut object = json!(crd);
    // Formats that the API server does not know make it print a warning at every apply.
    without_formats(&mut object);
    object
}

/// Takes out the formats of numbers that only generators of code know.
fn without_formats(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let unknown =
                fields.get("format").and_then(Value::as_str).is_some_and(|it| it.starts_with("uint"));
            if unknown {
                fields.remove("format");
            }
            fields.values_mut().for_each(without_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(without_formats),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_has_status_columns_and_rules() {
        for definition in definitions() {
            let version = &definition["spec"]["versions"][0];
            let is_record = definition["spec"]["names"]["kind"] == "UpdateRecord";
            assert!(is_record || version["subresources"]["status"].is_object(), "{definition}");
            assert!(
                version["additionalPrinterColumns"].as_array().is_some_and(|it| it.len() > 2),
                "{version}"
            );
            let text = definition.to_string();
            assert!(text.contains("x-kubernetes-validations") && !text.contains("\"uint"), "{text}");
            assert_eq!(definition["spec"]["scope"], "Cluster");
        }
    }
}
