//! Parses resource requests and limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::names;
use super::super::wrong::{invalid, invalid_value, required, undecodable};
use super::Reader;
use crate::yaml::Field;
use replank_world::vocab::quantity::{QuantityError, Resources, milli};

/// Requests that scoring assumes for containers without any (Kubernetes: `DefaultMilliCPURequest`,
/// `DefaultMemoryRequest`).
const SCORED_CPU_MILLI: i64 = 100;
const SCORED_MEMORY_BYTES: i64 = 200 << 20;

/// The requests of one container, or of a pod's overhead.
pub(super) struct Asked {
    /// Requests, or limits where a request is missing.
    pub(super) requests: Resources,
    /// The same with defaults for scoring.
    pub(super) nonzero: Resources,
    /// Whether neither cpu nor memory is requested.
    pub(super) nothing: bool,
}

/// Parses `resources` of a container.
pub(super) fn of_container(field: &Field<'_>, reader: &mut Reader<'_>) -> Asked {
    let (requests, limits) = (field.get("requests"), field.get("limits"));
    let (asked, capped) = (list(&requests, reader), list(&limits, reader));
    for (name, (_, amount)) in &capped {
        whole(&limits.get(name), name, *amount, reader);
        if !asked.contains_key(name) {
            // Requests that are left out are the limits (Kubernetes: `SetDefaults_Pod`).
            whole(&requests.get(name), name, *amount, reader);
        }
    }
    for (name, (text, amount)) in &asked {
        whole(&requests.get(name), name, *amount, reader);
        let Some((limit_text, limit)) = capped.get(name) else {
            if is_counted_out(name) {
                reader.wrong.push(required(&limits, "Limit must be set for non overcommitable resources"));
            }
            continue;
        };
        if amount > limit {
            let detail = format!("must be less than or equal to {name} limit of {limit_text}");
            reader.wrong.push(invalid_value(&requests, &format!("{text:?}"), &detail));
        } else if is_counted_out(name) && amount != limit {
            let detail = format!("must be equal to {name} limit of {limit_text}");
            reader.wrong.push(invalid_value(&requests, &format!("{text:?}"), &detail));
        }
    }
    let mut amounts: BTreeMap<Arc<str>, i128> = BTreeMap::new();
    amounts.extend(capped.into_iter().map(|(name, (_, amount))| (name, amount)));
    amounts.extend(asked.into_iter().map(|(name, (_, amount))| (name, amount)));
    let requests = sum(&amounts);
    let mut nonzero = requests.clone();
    if !amounts.contains_key("cpu") {
        nonzero.cpu_milli = SCORED_CPU_MILLI;
    }
    if !amounts.contains_key("memory") {
        nonzero.memory_bytes = SCORED_MEMORY_BYTES;
    }
    let nothing = !amounts.contains_key("cpu") && !amounts.contains_key("memory");
    Asked { requests, nonzero, nothing }
}

/// Parses a plain resource list, such as `overhead`.
pub(super) fn plain(field: &Field<'_>, reader: &mut Reader<'_>) -> Resources {
    let amounts = list(field, reader).into_iter().map(|(name, (_, amount))| (name, amount)).collect();
    sum(&amounts)
}

fn list(field: &Field<'_>, reader: &mut Reader<'_>) -> BTreeMap<Arc<str>, (String, i128)> {
    if field.value().is_some_and(|value| !value.is_object()) {
        reader.mistyped::<()>(field, "ResourceRequirements", "v1.ResourceList");
    }
    let mut amounts = BTreeMap::new();
    for (name, entry) in field.entries() {
        if let Some(detail) = names::qualified(name) {
            reader.wrong.push(invalid_value(&entry, &format!("{name:?}"), &detail));
        } else if !name.contains('/') && !is_standard(name) {
            let detail = "must be a standard resource type or fully qualified";
            reader.wrong.push(invalid_value(&entry, &format!("{name:?}"), detail));
        }
        if let Some((text, amount)) = quantity(&entry, reader) {
            if amount < 0 {
                reader.wrong.push(invalid(&entry, "must be greater than or equal to 0"));
            }
            amounts.insert(Arc::from(name), (text, amount.max(0)));
        }
    }
    amounts
}

/// Whether a resource cannot be overcommitted (Kubernetes: not `IsOvercommitAllowed`).
fn is_counted_out(name: &str) -> bool {
    is_extended(name) || name.starts_with("hugepages-")
}

/// Whether a resource is an extended one (Kubernetes: `IsExtendedResourceName`).
fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

/// Reports a fraction of an extended resource.
fn whole(field: &Field<'_>, name: &str, amount: i128, reader: &mut Reader<'_>) {
    if is_extended(name) && amount % 1000 != 0 {
        reader.wrong.push(invalid_value(field, &format!("\"{amount}m\""), "must be an integer"));
    }
}

fn is_standard(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage" | "storage") || name.starts_with("hugepages-")
}

/// A quantity in thousandths, with its text.
pub(super) fn quantity(field: &Field<'_>, reader: &mut Reader<'_>) -> Option<(String, i128)> {
    let text = match field.value()? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => {
            let text = format!("{}: {}", field.path(), QuantityError::Form);
            reader.wrong.push(undecodable(field, text));
            return None;
        }
    };
    match milli(&text) {
        Ok(amount) => Some((text, amount)),
        Err(error) => {
            reader.wrong.push(undecodable(field, format!("{}: {text:?}: {error}", field.path())));
            None
        }
    }
}

fn sum(amounts: &BTreeMap<Arc<str>, i128>) -> Resources {
    let mut resources = Resources::default();
    let clamp = |amount: i128| i64::try_from(amount).unwrap_or(i64::MAX >> 20);
    for (name, amount) in amounts {
        let units = clamp(amount.div_euclid(1000) + i128::from(amount.rem_euclid(1000) > 0));
        match name.as_ref() {
            "cpu" => resources.cpu_milli = clamp(*amount),
            "memory" => resources.memory_bytes = units,
            "ephemeral-storage" => resources.storage_bytes = units,
            _ => {
                resources.extended.insert(name.clone(), units);
            }
        }
    }
    resources
}
