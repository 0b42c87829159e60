//! Pods that are not Ready: how long they may still take, and which workloads are assumed to be broken.

use replank_formats::snapshot::fields;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Seeding, pods};
use replank_components::kubelet::rules::{self, PodQuirk, PodRule};
use replank_formats::snapshot::paces::Workload;
use replank_world::rng::Delay;
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// A pod this far past its grace period is assumed to hang.
pub(super) const OVERDUE: Span = Span::secs(60);
/// A pod that takes this many times the slow readiness of its workload is assumed never to become Ready.
const TIMES: i64 = 3;
/// How long a pod has to become Ready when there is nothing to compare with.
const PATIENCE: Span = Span::secs(300);
/// The least time a pod gets to become Ready, however fast its workload was.
const PATIENCE_MIN: Span = Span::secs(10);
/// A change of Ready within this time after the start does not mean that the pod was Ready before.
const STARTS: Span = Span::secs(5);
/// Time from the start of a container to its crash.
const CRASHES_AFTER: Delay = Delay::Fixed(Span::secs(3));

/// How long a running pod still takes to become Ready; `None` when it is assumed never to.
pub(super) fn left(seeding: &Seeding<'_>, pod: &Value, now: Time) -> Option<Span> {
    if pods::waiting(pod).is_some() || fields::restarts(pod) > 0 || was_ready(pod) {
        return None;
    }
    let workload = seeding.above.workload(pod);
    let pace = workload.and_then(|(_, workload)| seeding.paces.ready(workload));
    let usual = pace.map(|pace| pace.slow).or(seeding.paces.slowest());
    let most = usual.map_or(PATIENCE, |slow| Span(slow.0 * TIMES).max(PATIENCE_MIN));
    let condition = fields::condition(pod, "Ready");
    let since = condition.and_then(|condition| fields::time(&condition["lastTransitionTime"]));
    let since = since.or_else(|| fields::time(&pod["metadata"]["creationTimestamp"]))?;
    let waited = now - since;
    if waited > most {
        return None;
    }
    let typical = pace.map(|pace| pace.median).or(usual).unwrap_or(PATIENCE_MIN);
    Some(Span((typical.0 - waited.0).max(Span::secs(1).0)))
}

/// Whether a pod was Ready and is not any more: Ready changed well after its start.
fn was_ready(pod: &Value) -> bool {
    let condition = fields::condition(pod, "Ready");
    let changed = condition.and_then(|condition| fields::time(&condition["lastTransitionTime"]));
    changed.zip(pods::started_at(pod)).is_some_and(|(changed, started)| changed > started + STARTS)
}

/// Adds rules for how the pods of each workload behave.
pub(super) fn rules(world: &mut World, seeding: &mut Seeding<'_>) {
    let mut standing: BTreeMap<Workload<'_>, WorkloadPods<'_>> = BTreeMap::new();
    for pod in seeding.snapshot.of("Pod") {
        let Some((kind, workload)) = seeding.above.workload(pod) else { continue };
        let started = pod["spec"]["nodeName"].is_string();
        if kind == "Job" || kind == "CronJob" || !started || pod["metadata"]["deletionTimestamp"].is_string()
        {
            continue;
        }
        let entry = standing.entry(workload).or_default();
        entry.attaches |= attaches(world, pod);
        let ready = fields::condition(pod, "Ready").is_some_and(|condition| condition["status"] == "True");
        if ready || left(seeding, pod, world.now).is_some() {
            entry.well += 1;
        } else {
            entry.broken = entry.broken.or(Some(pods::waiting(pod).unwrap_or_default()));
        }
    }
    let attach = world.timings.attach.typical();
    for (workload, pace) in seeding.paces.workloads() {
        let attaches = standing.get(&workload).is_some_and(|standing| standing.attaches);
        let less = if attaches { attach } else { Span::ZERO };
        for quirk in [
            PodQuirk::Pull(Delay::Fixed(Span::ZERO)),
            PodQuirk::Start(Delay::Fixed(Span::ZERO)),
            PodQuirk::Ready(pace.delay(less)),
        ] {
            rules::add_pods(world, rule(workload, quirk));
        }
    }
    let mut hopeless = Vec::new();
    for (workload, standing) in standing {
        let Some(reason) = standing.broken.filter(|_| standing.well == 0) else { continue };
        let quirk = match reason {
            "CrashLoopBackOff" => PodQuirk::Crashes(CRASHES_AFTER),
            "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" => PodQuirk::PullFails,
            _ => PodQuirk::NeverReady,
        };
        hopeless.push(format!("{}/{}", workload.0, workload.1));
        rules::add_pods(world, rule(workload, quirk));
    }
    if !hopeless.is_empty() {
        let what = "no pod of it is Ready, so no new one is taken to become so";
        seeding.notes.assumed.push(format!("{}: {what}", super::some(&hopeless)));
    }
}

/// The state of a workload's pods.
#[derive(Default)]
struct WorkloadPods<'a> {
    well: usize,
    broken: Option<&'a str>,
    /// Whether its pods use volumes that have to be attached, which takes time of its own.
    attaches: bool,
}

/// Whether a pod uses a volume that is attached to its node.
fn attaches(world: &World, pod: &Value) -> bool {
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
    let attached = |claim: &str| {
        let claims = &world.store.claims;
        claims.find(namespace, claim).and_then(|id| claims.get(id)).is_some_and(|claim| claim.one_node)
    };
    pod["spec"]["volumes"].as_array().into_iter().flatten().any(|volume| {
        volume["ephemeral"].is_object()
            || volume["persistentVolumeClaim"]["claimName"].as_str().is_some_and(attached)
    })
}

fn rule((namespace, name): Workload<'_>, quirk: PodQuirk) -> PodRule {
    PodRule::new(Some(namespace.into()), Some(name.into()), quirk)
}
