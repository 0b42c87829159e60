//! Disruption budgets.

use replank_world::object::{Budget, BudgetCondition, Keep, UnhealthyPolicy};
use serde_json::{Map, Value, json};

use super::meta::meta;
use super::selector::{amount, selector};
use super::{View, whole};

/// A disruption budget.
pub(super) fn budget(view: View<'_>, budget: &Budget) -> Value {
    let mut spec = budget.raw["spec"].as_object().cloned().unwrap_or_default();
    spec.remove("minAvailable");
    spec.remove("maxUnavailable");
    match budget.keep {
        Keep::MinAvailable(kept) => drop(spec.insert("minAvailable".into(), amount(kept))),
        Keep::MaxUnavailable(away) => drop(spec.insert("maxUnavailable".into(), amount(away))),
        Keep::Unset => {}
    }
    if let Some(wanted) = budget.selector.as_ref().filter(|_| !spec.contains_key("selector")) {
        spec.insert("selector".into(), selector(wanted));
    }
    if budget.unhealthy == UnhealthyPolicy::AlwaysAllow {
        spec.insert("unhealthyPodEvictionPolicy".into(), json!("AlwaysAllow"));
    }
    let status = &budget.status;
    let disrupted: Map<String, Value> =
        status.disrupted.iter().map(|(name, at)| (name.to_string(), view.time(*at))).collect();
    let mut out = json!({
        "currentHealthy": status.healthy, "desiredHealthy": status.desired, "disruptionsAllowed": status.allowed,
        "expectedPods": status.expected, "observedGeneration": status.observed,
    });
    if !disrupted.is_empty() {
        out["disruptedPods"] = Value::Object(disrupted);
    }
    if let Some(condition) = &status.condition {
        let (is, reason, message) = match condition {
            BudgetCondition::SufficientPods => ("True", "SufficientPods", ""),
            BudgetCondition::InsufficientPods => ("False", "InsufficientPods", ""),
            BudgetCondition::SyncFailed(message) => ("False", "SyncFailed", &**message),
        };
        out["conditions"] = json!([{
            "type": "DisruptionAllowed", "status": is, "reason": reason, "message": message,
            "observedGeneration": status.observed, "lastTransitionTime": view.time(budget.meta.created_at),
        }]);
    }
    whole(meta(view, &budget.meta), spec, out)
}
