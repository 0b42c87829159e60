//! Makes the report of a turn.

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{InstanceId, NodeName};
use replank_core::node_group::decision::Decision;
use replank_core::node_group::plan::NoNode;
use replank_core::node_group::rollout::{Rollout, Stage, Work};
use replank_core::node_group::spec::Spec;
use replank_core::observed::{MemberState, Observation};
use replank_core::pod_rules::PodRules;
use replank_core::safety::disposition::{Disposition, disposition};

use super::{Counts, NodeInWork, Report};

impl Report {
    /// The report of `rollout` after `decision` was made on `seen` at `at`.
    pub fn of(rollout: &Rollout, decision: &Decision, seen: &Observation, at: Timestamp) -> Self {
        let spec = rollout.spec();
        let measured = rollout.measured();
        Self {
            at,
            update: spec.update.clone(),
            cluster: spec.cluster.clone(),
            group: spec.group.clone(),
            release: spec.target.release.clone(),
            version: spec.target.version.clone(),
            started_at: rollout.started_at(),
            phase: rollout.phase(),
            phase_since: rollout.phase_since(),
            sizes: seen.group.as_ref().map(|group| group.sizes),
            original: measured.map(|measured| measured.original),
            batch: measured.map(|measured| measured.batch),
            increment: measured.map(|measured| measured.increment),
            counts: counts(rollout, seen),
            nodes: rollout
                .work()
                .iter()
                .map(|(instance, work)| in_work(instance, work, spec, seen))
                .collect(),
            waits: decision.waits.clone(),
            problems: decision.problems.clone(),
            failure: rollout.failure().cloned(),
            end: rollout.end().cloned(),
            unplaced: rollout.end().map(|_| unplaced(rollout, seen, at)).unwrap_or_default(),
            wishes: rollout.wishes(),
            force: rollout.force(),
            wake_at: decision.wake_at,
        }
    }
}

/// Pods that the scheduler found no node for. One that is older than the update was never moved by it.
fn unplaced(rollout: &Rollout, seen: &Observation, at: Timestamp) -> Vec<NoNode> {
    let waiting = seen.pods.unbound().filter(|pod| pod.deleting.is_none());
    let told = waiting.filter_map(|pod| {
        Some(NoNode {
            pod: pod.name.clone(),
            why: pod.unschedulable.clone()?,
            lasted: at.duration_since(pod.created_at),
            as_before: pod.created_at < rollout.started_at(),
        })
    });
    let mut told: Vec<NoNode> = told.collect();
    told.sort_by(|one, other| one.pod.cmp(&other.pod));
    told
}

/// Whether a template version has the target's content. An unknown one is compared by its number.
pub(super) fn is_target(rollout: &Rollout, seen: &Observation, version: u64) -> bool {
    let content = seen.group.as_ref().and_then(|group| group.versions.get(&version));
    content.map_or_else(
        || rollout.measured().is_some_and(|measured| measured.target_version == version),
        |content| *content == rollout.spec().target.content,
    )
}

fn counts(rollout: &Rollout, seen: &Observation) -> Counts {
    let mut counts = Counts {
        in_work: rollout.work().len() as u32,
        replaced: rollout.replaced(),
        removed: rollout.removed(),
        ..Counts::default()
    };
    for (class, members) in seen.members.classes() {
        let members = members as u32;
        match (class.state, is_target(rollout, seen, class.version)) {
            (MemberState::Leaving, _) => counts.leaving += members,
            (_, false) => counts.old += members,
            (MemberState::Ready, true) if rollout.is_closed(seen.group.as_ref(), class) => {
                counts.closed += members;
            }
            (MemberState::Ready, true) => counts.ready += members,
            (MemberState::Launching | MemberState::NotReady | MemberState::Unlabelled, true) => {
                counts.joining += members;
            }
        }
    }
    counts
}

fn in_work(instance: &InstanceId, work: &Work, spec: &Spec, seen: &Observation) -> NodeInWork {
    let limits = &spec.limits;
    let (since, patience) = match work.stage {
        Stage::Draining => (work.picked_at, Some(limits.drain)),
        Stage::Forcing { since } => (since, None),
        Stage::Deregistering { since } => (since, Some(limits.deregistration_delay)),
        Stage::Terminating { since } => (since, Some(limits.terminate)),
    };
    NodeInWork {
        instance: instance.clone(),
        node: work.node.clone(),
        zone: work.zone.clone(),
        purpose: work.purpose,
        stage: work.stage,
        since,
        until: patience.and_then(|patience: SignedDuration| since.checked_add(patience).ok()),
        pods_left: work.node.as_ref().map_or(0, |node| pods_left(node, &spec.pods, seen)),
    }
}

/// Number of pods on `node` that a drain moves.
pub(super) fn pods_left(node: &NodeName, rules: &PodRules, seen: &Observation) -> u32 {
    seen.pods.on_node(node).filter(|pod| disposition(pod, rules) != Disposition::Stays).count() as u32
}
