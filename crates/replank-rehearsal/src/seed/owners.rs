//! Recreates controllers, owners before what they own.

use serde_json::Value;

use super::objects::enter;
use super::{Seeding, status};
use replank_components::control;
use replank_formats::manifest::Object;
use replank_formats::snapshot::paces::job_place;
use replank_formats::worldfile::spec::Cluster;
use replank_world::rng::Delay;
use replank_world::store::{DeploymentId, Ref, ReplicaSetId};
use replank_world::time::Span;
use replank_world::world::World;

/// The kinds in an order in which owners precede what they own.
const KINDS: [&str; 7] =
    ["DaemonSet", "Deployment", "StatefulSet", "CronJob", "ReplicaSet", "ReplicationController", "Job"];

/// Recreates all controllers.
pub(super) fn seed(world: &mut World, seeding: &mut Seeding<'_>, cluster: &Cluster) {
    let mut newest: Vec<(DeploymentId, u64, ReplicaSetId)> = Vec::new();
    for kind in KINDS {
        for given in seeding.snapshot.of(kind) {
            let runs = seeding.paces.job_of(given);
            let said = said(world, cluster, given);
            let at = enter(world, seeding, given, |object, given| {
                status::controller(object, given);
                match object {
                    Object::Job(job) => job.work = said.or(job.work).or(runs),
                    Object::CronJob(cron) => cron.job.work = said.or(cron.job.work).or(runs),
                    _ => {}
                }
            });
            if let Some(Ref::ReplicaSet(set)) = at {
                newest.extend(revision(world, set));
            }
        }
    }
    // What the cluster takes for the set of today's template is that, whatever a comparison of templates would say.
    newest.sort_unstable();
    for (deployment, revision, set) in newest {
        if revision == revision_of(world, deployment) {
            control::found::found_new_set(world, deployment, set);
        }
    }
}

/// The run time of a Job's pods, where the world file sets it.
fn said(world: &World, cluster: &Cluster, given: &Value) -> Option<Span> {
    let (namespace, name) = job_place(given)?;
    let said = cluster.runs(namespace, name)?;
    Some(Delay::from(said).draw(world.chance, "runs", name, 0))
}

fn revision(world: &World, set: ReplicaSetId) -> Option<(DeploymentId, u64, ReplicaSetId)> {
    let found = world.store.replica_sets.get(set)?;
    match found.meta.owner.as_ref()?.at? {
        Ref::Deployment(deployment) => Some((deployment, found.revision, set)),
        _ => None,
    }
}

/// The revision in the annotation of a Deployment; 0 without one.
fn revision_of(world: &World, id: DeploymentId) -> u64 {
    let deployment = world.store.deployments.get(id);
    let told = deployment.and_then(|it| it.meta.annotations.get("deployment.kubernetes.io/revision"));
    told.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Whether a pod is of the current template of a StatefulSet or DaemonSet, judged by its labels.
pub(super) fn is_current(pod: &Value, owner: &Value) -> bool {
    let label = |key: &str| pod["metadata"]["labels"][key].as_str();
    match owner["kind"].as_str() {
        Some("StatefulSet") => {
            let update = owner["status"]["updateRevision"].as_str();
            update.is_none() || label("controller-revision-hash").is_none_or(|hash| Some(hash) == update)
        }
        Some("DaemonSet") => {
            let now = owner["metadata"]["annotations"]["deprecated.daemonset.template.generation"].as_str();
            now.is_none() || label("pod-template-generation").is_none_or(|then| Some(then) == now)
        }
        _ => true,
    }
}
