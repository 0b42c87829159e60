//! What a person would do by hand so that an update of somebody else goes on (`--assist`, for groups that EKS updates):
//! only what lets a pod leave inside its budget, and only where an eviction of EKS waits for it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::evacuate::{Evacuated, Evacuation};
use crate::action::{ActionKey, ClusterAction, PodId};
use crate::names::ObjectName;
use crate::node_group::wait::{BudgetWait, On};
use crate::observed::{Observation, OwnerKind, Pod, Readiness};
use crate::safety::budget::{Verdict, check};

/// The kubelet's reason for a container that keeps ending (Kubernetes: back-off from 10 s to 5 min).
const CRASH_LOOP: &str = "CrashLoopBackOff";
/// How long a pod is not Ready before a new one in its place would start sooner than its own next try: by then the
/// back-off is at 40 s or more.
const STARTS_SOONER: SignedDuration = SignedDuration::from_mins(1);
/// How often the pods of one owner are restarted; what still crashes then, crashes for another reason.
const RESTARTS_MAX: u32 = 3;
/// How long after a refusal the same pod is asked again.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What may be done, and what was done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assisted {
    /// Deployments that a person named and that were not raised yet.
    pub raises: BTreeSet<ObjectName>,
    /// How often pods of an owner were restarted, by namespace and name of the owner.
    pub restarts: BTreeMap<ObjectName, u32>,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assist {
    /// Ask a pod to leave that only waits for EKS's next try.
    Evict(ClusterAction),
    /// Ask a replacement to leave whose container keeps ending, so that its owner makes another one at once.
    Restart {
        /// The eviction, which the server refuses where the budget does.
        act: ClusterAction,
        /// Namespace and name of the pod's owner.
        owner: ObjectName,
        /// The budget that counts the pod as missing.
        budget: ObjectName,
    },
    /// Give a Deployment one more replica.
    Raise {
        /// The Deployment, one of [`Assisted::raises`].
        deployment: ObjectName,
        /// The budget that would allow a disruption then.
        budget: ObjectName,
    },
}

/// What helps now with what holds up the nodes of `evacuation`.
pub fn assist(
    evacuation: &Evacuation,
    evacuated: &Evacuated,
    assisted: &Assisted,
    seen: &Observation,
    now: Timestamp,
) -> Vec<Assist> {
    let is_eviction = |act: &&ClusterAction| matches!(act, ClusterAction::Evict { .. });
    let mut found: Vec<Assist> =
        evacuated.act.iter().filter(is_eviction).cloned().map(Assist::Evict).collect();
    let held = evacuated.waits.iter().filter_map(|wait| match &wait.on {
        On::Budget(held) | On::BudgetNever(held) => Some(held),
        _ => None,
    });
    let mut done: BTreeSet<&ObjectName> = BTreeSet::new();
    for held in held.filter(|held| done.insert(&held.budget)) {
        found.extend(restart(held, evacuation, assisted, seen, now));
        found.extend(raise(held, evacuation, assisted, seen));
    }
    found
}

/// The first replacement under the budget that crashes and may leave.
fn restart(
    held: &BudgetWait,
    evacuation: &Evacuation,
    assisted: &Assisted,
    seen: &Observation,
    now: Timestamp,
) -> Option<Assist> {
    seen.pods.unhealthy_under(&held.budget).find_map(|pod| {
        let crashes = matches!(&pod.readiness, Readiness::NotReady { since, why: Some(why) }
            if &**why == CRASH_LOOP && now.duration_since(*since) >= STARTS_SOONER);
        let is_on_its_way = pod.node.as_ref().is_none_or(|node| evacuation.nodes.contains_key(node));
        let owner = pod
            .owner
            .as_ref()
            .filter(|owner| matches!(owner.kind, OwnerKind::ReplicaSet | OwnerKind::StatefulSet))?;
        let owner = ObjectName::new(pod.name.namespace.clone(), owner.name.clone());
        let is_spent = assisted.restarts.get(&owner).is_some_and(|count| *count >= RESTARTS_MAX);
        let asked = seen.answers.get(&ActionKey::Evict(pod.uid));
        let is_asked = asked.is_some_and(|attempt| now < attempt.at + ASK_AGAIN);
        let may_leave = pod.deleting.is_none() && check(pod, &seen.pods) == Verdict::Free;
        (crashes && may_leave && !is_on_its_way && !is_spent && !is_asked).then(|| Assist::Restart {
            act: ClusterAction::Evict {
                pod: PodId { name: pod.name.clone(), uid: pod.uid },
                grace_seconds: None,
            },
            owner,
            budget: held.budget.clone(),
        })
    })
}

/// The Deployment of a pod that the budget holds, if it was named and one replica more lets the budget give one.
fn raise(
    held: &BudgetWait,
    evacuation: &Evacuation,
    assisted: &Assisted,
    seen: &Observation,
) -> Option<Assist> {
    if !allows_with_one_more(held) {
        return None;
    }
    let pods = evacuation.nodes.keys().flat_map(|node| seen.pods.on_node(node));
    let mut held_up = pods.filter(|pod| pod.budgets.contains(&held.budget));
    held_up.find_map(|pod| {
        let deployment = assisted.raises.iter().find(|named| is_of(pod, named))?.clone();
        Some(Assist::Raise { deployment, budget: held.budget.clone() })
    })
}

/// Whether a pod is one of the Deployment's: its ReplicaSets are called as it is, with the hash of their template
/// behind (Kubernetes: deployment controller).
fn is_of(pod: &Pod, deployment: &ObjectName) -> bool {
    let Some(owner) = pod.owner.as_ref().filter(|owner| owner.kind == OwnerKind::ReplicaSet) else {
        return false;
    };
    let hash = owner.name.strip_prefix(&*deployment.name).and_then(|rest| rest.strip_prefix('-'));
    pod.name.namespace == deployment.namespace
        && hash.is_some_and(|hash| !hash.is_empty() && !hash.contains('-'))
}

/// Whether the budget allows a disruption once there is one more pod, and healthy (Kubernetes: disruption controller,
/// which rounds percentages up).
fn allows_with_one_more(held: &BudgetWait) -> bool {
    let (healthy, expected) = (u64::from(held.healthy) + 1, u64::from(held.expected) + 1);
    let Some((kind, number)) = held.rule.split_once(": ") else { return false };
    let of = |number: &str| match number.strip_suffix('%') {
        Some(percent) => percent.parse::<u64>().ok().map(|percent| (percent * expected).div_ceil(100)),
        None => number.parse::<u64>().ok(),
    };
    let desired = match (kind, of(number)) {
        ("minAvailable", Some(least)) => least,
        ("maxUnavailable", Some(most)) => expected.saturating_sub(most),
        _ => return false,
    };
    healthy > desired
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::names::{NodeName, Uid};
    use crate::node_group::spec::Limits;
    use crate::observed::{Budget, Owner, PodPhase, Tolerates, UnhealthyPolicy};
    use crate::pod_rules::PodRules;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn pod(uid: u128, node: &str, readiness: Readiness) -> Pod {
        Pod {
            name: ObjectName::new("shop", format!("web-5d4-{uid}")),
            uid: Uid(uid),
            created_at: at(0),
            node: Some(NodeName::from(node)),
            owner: Some(Owner { kind: OwnerKind::ReplicaSet, name: "web-5d4".into() }),
            phase: PodPhase::Running,
            readiness,
            deleting: None,
            mirror: false,
            empty_dir: false,
            tolerates: Tolerates::Nothing,
            keeps_node: false,
            leads: false,
            budgets: Arc::from([ObjectName::new("shop", "web")]),
            unschedulable: None,
            grace_seconds: 30,
        }
    }

    fn budget(rule: &str, healthy: u32, desired: u32, expected: u32) -> Budget {
        Budget {
            name: ObjectName::new("shop", "web"),
            rule: rule.into(),
            allowed: 0,
            healthy,
            desired,
            expected,
            synced: true,
            sync_failed: None,
            unhealthy_policy: UnhealthyPolicy::IfHealthyBudget,
        }
    }

    fn found(budget: Budget, pods: Vec<Pod>, assisted: &Assisted, now: i64) -> Vec<Assist> {
        let mut seen = Observation { cluster_read: crate::observed::Read::Fresh, ..Observation::default() };
        seen.pods.put_budget(budget);
        pods.into_iter().for_each(|pod| seen.pods.put(pod));
        let nodes = [(NodeName::from("old"), (at(0), None))].into();
        let evacuation = Evacuation { nodes, rules: PodRules::default(), limits: Limits::default() };
        let evacuated = super::super::evacuate(&evacuation, &seen, at(now));
        assist(&evacuation, &evacuated, assisted, &seen, at(now))
    }

    fn crashing() -> Readiness {
        Readiness::NotReady { since: at(0), why: Some(CRASH_LOOP.into()) }
    }

    #[test]
    fn a_replacement_that_crashes_is_restarted_as_long_as_the_budget_lets_it_and_three_times() {
        let pods = || vec![pod(1, "old", Readiness::Ready), pod(2, "new", crashing())];
        let none = Assisted::default();
        let restarts = |found: Vec<Assist>| -> Vec<u128> {
            found
                .into_iter()
                .filter_map(|one| match one {
                    Assist::Restart { act: ClusterAction::Evict { pod, .. }, .. } => Some(pod.uid.0),
                    _ => None,
                })
                .collect()
        };
        assert_eq!(restarts(found(budget("minAvailable: 1", 1, 1, 2), pods(), &none, 61)), [2]);
        let early = found(budget("minAvailable: 1", 1, 1, 2), pods(), &none, 59);
        assert_eq!(restarts(early), [0_u128; 0], "its own next try is sooner");
        let short = found(budget("minAvailable: 2", 1, 2, 2), pods(), &none, 61);
        assert_eq!(restarts(short), [0_u128; 0], "the budget forbids it");
        let owner = ObjectName::new("shop", "web-5d4");
        let often = Assisted { restarts: [(owner, RESTARTS_MAX)].into(), ..Assisted::default() };
        assert_eq!(restarts(found(budget("minAvailable: 1", 1, 1, 2), pods(), &often, 61)), [0_u128; 0]);
        let leaving = vec![pod(1, "old", Readiness::Ready), pod(2, "old", crashing())];
        let there = found(budget("minAvailable: 1", 1, 1, 2), leaving, &none, 61);
        assert_eq!(restarts(there), [0_u128; 0], "it leaves with its node");
    }

    #[test]
    fn a_deployment_is_raised_if_it_was_named_and_if_that_helps() {
        let named =
            |name: &str| Assisted { raises: [ObjectName::new("shop", name)].into(), ..Assisted::default() };
        let raised = |rule: &str, desired, assisted: &Assisted| {
            let pods = vec![pod(1, "old", Readiness::Ready), pod(2, "old", Readiness::Ready)];
            let found = found(budget(rule, 2, desired, 2), pods, assisted, 30);
            found.iter().any(|one| matches!(one, Assist::Raise { .. }))
        };
        assert!(raised("minAvailable: 2", 2, &named("web")));
        assert!(!raised("minAvailable: 2", 2, &Assisted::default()), "nobody named it");
        assert!(!raised("minAvailable: 2", 2, &named("we")), "another one");
        assert!(!raised("minAvailable: 2", 2, &named("web-5d4")), "a ReplicaSet is none");
        assert!(!raised("maxUnavailable: 0", 2, &named("web")), "no number of pods helps");
        assert!(!raised("minAvailable: 100%", 2, &named("web")));
        assert!(raised("minAvailable: 60%", 2, &named("web")), "2 of 2, but 2 of 3");
    }
}
