//! Rules for the settings of node groups that the model does not have.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::EksError;
use replank_service::records::{ScalingConfig, Taint};

/// Most taints of a group (EKS: 50).
const TAINTS_MAX: usize = 50;
/// Label domains that users may not use.
const RESERVED: [&str; 3] = ["kubernetes.io/", "k8s.io/", "eks.amazonaws.com/"];

/// Parses a member; an absent one is the default.
pub(super) fn read<T: DeserializeOwned + Default>(value: &Value) -> Result<T, EksError> {
    match value {
        Value::Null => Ok(T::default()),
        value => T::deserialize(value).map_err(|error| EksError::invalid(error.to_string())),
    }
}

/// Refuses sizes that are not in order.
pub(super) fn sizes(sizes: ScalingConfig) -> Result<(), EksError> {
    let ScalingConfig { min_size, max_size, desired_size } = sizes;
    if min_size > desired_size {
        let said = format!("Minimum capacity {min_size} can't be greater than desired size {desired_size}");
        return Err(EksError::invalid(said));
    }
    if desired_size > max_size {
        let said = format!("desired capacity {desired_size} can't be greater than max size {max_size}");
        return Err(EksError::invalid(said));
    }
    Ok(())
}

/// Refuses labels that Kubernetes does not accept, and those in reserved domains.
pub(super) fn labels(labels: &BTreeMap<String, String>) -> Result<(), EksError> {
    for (key, value) in labels {
        pair("Label", key, value)?;
    }
    unreserved(labels.keys().map(String::as_str))
}

/// Refuses a key or value that Kubernetes does not accept for a label or taint.
fn pair(what: &str, key: &str, value: &str) -> Result<(), EksError> {
    let (domain, name) = key.split_once('/').map_or((None, key), |(domain, name)| (Some(domain), name));
    let is_domain = |text: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let part = |part: &str| {
            part.starts_with(plain) && part.ends_with(plain) && part.chars().all(|c| plain(c) || c == '-')
        };
        text.len() <= 253 && text.split('.').all(part)
    };
    if name.is_empty() || !is_name(name) || !domain.is_none_or(is_domain) {
        let said = format!(
            "{what} key '{key}' is invalid: a name of at most 63 letters, digits, '-', '_' and '.' that begins and ends \
             with a letter or a digit, behind a domain and '/' or not"
        );
        return Err(EksError::invalid(said));
    }
    if !is_name(value) {
        let said = format!(
            "{what} value '{value}' of {key} is invalid: at most 63 letters, digits, '-', '_' and '.' that begin and end \
             with a letter or a digit"
        );
        return Err(EksError::invalid(said));
    }
    Ok(())
}

/// Whether a text is a valid label value, or name part of a key (Kubernetes: `IsValidLabelValue`).
fn is_name(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    let good = |c: char| edge(c) || "-_.".contains(c);
    text.is_empty()
        || (text.len() <= 63 && text.starts_with(edge) && text.ends_with(edge) && text.chars().all(good))
}

/// Refuses keys in reserved domains.
pub(super) fn unreserved<'k>(mut keys: impl Iterator<Item = &'k str>) -> Result<(), EksError> {
    let domain = |key: &str| key.split_once('/').map(|(domain, _)| format!("{domain}/"));
    let is_reserved = |key: &str| {
        domain(key).is_some_and(|domain| {
            RESERVED.iter().any(|own| domain == *own || domain.ends_with(&format!(".{own}")))
        })
    };
    if keys.any(is_reserved) {
        let said = format!("Label cannot contain reserved prefixes [{}]", RESERVED.join(", "));
        return Err(EksError::invalid(said));
    }
    Ok(())
}

/// Parses taints; each must have a key and an effect.
pub(super) fn given_taints(value: &Value, member: &str) -> Result<Vec<Taint>, EksError> {
    for (at, taint) in value.as_array().into_iter().flatten().enumerate() {
        for name in ["key", "effect"] {
            if taint[name].is_null() {
                return Err(EksError::invalid(format!("{member}[{at}].{name} must be given")));
            }
        }
        let text = |name: &str| taint[name].as_str().unwrap_or_default();
        pair("Taint", text("key"), text("value"))?;
    }
    read(value)
}

/// Refuses warm pools that EKS does not support (EKS user guide: warm pools).
pub(super) fn warm_pool(given: &Value, ami_type: &str) -> Result<(), EksError> {
    if ami_type == "CUSTOM" && given["enabled"] == true {
        return Err(EksError::invalid("A warm pool cannot be used with a custom AMI."));
    }
    let is_bottlerocket = ami_type.starts_with("BOTTLEROCKET_");
    if is_bottlerocket && given["poolState"] == "HIBERNATED" {
        return Err(EksError::invalid("A warm pool of Bottlerocket nodes cannot be HIBERNATED."));
    }
    if is_bottlerocket && given["reuseOnScaleIn"] == true {
        return Err(EksError::invalid("A warm pool of Bottlerocket nodes cannot be reused on scale in."));
    }
    Ok(())
}

/// Refuses too many taints and repeated ones.
pub(super) fn taints(taints: &[Taint]) -> Result<(), EksError> {
    if taints.len() > TAINTS_MAX {
        return Err(EksError::invalid(format!("A node group can have at most {TAINTS_MAX} taints.")));
    }
    for (at, taint) in taints.iter().enumerate() {
        if taints[..at].iter().any(|other| other.key == taint.key && other.effect == taint.effect) {
            let said = format!("Taint {} with effect {} is given twice.", taint.key, taint.effect);
            return Err(EksError::invalid(said));
        }
    }
    Ok(())
}

/// Refuses node repair settings with both limits of a pair, and incomplete overrides.
pub(super) fn repair(given: &Value) -> Result<(), EksError> {
    for pair in [
        ["maxUnhealthyNodeThresholdCount", "maxUnhealthyNodeThresholdPercentage"],
        ["maxParallelNodesRepairedCount", "maxParallelNodesRepairedPercentage"],
    ] {
        if pair.iter().all(|name| !given[*name].is_null()) {
            return Err(EksError::invalid(format!("{} and {} cannot both be given", pair[0], pair[1])));
        }
    }
    let needed = ["nodeMonitoringCondition", "nodeUnhealthyReason", "minRepairWaitTimeMins", "repairAction"];
    for one in given["nodeRepairConfigOverrides"].as_array().into_iter().flatten() {
        if let Some(missing) = needed.iter().find(|name| one[**name].is_null()) {
            return Err(EksError::invalid(format!("nodeRepairConfigOverrides: {missing} must be given")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_in_order() {
        for (min, desired, max, said) in [
            (1, 2, 3, None),
            (0, 0, 1, None),
            (4, 3, 6, Some("Minimum capacity 4 can't be greater than desired size 3")),
            (1, 7, 6, Some("desired capacity 7 can't be greater than max size 6")),
        ] {
            let found = sizes(ScalingConfig { min_size: min, max_size: max, desired_size: desired });
            assert_eq!(found.err().map(|failure| failure.message).as_deref(), said);
        }
    }

    #[test]
    fn reserved_labels_are_refused() {
        for (key, allowed) in [
            ("team", true),
            ("example.com/team", true),
            ("eks.amazonaws.com/x", false),
            ("a b", false),
            ("a/b/c", false),
            ("/a", false),
            ("a/", false),
            ("Example.com/a", false),
            ("-a", false),
            ("node.kubernetes.io/x", false),
            ("notkubernetes.io/x", true),
        ] {
            let given = BTreeMap::from([(key.to_owned(), String::new())]);
            assert_eq!(labels(&given).is_ok(), allowed, "{key}");
        }
    }

    #[test]
    fn values_are_those_of_kubernetes() {
        for (value, allowed) in [("", true), ("a.B-1_c", true), ("a b", false), (".a", false), ("ä", false)]
        {
            let given = BTreeMap::from([("team".to_owned(), value.to_owned())]);
            assert_eq!(labels(&given).is_ok(), allowed, "{value}");
            let taint = serde_json::json!([{"key": "team", "value": value, "effect": "NO_SCHEDULE"}]);
            assert_eq!(given_taints(&taint, "taints").is_ok(), allowed, "{value}");
        }
    }

    #[test]
    fn taints_are_few_and_different() {
        let taint = |key: &str| Taint { key: key.into(), value: None, effect: "NO_SCHEDULE".into() };
        let many: Vec<Taint> = (0..51).map(|at| taint(&at.to_string())).collect();
        assert!(taints(&many[..50]).is_ok() && taints(&many).is_err());
        assert!(taints(&[taint("a"), taint("a")]).is_err());
    }
}
