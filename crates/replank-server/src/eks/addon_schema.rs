//! Schemas of the configuration values of add-ons, and values against them (EKS: `DescribeAddonConfiguration`).
//!
//! `data/addon-configuration.json` has the names and types of what the add-ons take, as their schemas of 2026 have them; of
//! what lies deeper (an affinity, a toleration) only the type. An add-on that it does not have takes anything.

use std::sync::LazyLock;

use serde_json::{Value, json};

static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../data/addon-configuration.json");
    serde_json::from_str(text).unwrap_or_default()
});

/// The schema of an add-on.
pub(super) fn of(addon: &str) -> Value {
    SCHEMAS.get(addon).cloned().unwrap_or_else(|| {
        json!({
            "$schema": "http://json-schema.org/draft-06/schema#",
            "type": "object",
            "additionalProperties": true,
        })
    })
}

/// What is wrong with a value, each with its path, in the words of the validator that EKS uses.
pub(super) fn violations(addon: &str, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit("$", value, &of(addon), &mut found);
    found
}

fn visit(path: &str, value: &Value, schema: &Value, found: &mut Vec<String>) {
    let wanted: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let kind = kind_of(value);
    let fits = |wanted: &&str| **wanted == *kind || (*wanted == "number" && kind == "integer");
    if !wanted.is_empty() && !wanted.iter().any(fits) {
        found.push(format!("{path}: {kind} found, {} expected", wanted.join(" or ")));
        return;
    }
    if let Some(allowed) = schema["enum"].as_array().filter(|allowed| !allowed.contains(value)) {
        let allowed: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        found.push(format!("{path}: does not have a value in the enumeration [{}]", allowed.join(", ")));
    }
    if let (Some(number), Some(least)) = (value.as_f64(), schema["minimum"].as_f64())
        && number < least
    {
        found.push(format!("{path}: must have a minimum value of {least}"));
    }
    for (name, inside) in value.as_object().into_iter().flatten() {
        let deeper = format!("{path}.{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(known), _) => visit(&deeper, inside, known, found),
            (None, Value::Bool(false)) => found.push(format!(
                "{deeper}: is not defined in the schema and the schema does not allow additional properties"
            )),
            (None, others @ Value::Object(_)) => visit(&deeper, inside, others, found),
            (None, _) => {}
        }
    }
    for (place, inside) in value.as_array().into_iter().flatten().enumerate() {
        visit(&format!("{path}[{place}]"), inside, &schema["items"], found);
    }
}

/// The type of a value, as JSON Schema names it.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_held_to_names_types_and_choices() {
        for (addon, value, wanted) in [
            ("coredns", json!({"replicaCount": 3, "resources": {"limits": {"memory": "1Gi"}}}), &[][..]),
            ("coredns", json!({"replicaCount": "3"}), &["$.replicaCount: string found, integer expected"]),
            ("coredns", json!({"replicaCount": -1}), &["$.replicaCount: must have a minimum value of 0"]),
            (
                "coredns",
                json!({"replicas": 3}),
                &[
                    "$.replicas: is not defined in the schema and the schema does not allow additional properties",
                ],
            ),
            ("coredns", json!({"tolerations": [1]}), &["$.tolerations[0]: integer found, object expected"]),
            (
                "kube-proxy",
                json!({"mode": "x"}),
                &["$.mode: does not have a value in the enumeration [iptables, ipvs, nftables]"],
            ),
            ("vpc-cni", json!({"env": {"A": "b", "C": 1, "D": true}}), &[]),
            ("vpc-cni", json!([]), &["$: array found, object expected"]),
            ("aws-ebs-csi-driver", json!({"anything": {"goes": 1}}), &[]),
        ] {
            assert_eq!(violations(addon, &value), wanted, "{addon} {value}");
        }
    }
}
