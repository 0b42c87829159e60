//! Converts pods and budgets of the API server to those of the core.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{NodeName, ObjectName, Uid};
use replank_core::observed::{
    Budget, Deleting, Owner, OwnerKind, Pod, PodPhase, Readiness, Tolerates, UnhealthyPolicy, gated,
};
use replank_engine::ports::{autoscaler, leader};
use serde_json::Value;

use super::labels::Labels;
use super::selector::Selector;
use super::wire::{self, Condition, Meta, OwnerReference};

/// Key of the taint that follows a cordon.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Waiting reasons of containers that are starting normally.
const STARTING: [&str; 2] = ["ContainerCreating", "PodInitializing"];
/// Default of `terminationGracePeriodSeconds` (Kubernetes).
const GRACE_SECONDS: i64 = 30;

/// The pod, without its budgets, and its labels.
pub(crate) fn pod(pod: wire::Pod) -> (Pod, Labels) {
    let wire::Pod { metadata, spec, status } = pod;
    let created_at = metadata.creation_timestamp.unwrap_or(Timestamp::UNIX_EPOCH);
    let unschedulable = condition(&status.conditions, "PodScheduled")
        .filter(|it| it.status == "False" && it.reason == "Unschedulable")
        .map(|it| it.message.clone());
    let grace = spec.termination_grace_period_seconds.unwrap_or(GRACE_SECONDS);
    let seen = Pod {
        name: ObjectName::new(metadata.namespace.clone(), metadata.name.clone()),
        uid: Uid(metadata.uid),
        created_at,
        node: spec.node_name.filter(|name| !name.is_empty()).map(NodeName::new),
        owner: metadata.owner_references.iter().find(|it| it.controller).map(owner),
        phase: phase(&status.phase),
        readiness: readiness(&status, &spec.scheduling_gates, created_at),
        deleting: deleting(&metadata),
        mirror: metadata.annotations.contains_key("kubernetes.io/config.mirror"),
        empty_dir: spec.volumes.iter().any(|volume| volume.empty_dir.is_some()),
        tolerates: tolerates(&spec.tolerations),
        keeps_node: keeps_node(&metadata),
        leads: leads(&metadata),
        budgets: Arc::from([]),
        unschedulable,
        grace_seconds: u32::try_from(grace).unwrap_or(0),
    };
    (seen, metadata.labels)
}

fn keeps_node(metadata: &Meta) -> bool {
    let owner = metadata.owner_references.iter().find(|it| it.controller).map(|it| &*it.name);
    autoscaler::keeps_node(|key| metadata.annotations.get(key).map(|value| &**value), owner)
}

fn leads(metadata: &Meta) -> bool {
    leader::by_labels(|key| metadata.labels.get(key).map(|value| &**value))
        || leader::by_annotations(|key| metadata.annotations.get(key).map(|value| &**value))
}

/// Which taints that keep pods off a node it tolerates (Kubernetes: `Toleration.ToleratesTaint`).
fn tolerates(tolerations: &[wire::Toleration]) -> Tolerates {
    let of_effect = |it: &&wire::Toleration| matches!(it.effect.as_str(), "" | "NoSchedule");
    let of_cordon =
        |it: &wire::Toleration| it.key == UNSCHEDULABLE && (it.operator == "Exists" || it.value.is_empty());
    let all =
        tolerations.iter().filter(of_effect).map(|it| match it.key.is_empty() && it.operator == "Exists" {
            true => Tolerates::Everything,
            false if of_cordon(it) => Tolerates::Cordon,
            false => Tolerates::Nothing,
        });
    all.max().unwrap_or(Tolerates::Nothing)
}

/// The budget and its selector.
pub(crate) fn budget(budget: wire::Budget) -> (Budget, Selector) {
    let wire::Budget { metadata, spec, status } = budget;
    let number = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let rule = match (&spec.min_available, &spec.max_unavailable) {
        (Some(least), _) => format!("minAvailable: {}", number(least)),
        (None, Some(most)) => format!("maxUnavailable: {}", number(most)),
        (None, None) => "neither minAvailable nor maxUnavailable".to_owned(),
    };
    let count = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
    let failed = condition(&status.conditions, "DisruptionAllowed")
        .filter(|it| it.status == "False" && it.reason == "SyncFailed");
    let seen = Budget {
        name: ObjectName::new(metadata.namespace.clone(), metadata.name.clone()),
        rule: rule.into(),
        allowed: count(status.disruptions_allowed),
        healthy: count(status.current_healthy),
        desired: count(status.desired_healthy),
        expected: count(status.expected_pods),
        synced: status.observed_generation >= metadata.generation,
        sync_failed: failed.map(|it| it.message.clone()),
        unhealthy_policy: match spec.unhealthy_pod_eviction_policy.as_deref() {
            Some("AlwaysAllow") => UnhealthyPolicy::AlwaysAllow,
            _ => UnhealthyPolicy::IfHealthyBudget,
        },
    };
    (seen, Selector::read(spec.selector.as_ref()))
}

fn condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|it| it.kind == kind)
}

fn owner(owner: &OwnerReference) -> Owner {
    Owner { kind: OwnerKind::named(&owner.api_version, &owner.kind), name: owner.name.clone() }
}

fn phase(phase: &str) -> PodPhase {
    match phase {
        "Running" => PodPhase::Running,
        "Succeeded" => PodPhase::Succeeded,
        "Failed" => PodPhase::Failed,
        // A pod whose kubelet is lost keeps the phase it had; one without any has not begun.
        _ => PodPhase::Pending,
    }
}

fn readiness(status: &wire::PodStatus, gates: &[wire::Gate], created_at: Timestamp) -> Readiness {
    let ready = condition(&status.conditions, "Ready");
    if ready.is_some_and(|it| it.status == "True") {
        return Readiness::Ready;
    }
    let containers = status.init_container_statuses.iter().chain(&status.container_statuses);
    let why = containers
        .filter_map(|it| it.state.waiting.as_ref())
        .map(|waiting| waiting.reason.clone())
        .find(|reason| !reason.is_empty() && !STARTING.contains(&&**reason));
    let since = ready.and_then(|it| it.last_transition_time).unwrap_or(created_at);
    let held = || gated(gates.iter().map(|gate| &*gate.name));
    Readiness::NotReady { since, why: why.or_else(held) }
}

/// The deletion under way. The timestamp is the end of the grace period, so it was asked for one grace period earlier.
fn deleting(meta: &Meta) -> Option<Deleting> {
    let until = meta.deletion_timestamp?;
    let grace = SignedDuration::from_secs(meta.deletion_grace_period_seconds.unwrap_or(0));
    let since = until.checked_sub(grace).unwrap_or(until);
    Some(Deleting { since, until, finalizers: meta.finalizers.clone().into() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(object: Value) -> Pod {
        pod(serde_json::from_value(object).unwrap()).0
    }

    #[test]
    fn a_pod_is_read_with_what_decides() {
        let pod = read(json!({
            "metadata": {
                "name": "web-1", "namespace": "shop", "uid": "12345678-9abc-4def-8123-456789abcdef",
                "creationTimestamp": "2026-11-05T10:00:00Z", "deletionTimestamp": "2026-11-05T10:05:30Z",
                "deletionGracePeriodSeconds": 30, "finalizers": ["example.com/hold"],
                "ownerReferences": [{"kind": "Thing", "name": "a"}, {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": true}],
            },
            "spec": {
                "nodeName": "node-1", "terminationGracePeriodSeconds": 45, "volumes": [{"name": "tmp", "emptyDir": {}}],
                "tolerations": [{"operator": "Exists"}],
            },
            "status": {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-05T10:01:00Z"}],
                "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}],
            },
        }));
        assert_eq!(pod.uid.to_string(), "12345678-9abc-4def-8123-456789abcdef");
        assert_eq!(pod.owner, Some(Owner { kind: OwnerKind::ReplicaSet, name: "web".into() }));
        let deleting = pod.deleting.unwrap();
        assert_eq!(deleting.since.to_string(), "2026-11-05T10:05:00Z");
        assert_eq!(deleting.until.to_string(), "2026-11-05T10:05:30Z");
        assert!(pod.empty_dir && pod.tolerates == Tolerates::Everything && !pod.mirror);
        assert_eq!(pod.grace_seconds, 45);
        let since = "2026-11-05T10:01:00Z".parse().unwrap();
        assert_eq!(pod.readiness, Readiness::NotReady { since, why: Some("ImagePullBackOff".into()) });
    }

    #[test]
    fn a_pod_that_is_not_scheduled_names_its_gates() {
        let pod = read(json!({
            "metadata": {"uid": "1"}, "spec": {"schedulingGates": [{"name": "a.io/x"}, {"name": "a.io/y"}]},
            "status": {"phase": "Pending"},
        }));
        let why = Some("SchedulingGated: a.io/x, a.io/y".into());
        assert!(matches!(pod.readiness, Readiness::NotReady { why: said, .. } if said == why));
    }

    #[test]
    fn owners_are_told_with_their_group() {
        let kind = |api_version: &str, kind: &str| {
            let owner =
                json!({"apiVersion": api_version, "kind": kind, "name": "o", "uid": "2", "controller": true});
            let pod = read(json!({"metadata": {"uid": "1", "ownerReferences": [owner]}}));
            pod.owner.unwrap().kind
        };
        assert_eq!(kind("apps/v1", "DaemonSet"), OwnerKind::DaemonSet);
        assert_eq!(kind("apps.kruise.io/v1alpha1", "DaemonSet"), OwnerKind::Other("DaemonSet".into()));
        assert_eq!(kind("apps.kruise.io/v1beta1", "StatefulSet"), OwnerKind::Other("StatefulSet".into()));
        assert_eq!(kind("batch/v1", "Job"), OwnerKind::Job);
        assert_eq!(kind("batch.volcano.sh/v1alpha1", "Job"), OwnerKind::Other("Job".into()));
        assert_eq!(kind("v1", "Node"), OwnerKind::Node);
    }

    #[test]
    fn a_toleration_of_one_effect_is_not_one_of_all() {
        let tolerates = |tolerations: Value| {
            read(json!({"metadata": {"uid": "1"}, "spec": {"tolerations": tolerations}})).tolerates
        };
        let cordon = "node.kubernetes.io/unschedulable";
        assert_eq!(tolerates(json!([{"operator": "Exists", "effect": "NoSchedule"}])), Tolerates::Everything);
        assert_eq!(tolerates(json!([{"operator": "Exists", "effect": "NoExecute"}])), Tolerates::Nothing);
        assert_eq!(tolerates(json!([{"key": "a", "operator": "Exists"}])), Tolerates::Nothing);
        assert_eq!(tolerates(json!([{"key": cordon, "operator": "Exists"}])), Tolerates::Cordon);
        assert_eq!(
            tolerates(json!([{"key": cordon}])),
            Tolerates::Cordon,
            "an empty value equals the taint's"
        );
        assert_eq!(tolerates(json!([{"key": cordon, "value": "x"}])), Tolerates::Nothing);
    }

    #[test]
    fn a_budget_tells_its_rule_and_whether_its_numbers_are_of_today() {
        let object = json!({
            "metadata": {"name": "web", "namespace": "shop", "uid": "1", "generation": 2},
            "spec": {"maxUnavailable": "25%", "selector": {"matchLabels": {"app": "web"}}},
            "status": {
                "disruptionsAllowed": 1, "currentHealthy": 4, "desiredHealthy": 3, "expectedPods": 4,
                "observedGeneration": 1,
                "conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed", "message": "no scale"}],
            },
        });
        let (budget, _) = budget(serde_json::from_value(object).unwrap());
        assert_eq!(&*budget.rule, "maxUnavailable: 25%");
        assert_eq!((budget.allowed, budget.healthy, budget.desired, budget.expected), (1, 4, 3, 4));
        assert!(!budget.synced);
        assert_eq!(budget.sync_failed.as_deref(), Some("no scale"));
    }
}
