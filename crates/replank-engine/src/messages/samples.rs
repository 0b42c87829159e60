//! One value of every kind: the examples of the reference pages, and what the tests write out and read back.

mod join;
mod problems;

use std::sync::Arc;

use jiff::Timestamp;
use replank_core::names::{InstanceId, NodeName, ObjectName};
use replank_core::node_group::event::{Chosen, Event, Fact, LostNode, Measured};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::problem::{Failure, FailureCode, KeptBecause, Outcome, Why};
use replank_core::node_group::wait::{BudgetWait, On, Side, Unhealthy, Wait};
use replank_core::observed::{
    Closing, Closure, Effect, JoinTrouble, LaunchTrouble, Lost, Placement, Readiness, TO_BE_DELETED, Taint,
    Tolerates,
};
use replank_core::pod_rules::LossKind;
use replank_core::sizes::Sizes;
use replank_core::version::Minor;

pub(crate) use problems::problems;

/// 2026-11-21 at `minute` past twelve, UTC.
pub(crate) fn at(minute: i64) -> Timestamp {
    Timestamp::constant(1_795_262_400 + minute * 60, 0)
}

/// The time at which the samples are looked at.
pub(crate) fn now() -> Timestamp {
    at(18)
}

/// Every kind of wait, some in several shapes.
pub(crate) fn waits() -> Vec<Wait> {
    let of_update = [
        reading(Side::Cluster, "connection refused"),
        reading(Side::Cloud, "no answer within 20 s"),
        On::TemplateVersion,
        On::GroupPointed,
        On::SizesTaken,
        On::Unanswered,
        On::NodesJoining {
            joining: vec!["i-0a1".into(), "i-0a2".into()],
            joining_count: 3,
            unlaunched: 1,
            zones_without: vec!["us-west-2c".into()],
        },
        launches(LaunchTrouble::NoCapacity, "We currently do not have sufficient m5.large capacity"),
        launches(LaunchTrouble::Quota, "You have requested more vCPU capacity than your current vCPU limit"),
        launches(LaunchTrouble::NoAddresses, "There are not enough free addresses in subnet 'subnet-0c'"),
        launches(LaunchTrouble::ImageGone, "The image id '[ami-0f]' does not exist"),
        launches(LaunchTrouble::Other, "You are not authorized to use launch template lt-0f"),
        On::Guarding { nodes: 3 },
        On::Unmarking { nodes: 1 },
        On::Replacements { missing: 2, batch: 2 },
        On::Paused,
        place(Placement::Lacking {
            pod: ObjectName::new("shop", "cart-0"),
            more_pods: 1,
            message: "0/5 nodes are available: 5 Insufficient cpu.".into(),
        }),
        place(Placement::Stranded {
            zone: "us-west-2c".into(),
            claim: ObjectName::new("shop", "data-db-0"),
            more_claims: 2,
        }),
        place(Placement::CannotTell("persistentvolumes is forbidden".to_owned())),
        no_room("web-1", 0),
        no_room("web-1", 2),
    ];
    let patience = |on: &On| match on {
        On::NodesJoining { .. } | On::Launches { .. } | On::Place { .. } => Some(at(31)),
        _ => None,
    };
    let not_joining = join::troubles()
        .into_iter()
        .map(|trouble| On::NotJoining { instance: InstanceId::new("i-0a1"), trouble });
    let update = of_update.into_iter().chain(not_joining).map(|on| Wait {
        node: None,
        since: Some(at(16)),
        again: None,
        until: patience(&on),
        on,
    });
    update.chain(of_nodes()).chain(of_pods()).collect()
}

fn no_room(pod: &str, more_pods: u32) -> On {
    let message = "0/5 nodes are available: 5 Insufficient cpu.".into();
    On::NoRoom { pod: ObjectName::new("shop", pod), more_pods, message }
}

fn place(placement: Placement) -> On {
    On::Place { instance: "i-0b1".into(), placement, nodes: 2 }
}

fn of_nodes() -> impl Iterator<Item = Wait> {
    let cordon = Closure { what: Closing::Cordon, by: Some("kubectl-cordon".into()), since: Some(at(16)) };
    let doomed = Taint { key: TO_BE_DELETED.into(), effect: Effect::NoSchedule };
    let doomed =
        Closure { what: Closing::Taint(doomed), by: Some("cluster-autoscaler".into()), since: Some(at(15)) };
    let rows = [
        (lost(Lost::Deleted, Some("cluster-autoscaler")), Some(at(31))),
        (lost(Lost::Deleted, None), Some(at(31))),
        (lost(Lost::NotReady, None), Some(at(31))),
        (lost(Lost::Silent, None), Some(at(31))),
        (lost(Lost::Unlabelled, None), None),
        (On::Closed { closures: vec![cordon.clone()] }, None),
        (On::Closed { closures: vec![doomed, cordon] }, None),
        (On::Cordon, Some(at(31))),
        (On::Uncordoned { by: Some("cluster-autoscaler".into()) }, Some(at(31))),
        (On::Uncordoned { by: None }, Some(at(31))),
        (On::Hold { reason: "debugging".to_owned() }, None),
        (On::DrainedByHand { by: "process 4711 on ws1".to_owned() }, None),
        (On::Deregistering, Some(at(19))),
        (On::InstanceLeaving { instance: "i-0b1".into() }, None),
        (On::Occupied { instance: "i-0b1".into(), pod: ObjectName::new("shop", "cart-0") }, None),
        (
            On::TerminateRefused {
                instance: "i-0b1".into(),
                message: "You are not authorized to perform this operation.".to_owned(),
            },
            None,
        ),
    ];
    rows.into_iter().map(|(on, until)| Wait {
        node: Some(node()),
        since: Some(at(16)),
        again: None,
        until,
        on,
    })
}

fn of_pods() -> impl Iterator<Item = Wait> {
    let pod = || ObjectName::new("shop", "cart-0");
    let held = |unhealthy: Vec<Unhealthy>| BudgetWait {
        unhealthy_count: unhealthy.len() as u32,
        unhealthy,
        ..held()
    };
    let rows = [
        On::Budget(held(vec![not_ready(Some("ImagePullBackOff"))])),
        On::Budget(held(vec![not_ready(Some("CrashLoopBackOff"))])),
        On::Budget(held(vec![not_ready(Some("SchedulingGated: a.io/quota"))])),
        On::Budget(held(vec![not_ready(None), terminating()])),
        On::Budget(BudgetWait { unhealthy_count: 5, ..held(vec![unschedulable()]) }),
        On::Budget(BudgetWait { more_pods: 2, healthy: 3, desired: 3, expected: 4, ..held(vec![]) }),
        On::BudgetNever(BudgetWait { healthy: 1, desired: 1, expected: 1, ..held(vec![]) }),
        On::BudgetNever(BudgetWait {
            rule: "maxUnavailable: 1".into(),
            healthy: 0,
            desired: 0,
            expected: 0,
            ..held(vec![])
        }),
        On::BudgetNever(BudgetWait {
            rule: "neither minAvailable nor maxUnavailable".into(),
            healthy: 0,
            desired: 0,
            expected: 0,
            ..held(vec![])
        }),
        On::BudgetFailed {
            pod: pod(),
            budget: ObjectName::new("shop", "cart"),
            message: "found no controllers for pod \"cart-0\"".into(),
        },
        On::BudgetUnsynced { pod: pod(), budget: ObjectName::new("shop", "cart") },
        On::ManyBudgets {
            pod: pod(),
            budgets: vec![ObjectName::new("shop", "all"), ObjectName::new("shop", "cart")],
        },
        On::Webhook {
            pod: pod(),
            webhook: "guard.example.com".to_owned(),
            message: "not in business hours".to_owned(),
        },
        On::Throttled { pod: pod(), retry_after_seconds: 10 },
        On::EvictionRefused { pod: pod(), message: "etcdserver: request timed out".to_owned() },
        On::EvictionSent { pod: pod() },
        On::Terminating { pod: pod(), grace_until: at(20) },
        On::StuckTerminating { pod: pod(), grace_until: at(17), finalizers: Arc::new([]) },
        On::StuckTerminating {
            pod: pod(),
            grace_until: at(17),
            finalizers: Arc::new(["example.com/backup".into()]),
        },
        On::JobRuns { pod: pod(), job: "report".into() },
        On::LossRefused { pod: pod(), loss: LossKind::Pod },
        On::LossRefused { pod: pod(), loss: LossKind::EmptyDir },
        On::LossRefused { pod: pod(), loss: LossKind::PodAndEmptyDir },
        On::ComesBack { pod: pod(), tolerates: Tolerates::Everything },
        On::ComesBack { pod: pod(), tolerates: Tolerates::Cordon },
        On::ComesBack { pod: pod(), tolerates: Tolerates::Nothing },
    ];
    let again = now() + jiff::SignedDuration::from_secs(5);
    rows.into_iter().map(move |on| Wait {
        node: Some(node()),
        on,
        since: Some(at(16)),
        again: Some(again),
        until: Some(at(31)),
    })
}

/// Every kind of failure.
pub(crate) fn failures() -> Vec<Failure> {
    let of = |code, why, resource: &str| Failure { code, why, resources: vec![resource.to_owned()] };
    let held = of_pods().next().into_iter().collect();
    let drained = Why::DrainTimedOut { node: "ip-10-0-1-1.us-west-2.compute.internal".into(), waits: held };
    let node = "ip-10-0-2-9.us-west-2.compute.internal".into();
    let unserved = Why::KubeletUnserved { node, kubelet: Minor(35), control_plane: Minor(34) };
    let message = Some("You are not authorized to use launch template lt-0f".to_owned());
    vec![
        of(
            FailureCode::NodeCreationFailure,
            Why::JoinTimedOut {
                instance: InstanceId::new("i-0a1"),
                launched_at: at(1),
                troubles: Vec::new(),
            },
            "i-0a1",
        ),
        of(
            FailureCode::NodeCreationFailure,
            Why::JoinTimedOut {
                instance: InstanceId::new("i-0a2"),
                launched_at: at(1),
                troubles: vec![JoinTrouble::NoProfile, JoinTrouble::StatusCheck { check: "system".into() }],
            },
            "i-0a2",
        ),
        of(FailureCode::NodeCreationFailure, unserved, "i-0a3"),
        of(
            FailureCode::InsufficientFreeAddresses,
            Why::LaunchTimedOut { missing: 1, message: None },
            "default",
        ),
        of(FailureCode::AccessDenied, Why::LaunchTimedOut { missing: 3, message }, "default"),
        of(
            FailureCode::NodeCreationFailure,
            Why::ZoneWithoutNode { zones: vec!["us-west-2c".into()] },
            "us-west-2c",
        ),
        of(FailureCode::PodEvictionFailure, drained, "ip-10-0-1-1.us-west-2.compute.internal"),
        of(
            FailureCode::Unknown,
            Why::Refused {
                act: "raise the sizes of the scaling group".into(),
                message: "Access denied".to_owned(),
            },
            "default",
        ),
    ]
}

/// Every kind of fact, as one update after another would record them.
pub(crate) fn facts() -> Vec<Event> {
    let instance = || InstanceId::new("i-0b1");
    let measured = Measured {
        original: sizes(3),
        previous_version: 1,
        target_version: 2,
        old: 3,
        batch: 1,
        increment: 3,
        ceiling: 6,
        zones: [("us-west-2a".into(), 1), ("us-west-2b".into(), 2)].into(),
        taints: vec![Taint { key: "nvidia.com/gpu".into(), effect: Effect::NoSchedule }],
    };
    let picked = |node: Option<NodeName>, purpose| Fact::Picked {
        instance: instance(),
        node,
        zone: "us-west-2a".into(),
        purpose,
        chosen: None,
    };
    let mut facts = vec![
        Fact::Measured(measured),
        Fact::Entered { phase: Phase::ScaleUp },
        Fact::SizesAsked { to: sizes(6) },
        Fact::Grown { by: 1 },
        Fact::Missing { nodes: 3 },
        Fact::Missing { nodes: 1 },
        Fact::Missing { nodes: 0 },
        Fact::Joined { instances: vec![instance()] },
        Fact::Joined { instances: (1..6).map(|n| InstanceId::new(format!("i-0a{n}"))).collect() },
        lost_nodes(1, Lost::Deleted, Some("cluster-autoscaler")),
        lost_nodes(1, Lost::Terminated, None),
        lost_nodes(5, Lost::Silent, None),
        picked(Some(node()), Purpose::Replace),
        picked(Some(node()), Purpose::Lost),
        picked(None, Purpose::Excess),
        chosen(Chosen { among: 3, shared: 0, leaders: 0, spare: 1, tightest: Some(1), moves: 6 }),
        chosen(Chosen { among: 1, shared: 2, leaders: 1, spare: 0, tightest: None, moves: 1 }),
        Fact::Drained { instance: instance() },
        Fact::ForceBegan { instance: instance() },
        Fact::TerminateAsked { instance: instance(), with: Vec::new() },
        Fact::TerminateAsked { instance: instance(), with: vec![ObjectName::new("shop", "cart-0")] },
        Fact::Gone { instance: instance() },
        Fact::GivenBack { instance: instance() },
        Fact::Undrained { instance: instance() },
        Fact::Paused { give_back: false },
        Fact::Paused { give_back: true },
        Fact::Resumed,
        Fact::Cancelled { give_back: false, restore_target: false, keep_new: true },
        Fact::Cancelled { give_back: true, restore_target: true, keep_new: false },
        Fact::Forced,
    ];
    facts.extend(failures().into_iter().map(Fact::Failed));
    let end = |outcome, unrestored, kept| Fact::Finished { outcome, unrestored, kept };
    facts.push(end(Outcome::Succeeded, None, None));
    facts.push(end(Outcome::Cancelled, None, Some(KeptBecause::Growing)));
    facts.push(end(Outcome::Failed, Some(sizes(3)), Some(KeptBecause::NotDrained { instance: instance() })));
    facts.push(end(Outcome::Failed, Some(sizes(3)), Some(KeptBecause::NoCandidate)));
    facts.into_iter().zip(1..).map(|(fact, minute)| Event { at: at(minute), fact }).collect()
}

fn chosen(chosen: Chosen) -> Fact {
    Fact::Picked {
        instance: InstanceId::new("i-0b1"),
        node: Some(node()),
        zone: "us-west-2a".into(),
        purpose: Purpose::Retire,
        chosen: Some(chosen),
    }
}

fn lost_nodes(many: u32, how: Lost, by: Option<&str>) -> Fact {
    let node = |n| LostNode {
        instance: InstanceId::new(format!("i-0a{n}")),
        node: Some(NodeName::new(format!("ip-10-0-2-{n}.us-west-2.compute.internal"))),
        how,
        by: by.map(Into::into),
    };
    Fact::Lost { nodes: (1..=many).map(node).collect() }
}

/// Sizes with `desired` nodes.
pub(crate) fn sizes(desired: u32) -> Sizes {
    Sizes { min: 3, desired, max: desired.max(3) }
}

fn node() -> NodeName {
    "ip-10-0-1-1.us-west-2.compute.internal".into()
}

fn lost(how: Lost, by: Option<&str>) -> On {
    On::Lost { instance: "i-0a1".into(), how, by: by.map(Into::into) }
}

fn reading(side: Side, why: &str) -> On {
    On::Reading { side, why: why.to_owned() }
}

fn launches(trouble: LaunchTrouble, message: &str) -> On {
    On::Launches { trouble, zone: Some("us-west-2b".into()), failures: 2, message: message.into() }
}

fn held() -> BudgetWait {
    BudgetWait {
        pod: ObjectName::new("shop", "cart-0"),
        more_pods: 0,
        budget: ObjectName::new("shop", "cart"),
        rule: "minAvailable: 1".into(),
        allowed: 0,
        healthy: 1,
        desired: 1,
        expected: 2,
        unhealthy: Vec::new(),
        unhealthy_count: 0,
    }
}

fn not_ready(why: Option<&str>) -> Unhealthy {
    Unhealthy {
        pod: ObjectName::new("shop", "cart-1"),
        readiness: Readiness::NotReady { since: at(14), why: why.map(Into::into) },
        terminating: false,
        unschedulable: None,
    }
}

fn terminating() -> Unhealthy {
    let pod = ObjectName::new("shop", "cart-2");
    Unhealthy { pod, readiness: Readiness::Ready, terminating: true, unschedulable: None }
}

fn unschedulable() -> Unhealthy {
    let message = "0/6 nodes are available: 3 Insufficient cpu, 3 node(s) had untolerated taint \
                   {eks.amazonaws.com/nodegroup: unschedulable}.";
    Unhealthy { unschedulable: Some(message.into()), ..not_ready(None) }
}
