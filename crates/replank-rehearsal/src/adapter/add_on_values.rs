//! Configuration values of add-ons, as fields of their objects (EKS: `DescribeAddonConfiguration`).

use serde_json::{Value, json};

/// The annotation by which CoreDNS runs on Fargate or not.
const COMPUTE_TYPE: &str = "eks.amazonaws.com/compute-type";

/// The manifest with configuration values laid over it.
pub(super) fn configured(add_on: &str, mut manifest: Value, values: &Value) -> Value {
    let first = manifest["spec"]["template"]["spec"]["containers"][0]["name"].clone();
    if let Some(replicas) = values["replicaCount"].as_i64() {
        manifest["spec"]["replicas"] = replicas.into();
    }
    let template = &mut manifest["spec"]["template"];
    for (value, field) in [("podAnnotations", "annotations"), ("podLabels", "labels")] {
        for (key, text) in values[value].as_object().into_iter().flatten() {
            template["metadata"][field][key.as_str()] = text.clone();
        }
    }
    if let Some(kind) = values["computeType"].as_str() {
        template["metadata"]["annotations"][COMPUTE_TYPE] = kind.to_lowercase().into();
    }
    for field in ["nodeSelector", "tolerations", "affinity", "topologySpreadConstraints"] {
        if let Some(value) = values.get(field) {
            template["spec"][field] = value.clone();
        }
    }
    if let Some(resources) = values.get("resources") {
        template["spec"]["containers"][0]["resources"] = resources.clone();
    }
    if add_on == "vpc-cni" && values["env"].is_object() {
        let env = values["env"].as_object().into_iter().flatten();
        let env = env.map(|(name, value)| json!({"name": name, "value": text(value)})).collect::<Vec<_>>();
        template["spec"]["containers"][0]["env"] = env.into();
    }
    template["spec"]["containers"][0]["name"] = first;
    manifest
}

/// Variables of an environment are texts.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
