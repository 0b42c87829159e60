//! One decision at a time: a world as text in, acts and waits out.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use replank_core::action::{Action, CloudAction, ClusterAction, Leftovers, Marking};
use replank_core::names::{InstanceId, NodeName, Zone};
use replank_core::node_group::decide::decide;
use replank_core::node_group::event::{Event, Fact, Measured};
use replank_core::node_group::phase::{Phase, Purpose};
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_core::node_group::wait::On;
use replank_core::observed::{Answer, Observation, Read, Refused};
use replank_core::pod_rules::{Jobs, Loss, PodRules};
use replank_core::sizes::Sizes;

use crate::world::{at, spec, uid, world};

/// A rollout in the Upgrade phase with node `n1` picked at second 0.
pub(crate) fn upgrading(spec: Spec) -> Rollout {
    let mut rollout = Rollout::new(spec, at(-100));
    let original = Sizes { min: 1, desired: 1, max: 1 };
    let facts = [
        Fact::Measured(Measured {
            original,
            previous_version: 1,
            target_version: 2,
            old: 1,
            batch: 1,
            increment: 1,
            ceiling: 2,
            zones: BTreeMap::from([(Zone::new("a"), 1)]),
            taints: Vec::new(),
        }),
        Fact::Entered { phase: Phase::ScaleUp },
        Fact::SizesAsked { to: Sizes { desired: 2, max: 2, ..original } },
        Fact::Entered { phase: Phase::Guard },
        Fact::Entered { phase: Phase::Upgrade },
        Fact::Picked {
            instance: InstanceId::new("i-n1"),
            node: Some(NodeName::new("n1")),
            zone: Zone::new("a"),
            purpose: Purpose::Replace,
            chosen: None,
        },
    ];
    for fact in facts {
        rollout.apply(&Event { at: at(0), fact }).unwrap();
    }
    rollout
}

pub(crate) fn draining(lines: &str) -> Observation {
    world(&format!(
        "group 2 max 2 zones a pointed\n node n1 a old cordoned our-cordon excluded guarded\n node n2 a new\n{lines}"
    ))
}

/// Acts and waits of one decision in short words.
pub(crate) fn outcome(rollout: &Rollout, seen: &Observation, seconds: i64) -> String {
    let decision = decide(rollout, seen, at(seconds));
    // New nodes are kept from autoscalers beside everything else.
    let keeps = |act: &&Action| matches!(act, Action::Cluster(ClusterAction::Mark(mark)) if mark.marks.keep == Some(true));
    let acts = decision.act.iter().filter(|act| !keeps(act)).map(|act| match act {
        Action::Cluster(ClusterAction::Evict { pod, grace_seconds: None }) => {
            format!("evict {}", pod.name.name)
        }
        Action::Cluster(ClusterAction::Evict { pod, grace_seconds: Some(grace) }) => {
            format!("evict {} grace {grace}", pod.name.name)
        }
        Action::Cluster(ClusterAction::Delete { pod }) => format!("delete {}", pod.name.name),
        Action::Cloud(CloudAction::Terminate { instance, leftovers: Leftovers::None, .. }) => {
            format!("terminate {instance}")
        }
        Action::Cloud(CloudAction::Terminate { instance, with, .. }) if with.is_empty() => {
            format!("terminate {instance} with leftovers")
        }
        Action::Cloud(CloudAction::Terminate { instance, with, .. }) => {
            let names: Vec<_> = with.iter().map(|pod| &*pod.name.name).collect();
            format!("terminate {instance} with {}", names.join(","))
        }
        Action::Cluster(ClusterAction::Mark(mark)) => format!("mark {}", mark.node),
        other => format!("{other:?}"),
    });
    let waits = decision.waits.iter().map(|wait| match &wait.on {
        On::Budget(held) => {
            format!("budget {} +{} ({} bad)", held.pod.name, held.more_pods, held.unhealthy_count)
        }
        On::BudgetNever(held) => format!("never {}", held.pod.name),
        On::BudgetFailed { pod, .. } => format!("failed {}", pod.name),
        On::BudgetUnsynced { pod, .. } => format!("unsynced {}", pod.name),
        On::ManyBudgets { pod, budgets } => format!("many {} {}", pod.name, budgets.len()),
        On::Webhook { pod, webhook, .. } => format!("webhook {} {webhook}", pod.name),
        On::Throttled { pod, .. } => format!("throttled {}", pod.name),
        On::EvictionSent { pod } => format!("sent {}", pod.name),
        On::EvictionRefused { pod, .. } => format!("refused {}", pod.name),
        On::Terminating { pod, .. } => format!("terminating {}", pod.name),
        On::StuckTerminating { pod, finalizers, .. } => format!("stuck {} {}", pod.name, finalizers.len()),
        On::JobRuns { pod, .. } => format!("job {}", pod.name),
        On::LossRefused { pod, loss } => format!("loses {} {loss:?}", pod.name),
        On::ComesBack { pod, .. } => format!("back {}", pod.name),
        On::Deregistering => "settling".into(),
        On::NoRoom { pod, .. } => format!("no room for {}", pod.name),
        On::InstanceLeaving { .. } => "leaving".into(),
        On::Cordon => "cordon".into(),
        On::Uncordoned { by } => format!("opened by {}", by.as_deref().unwrap_or("somebody")),
        other => format!("{other:?}"),
    });
    acts.chain(waits).collect::<Vec<_>>().join(" | ")
}

fn check(lines: &str, expected: &str) {
    assert_eq!(outcome(&upgrading(spec()), &draining(lines), 1), expected, "{lines}");
}

#[test]
fn pods_leave_as_their_budgets_let_them() {
    check("pod w-1 on n1", "evict w-1");
    check("pod w-1 on n1 grace 300", "evict w-1");
    check("pod w-1 on n1 budget b\n budget b allowed 1 healthy 2 expected 2", "evict w-1");
    check(
        "pod w-1 on n1 budget b\n pod w-2 on n1 budget b\n budget b allowed 1 healthy 2 expected 2",
        "evict w-1 | budget w-2 +0 (0 bad)",
    );
    check(
        "pod w-1 on n1 budget b\n pod w-2 on n2 budget b unready\n budget b allowed 0 healthy 1 expected 2",
        "budget w-1 +0 (1 bad)",
    );
    check("pod w-1 on n1 budget b\n budget b allowed 0 healthy 1 desired 1 expected 1", "never w-1");
    check("pod w-1 on n1 budget b\n budget b allowed 0 desired 0 expected 0", "never w-1");
    check("pod w-1 on n1 budget b\n budget b sync-failed", "failed w-1");
    // One that never could be worked out has no status to bring up to date.
    check("pod w-1 on n1 budget b\n budget b sync-failed unsynced", "failed w-1");
    check("pod w-1 on n1 budget b\n budget b unsynced allowed 1", "unsynced w-1");
    check("pod w-1 on n1 budget b,c\n budget b allowed 1\n budget c allowed 1", "many w-1 2");
}

#[test]
fn a_hold_is_told_in_numbers_that_hold() {
    let seen = draining(
        "pod w-1 on n1 budget b\n pod w-2 on n1 budget b\n budget b allowed 1 healthy 4 desired 3 expected 4",
    );
    let decision = decide(&upgrading(spec()), &seen, at(1));
    let held = decision.waits.iter().find_map(|wait| match &wait.on {
        On::Budget(held) => Some((held.healthy, held.desired, held.allowed)),
        _ => None,
    });
    assert_eq!(held, Some((3, 3, 0)), "the disruption that was there is spent on the other pod");
}

#[test]
fn unhealthy_and_finished_pods_are_not_held() {
    check("pod w-1 on n1 budget b unready\n budget b allowed 0 healthy 2 desired 2 expected 3", "evict w-1");
    check(
        "pod w-1 on n1 budget b unready\n budget b allowed 0 healthy 1 desired 2 expected 3",
        "budget w-1 +0 (1 bad)",
    );
    check(
        "pod w-1 on n1 budget b unready\n budget b allowed 0 healthy 1 desired 2 expected 3 always-allow",
        "evict w-1",
    );
    check("pod w-1 on n1 budget b succeeded\n budget b allowed 0", "evict w-1");
    check("pod w-1 on n1 bare succeeded", "evict w-1");
}

#[test]
fn what_belongs_to_the_node_stays() {
    check("pod ds-1 on n1 daemon\n pod api on n1 mirror bare", "settling");
    check("pod ds-1 on n1 daemon succeeded", "evict ds-1");
}

#[test]
fn terminating_pods_are_waited_for_and_named() {
    check("pod w-1 on n1 terminating 20", "terminating w-1");
    // A kubelet that is done moves the end of the grace to now, and a Job counts its pod some seconds later.
    check("pod w-1 on n1 terminating 0", "terminating w-1");
    check("pod w-1 on n1 terminating -28 finalizer", "terminating w-1");
    check("pod w-1 on n1 terminating -29", "stuck w-1 0");
    check("pod w-1 on n1 terminating -29 finalizer", "stuck w-1 1");
}

#[test]
fn rules_refuse_losses_and_let_jobs_end() {
    let rules = PodRules {
        bare: Loss::Refuse,
        empty_dir: Loss::Refuse,
        jobs: Jobs::WaitToEnd,
        grace_cap_seconds: Some(10),
    };
    let rollout = upgrading(Spec { pods: rules, ..spec() });
    let seen = draining("pod a on n1 bare\n pod b-1 on n1 emptydir\n pod c-1 on n1 job\n pod d-1 on n1");
    let mut parts: Vec<String> = outcome(&rollout, &seen, 1).split(" | ").map(str::to_owned).collect();
    parts.sort();
    assert_eq!(parts, ["evict d-1 grace 10", "job c-1", "loses a Pod", "loses b-1 EmptyDir"]);
}

#[test]
fn each_loss_has_a_consent_of_its_own() {
    // As `kubectl drain` with --force and --delete-emptydir-data; what finished needs neither there.
    let rows = [
        ("bare", Loss::Refuse, Loss::Accept, "loses w-1 Pod"),
        ("bare", Loss::Accept, Loss::Refuse, "evict w-1"),
        ("emptydir", Loss::Refuse, Loss::Accept, "evict w-1"),
        ("emptydir", Loss::Accept, Loss::Refuse, "loses w-1 EmptyDir"),
        ("bare emptydir", Loss::Refuse, Loss::Refuse, "loses w-1 PodAndEmptyDir"),
        ("bare emptydir", Loss::Refuse, Loss::Accept, "loses w-1 Pod"),
        ("bare emptydir", Loss::Accept, Loss::Refuse, "loses w-1 EmptyDir"),
        ("bare emptydir", Loss::Accept, Loss::Accept, "evict w-1"),
        ("bare emptydir succeeded", Loss::Refuse, Loss::Refuse, "evict w-1"),
        ("bare emptydir mirror", Loss::Refuse, Loss::Refuse, "settling"),
        ("daemon emptydir", Loss::Refuse, Loss::Refuse, "settling"),
        ("daemon emptydir succeeded", Loss::Refuse, Loss::Refuse, "evict w-1"),
    ];
    for (flags, bare, empty_dir, expected) in rows {
        let pods = PodRules { bare, empty_dir, ..PodRules::default() };
        let rollout = upgrading(Spec { pods, ..spec() });
        let seen = draining(&format!("pod w-1 on n1 {flags}"));
        assert_eq!(outcome(&rollout, &seen, 1), expected, "{flags}, {pods:?}");
    }
}

#[test]
fn force_is_no_consent_to_a_loss() {
    let limit = SignedDuration::from_mins(15).as_secs();
    let pods = PodRules { empty_dir: Loss::Refuse, ..PodRules::default() };
    let forced = upgrading(Spec { force: true, pods, ..spec() });
    let decision = decide(&forced, &draining("pod w-1 on n1 bare emptydir"), at(limit));
    assert!(decision.record.iter().any(|event| matches!(event.fact, Fact::Failed(_))), "{decision:?}");
    assert!(decision.act.is_empty(), "{decision:?}");
}

#[test]
fn answers_of_the_server_pace_the_next_try() {
    let rollout = upgrading(spec());
    let rows = [
        (Answer::Done, 1, "sent w-1"),
        (Answer::Done, 5, "evict w-1 | sent w-1"),
        (Answer::CannotTell("timed out".into()), 4, "sent w-1"),
        (Answer::NotYet(Refused::Throttled { retry_after_seconds: 30 }), 29, "throttled w-1"),
        (Answer::NotYet(Refused::Throttled { retry_after_seconds: 30 }), 30, "evict w-1 | throttled w-1"),
        (
            Answer::NotYet(Refused::Webhook { webhook: "guard".into(), message: "no".into() }),
            2,
            "webhook w-1 guard",
        ),
        (Answer::NotYet(Refused::BudgetUnsynced { retry_after_seconds: 10 }), 9, "unsynced w-1"),
        (Answer::NotYet(Refused::Other { message: "boom".into() }), 5, "evict w-1 | refused w-1"),
        (Answer::Impossible("forbidden".into()), 1, "refused w-1"),
    ];
    for (answer, seconds, expected) in rows {
        let mut seen = draining("pod w-1 on n1");
        let text = format!("{answer:?} after {seconds} s");
        seen.answers.put(replank_core::action::ActionKey::Evict(uid("w-1")), answer, at(0));
        assert_eq!(outcome(&rollout, &seen, seconds), expected, "{text}");
    }
}

#[test]
fn a_stale_status_is_not_trusted_for_ever() {
    let seen = draining("pod w-1 on n1 budget b,c\n budget b\n budget c");
    assert_eq!(outcome(&upgrading(spec()), &seen, 59), "many w-1 2");
    assert_eq!(outcome(&upgrading(spec()), &seen, 60), "evict w-1 | many w-1 2");
}

#[test]
fn nothing_is_evicted_before_the_cordon_is_seen() {
    let seen = world("group 2 max 2 zones a pointed\n node n1 a old guarded\n node n2 a new\n pod w-1 on n1");
    assert_eq!(outcome(&upgrading(spec()), &seen, 1), "mark n1 | cordon");
}

#[test]
fn a_node_is_cordoned_at_once_after_it_was_guarded() {
    let mut seen =
        world("group 2 max 2 zones a pointed\n node n1 a old guarded\n node n2 a new\n pod w-1 on n1");
    let mut guard = match decide(&upgrading(spec()), &seen, at(1)).act.remove(0) {
        Action::Cluster(ClusterAction::Mark(mark)) => mark,
        other => panic!("{other:?}"),
    };
    guard.marks = Marking { guard: Some(true), ..Marking::default() };
    seen.answers.put(Action::Cluster(ClusterAction::Mark(guard)).key(), Answer::Done, at(0));
    assert_eq!(outcome(&upgrading(spec()), &seen, 1), "mark n1 | cordon");
    // The same again has to wait for the world to show it.
    let cordon = decide(&upgrading(spec()), &seen, at(1)).act.remove(0);
    seen.answers.put(cordon.key(), Answer::Done, at(1));
    assert_eq!(outcome(&upgrading(spec()), &seen, 5), "cordon");
    assert_eq!(outcome(&upgrading(spec()), &seen, 6), "mark n1 | cordon");
}

#[test]
fn who_opens_a_node_in_work_is_named_and_the_node_is_cordoned_again() {
    let opened = |by: &str| {
        let node = format!("node n1 a old excluded guarded our-cordon opened {by}");
        let seen = world(&format!("group 2 max 2 zones a pointed\n {node}\n node n2 a new\n pod w-1 on n1"));
        outcome(&upgrading(spec()), &seen, 1)
    };
    assert_eq!(opened("by cluster-autoscaler"), "mark n1 | opened by cluster-autoscaler");
    assert_eq!(opened(""), "mark n1 | opened by somebody");
}

#[test]
fn a_node_that_does_not_answer_is_terminated_with_the_pods_it_will_not_end() {
    let lines = "node n1 a old cordoned our-cordon excluded guarded unready unreachable\n pod w-1 on n1 terminating -40";
    assert_eq!(
        outcome(&upgrading(spec()), &draining(lines), 1),
        "terminate i-n1 with leftovers | stuck w-1 0 | leaving"
    );
}

#[test]
fn nothing_is_done_blind() {
    let mut seen = draining("pod w-1 on n1");
    seen.cluster_read = Read::Unreadable { since: at(-5), why: "connection refused".into() };
    let decision = decide(&upgrading(spec()), &seen, at(1));
    assert!(decision.act.is_empty() && decision.record.is_empty());
    assert!(matches!(decision.waits[0].on, On::Reading { .. }));
}

#[test]
fn illegal_facts_are_refused_and_change_nothing() {
    let rollout = upgrading(spec());
    let n1 = || InstanceId::new("i-n1");
    let facts = [
        Fact::Entered { phase: Phase::ScaleUp },
        Fact::Entered { phase: Phase::Done },
        Fact::Drained { instance: InstanceId::new("i-other") },
        Fact::Picked {
            instance: n1(),
            node: None,
            zone: Zone::new("a"),
            purpose: Purpose::Replace,
            chosen: None,
        },
    ];
    for fact in facts {
        let mut tried = rollout.clone();
        let text = format!("{fact:?}");
        assert!(tried.apply(&Event { at: at(2), fact }).is_err(), "{text}");
        assert_eq!(tried, rollout, "{text}");
    }
    let mut leaving = rollout;
    leaving
        .apply(&Event { at: at(2), fact: Fact::TerminateAsked { instance: n1(), with: Vec::new() } })
        .unwrap();
    assert!(leaving.apply(&Event { at: at(3), fact: Fact::Drained { instance: n1() } }).is_err());
}
