//! The status of a Deployment: counts, and conditions `Available` and `Progressing` (Kubernetes:
//! `calculateStatus`, `syncRolloutStatus`, `checkPausedConditions`).

use std::sync::Arc;

use super::{room, sets, sum};
use replank_world::object::{Condition, Deployment, Truth};
use replank_world::queue::Work;
use replank_world::store::{DeploymentId, Ref, ReplicaSetId, Verb};
use replank_world::time::{Span, Time};
use replank_world::world::World;

pub(super) const COMPLETE: &str = "NewReplicaSetAvailable";
const EXCEEDED: &str = "ProgressDeadlineExceeded";
const PAUSED: &str = "DeploymentPaused";

/// Counts over the ReplicaSets at one sync.
struct Look {
    status: [i64; 3],
    updated: i64,
    /// Name of the ReplicaSet of the current template.
    new: Option<Arc<str>>,
}

/// Writes the status. `Progressing` is judged only when this sync rolled the ReplicaSets (`rolled`); a sync that
/// scaled them or found a pause leaves it.
pub(super) fn write_status(world: &mut World, id: DeploymentId, rolled: bool) {
    let all: Vec<ReplicaSetId> = sets::owned(world, id);
    let new = sets::newest(world, id);
    let look = Look {
        status: [0, 1, 2].map(|count| sum(world, &all, |set| set.status[count])),
        updated: sum(world, new.as_slice(), |set| set.status[0]),
        new: new.and_then(|new| world.store.replica_sets.get(new)).map(|set| set.meta.name.clone()),
    };
    let failure = failure(world, &all, new);
    let sets = all.iter().filter_map(|id| world.store.replica_sets.get(*id));
    let terminating = sets.map(|set| set.terminating).sum();
    let now = world.now;
    let Some(deployment) = world.store.deployments.get_mut(id) else { return };
    let before = said(deployment);
    let generation = deployment.meta.generation;
    judge_available(deployment, look.status[2], now);
    if deployment.progress_deadline.is_none() {
        deployment.progressing = None;
    } else if rolled {
        judge_progress(deployment, &look, now);
    }
    (deployment.failure, deployment.terminating) = (failure, terminating);
    (deployment.status, deployment.updated, deployment.observed) = (look.status, look.updated, generation);
    let (changed, look_again) = (said(deployment) != before, rolled.then(|| deadline(deployment)).flatten());
    if changed {
        world.changed(Ref::Deployment(id), Verb::Modified);
    }
    if let Some(at) = look_again {
        world.queue.at(at.max(now + Span::secs(1)), Work::Deployment(id));
    }
}

/// Condition `ReplicaFailure` of the current ReplicaSet, or else of the first that has it (Kubernetes:
/// `getReplicaFailures`).
fn failure(world: &World, all: &[ReplicaSetId], new: Option<ReplicaSetId>) -> Option<Condition> {
    let of = |id: &ReplicaSetId| world.store.replica_sets.get(*id)?.failure.clone();
    new.iter().find_map(of).or_else(|| all.iter().find_map(of))
}

/// Sets `Progressing` after the new ReplicaSet was created (`made`) or found.
pub(super) fn note_new_set(deployment: &mut Deployment, made: bool, name: &str, now: Time) {
    if deployment.progress_deadline.is_none() || (!made && deployment.progressing.is_some()) {
        return;
    }
    let (reason, what) =
        if made { ("NewReplicaSetCreated", "Created") } else { ("FoundNewReplicaSet", "Found") };
    let message = format!("{what} new replica set \"{name}\"");
    set(&mut deployment.progressing, Condition::new(Truth::True, reason, message, now));
}

/// Sets `Progressing` to `Unknown` at a pause and at its end, which restarts the progress deadline.
pub(super) fn note_pause(deployment: &mut Deployment, now: Time) {
    let reason = deployment.progressing.as_ref().map(|condition| condition.reason);
    if deployment.progress_deadline.is_none() || reason == Some(EXCEEDED) {
        return;
    }
    let (reason, message) = match (deployment.paused, reason == Some(PAUSED)) {
        (true, false) => (PAUSED, "Deployment is paused"),
        (false, true) => ("DeploymentResumed", "Deployment is resumed"),
        (true, true) | (false, false) => return,
    };
    set(&mut deployment.progressing, Condition::new(Truth::Unknown, reason, message, now));
}

fn judge_available(deployment: &mut Deployment, available: i64, now: Time) {
    let enough = available >= deployment.replicas - room(deployment).1;
    let (truth, reason, message) = if enough {
        (Truth::True, "MinimumReplicasAvailable", "Deployment has minimum availability.")
    } else {
        (Truth::False, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    };
    if deployment.available.as_ref().is_none_or(|known| (known.truth, known.reason) != (truth, reason)) {
        set(&mut deployment.available, Condition::new(truth, reason, message, now));
    }
}

fn judge_progress(deployment: &mut Deployment, look: &Look, now: Time) {
    let reason = deployment.progressing.as_ref().map(|condition| condition.reason);
    // Evictions of a finished roll-out are no news of it.
    if look.status[0] == look.updated && reason == Some(COMPLETE) {
        return;
    }
    let wanted = deployment.replicas;
    let complete = [look.updated, look.status[0], look.status[2]].iter().all(|count| *count == wanted);
    let gets_on = look.updated > deployment.updated
        || look.status[0] - look.updated < deployment.status[0] - deployment.updated
        || look.status[1] > deployment.status[1]
        || look.status[2] > deployment.status[2];
    let subject = match &look.new {
        Some(name) => format!("ReplicaSet \"{name}\""),
        None => format!("Deployment \"{}\"", deployment.meta.name),
    };
    let condition = |truth, reason, how| Condition::new(truth, reason, format!("{subject} {how}"), now);
    if complete {
        set(&mut deployment.progressing, condition(Truth::True, COMPLETE, "has successfully progressed."));
    } else if gets_on {
        let fresh = condition(Truth::True, "ReplicaSetUpdated", "is progressing.");
        let known = deployment.progressing.as_ref().filter(|known| known.truth == Truth::True);
        let since = known.map_or(now, |known| known.since);
        // Progress is news even when it is told in the same words: the deadline counts from here.
        deployment.progressing = Some(Condition { since, ..fresh });
    } else if deadline(deployment).is_some_and(|at| at <= now) {
        set(&mut deployment.progressing, condition(Truth::False, EXCEEDED, "has timed out progressing."));
    }
}

/// When to sync again for the progress deadline; `None` when the rollout is complete or overdue already.
fn deadline(deployment: &Deployment) -> Option<Time> {
    let condition = deployment.progressing.as_ref()?;
    if matches!(condition.reason, COMPLETE | EXCEEDED) {
        return None;
    }
    Some(condition.updated_at + deployment.progress_deadline? + Span::secs(1))
}

/// Sets a condition unless status and reason are the same already (Kubernetes: `SetDeploymentCondition`).
fn set(place: &mut Option<Condition>, condition: Condition) {
    if let Some(known) = place {
        if (known.truth, known.reason) == (condition.truth, condition.reason) {
            return;
        }
        let since = if known.truth == condition.truth { known.since } else { condition.since };
        *known = Condition { since, ..condition };
    } else {
        *place = Some(condition);
    }
}

/// The fields of the status that this module writes, to compare before and after.
fn said(deployment: &Deployment) -> ([i64; 3], [i64; 2], Option<i64>, [Option<Condition>; 3]) {
    let Deployment { status, updated, observed, terminating, progressing, available, failure, .. } =
        deployment;
    let conditions = [progressing.clone(), available.clone(), failure.clone()];
    (*status, [*updated, *observed as i64], *terminating, conditions)
}

#[cfg(test)]
mod tests;
