//! Parses topology spread constraints and tolerations.

use super::super::wrong::{Wrong, invalid, invalid_value, required};
use super::Reader;
use super::selector::label_selector;
use crate::yaml::Field;
use replank_world::object::{Spread, SpreadWhen};
use replank_world::vocab::taint::{Effect, NOT_READY, Toleration, UNREACHABLE};

/// Parses `topologySpreadConstraints`.
pub(super) fn constraints(field: &Field<'_>, reader: &mut Reader<'_>) -> Vec<Spread> {
    const HOLDER: &str = "TopologySpreadConstraint";
    let items = reader.items(field, "PodSpec", "[]v1.TopologySpreadConstraint");
    let mut spreads: Vec<Spread> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        repeated(item, &items[at + 1..], reader);
        let skew = item.get("maxSkew");
        let max_skew = reader.int(&skew, HOLDER, "int32").unwrap_or(0);
        if max_skew <= 0 {
            let value = if skew.is_absent() { "0".to_owned() } else { max_skew.to_string() };
            reader.wrong.push(invalid_value(&skew, &value, "must be greater than zero"));
        }
        let topology_key = reader.required(&item.get("topologyKey"), HOLDER);
        let words = ["DoNotSchedule", "ScheduleAnyway"];
        let when = item.get("whenUnsatisfiable");
        if when.is_absent() {
            reader.wrong.push(required(&when, ""));
        }
        let when = match reader.one_of(&when, HOLDER, &words) {
            Some("ScheduleAnyway") => SpreadWhen::ScheduleAnyway,
            Some(_) | None => SpreadWhen::DoNotSchedule,
        };
        let domains = item.get("minDomains");
        let min_domains = reader.int(&domains, HOLDER, "int32");
        if min_domains.is_some_and(|count| count <= 0) {
            reader.wrong.push(invalid(&domains, "must be greater than zero"));
        } else if min_domains.is_some() && when == SpreadWhen::ScheduleAnyway {
            let detail = "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway";
            reader.wrong.push(invalid(&domains, detail));
        }
        let policies = ["Honor", "Ignore"];
        let affinity = reader.one_of(&item.get("nodeAffinityPolicy"), HOLDER, &policies);
        let taints = reader.one_of(&item.get("nodeTaintsPolicy"), HOLDER, &policies);
        spreads.push(Spread {
            max_skew,
            topology_key,
            when,
            selector: label_selector(&item.get("labelSelector"), reader),
            min_domains,
            honor_affinity: affinity != Some("Ignore"),
            honor_taints: taints == Some("Honor"),
            match_label_keys: reader.texts(&item.get("matchLabelKeys"), HOLDER),
        });
    }
    spreads
}

/// Refuses a constraint that a later one repeats (Kubernetes: `ValidateSpreadConstraintNotRepeat`).
fn repeated(item: &Field<'_>, later: &[Field<'_>], reader: &mut Reader<'_>) {
    let of = |item: &Field<'_>| {
        let text = |name: &str| item.get(name).text().map(str::to_owned);
        Some((text("topologyKey")?, text("whenUnsatisfiable")?))
    };
    let Some((key, when)) = of(item).filter(|one| later.iter().any(|other| of(other).as_ref() == Some(one)))
    else {
        return;
    };
    let text =
        format!("{}.{{topologyKey, whenUnsatisfiable}}: Duplicate value: \"{{{key}, {when}}}\"", item.path());
    reader.wrong.push(Wrong { place: item.place(), cause: Some("FieldValueDuplicate"), text });
}

/// Parses tolerations, without the default ones.
pub(super) fn tolerations(field: &Field<'_>, reader: &mut Reader<'_>) -> Vec<Toleration> {
    const HOLDER: &str = "Toleration";
    let mut tolerations = Vec::new();
    for item in reader.items(field, "PodSpec", "[]v1.Toleration") {
        let key = reader.shared(&item.get("key"), HOLDER).filter(|key| !key.is_empty());
        let operator = reader.one_of(&item.get("operator"), HOLDER, &["Equal", "Exists"]);
        let exists = operator == Some("Exists");
        let value = reader.shared(&item.get("value"), HOLDER);
        if key.is_none() && !exists {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            let value = format!("{:?}", operator.unwrap_or_default());
            reader.wrong.push(invalid_value(&item.get("operator"), &value, detail));
        }
        if exists && value.as_ref().is_some_and(|value| !value.is_empty()) {
            let detail = "value must be empty when `operator` is 'Exists'";
            reader.wrong.push(invalid(&item.get("operator"), detail));
        }
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        let given = item.get("effect");
        let effect = match given.text() {
            Some("") => None,
            _ => reader.one_of(&given, HOLDER, &effects).map(effect),
        };
        let seconds = reader.int(&item.get("tolerationSeconds"), HOLDER, "int64");
        if seconds.is_some() && effect != Some(Effect::NoExecute) {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            let value = format!("{:?}", given.text().unwrap_or_default());
            reader.wrong.push(invalid_value(&given, &value, detail));
        }
        tolerations.push(Toleration {
            key,
            value: if exists { None } else { Some(value.unwrap_or_default()) },
            effect,
            seconds,
        });
    }
    tolerations
}

fn effect(word: &str) -> Effect {
    match word {
        "NoExecute" => Effect::NoExecute,
        "PreferNoSchedule" => Effect::PreferNoSchedule,
        _ => Effect::NoSchedule,
    }
}

/// Adds tolerations of `not-ready` and `unreachable` for `seconds`, unless the pod has its own (Kubernetes:
/// `DefaultTolerationSeconds`).
pub(super) fn add_default_tolerations(tolerations: &mut Vec<Toleration>, seconds: i64) {
    for key in [NOT_READY, UNREACHABLE] {
        let known = tolerations.iter().any(|toleration| {
            toleration.key.as_ref().is_none_or(|known| known.as_ref() == key)
                && matches!(toleration.effect, None | Some(Effect::NoExecute))
        });
        if !known {
            tolerations.push(Toleration {
                key: Some(key.into()),
                value: None,
                effect: Some(Effect::NoExecute),
                seconds: Some(seconds),
            });
        }
    }
}
