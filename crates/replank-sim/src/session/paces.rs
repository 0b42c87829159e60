//! How long things take for single workloads, as a world file says: before all that is known otherwise.

use std::sync::Arc;

use crate::kubelet::rules::{OnNodes, PodQuirk, PodRule};
use crate::object::Job;
use crate::rng::Chance;
use crate::store::Ref;
use crate::time::Span;
use crate::vocab::selector::Selector;
use crate::world::World;
use crate::worldfile::Delay;
use crate::worldfile::spec::{Cluster, Pace};

/// Tells the kubelets. The first rule that fits decides, so this comes before other rules.
pub(super) fn rules(world: &mut World, cluster: &Cluster) {
    for pace in &cluster.paces {
        let ready = pace.ready.map(|delay| match delay {
            Delay::Never => PodQuirk::NeverReady,
            delay => PodQuirk::Ready(delay.into()),
        });
        let terminate = pace.terminate.map(|delay| match delay {
            Delay::Never => PodQuirk::NeverStops,
            delay => PodQuirk::Stop(delay.into()),
        });
        for quirk in ready.into_iter().chain(terminate) {
            world.kubelets.rules.add_pods(rule(pace, quirk));
        }
    }
}

fn rule(pace: &Pace, quirk: PodQuirk) -> PodRule {
    let (namespace, name) = pace.place();
    let one = |text: &str| (text != "*").then(|| Arc::from(text));
    PodRule {
        namespace: one(namespace),
        workload: one(name),
        labels: Selector::default(),
        nodes: OnNodes::Any,
        first: None,
        from: None,
        until: None,
        quirk,
    }
}

/// Tells the Jobs that are there how long their pods run.
pub(super) fn jobs(world: &mut World, cluster: &Cluster) {
    let chance = world.chance;
    let said = |job: &Job| runs(cluster, chance, job);
    let jobs: Vec<_> = world.store.jobs.iter().filter_map(|(id, job)| Some((id, said(job)?))).collect();
    for (id, runs) in jobs {
        if let Some(job) = world.store.jobs.get_mut(id) {
            job.work = Some(runs);
        }
    }
    let crons: Vec<_> = world
        .store
        .cron_jobs
        .iter()
        .filter_map(|(id, cron)| {
            let said = cluster.runs(&cron.meta.namespace, &cron.meta.name)?;
            Some((id, crate::rng::Delay::from(said).draw(chance, "runs", &cron.meta.name, 0)))
        })
        .collect();
    for (id, runs) in crons {
        if let Some(cron) = world.store.cron_jobs.get_mut(id) {
            cron.job.work = Some(runs);
        }
    }
}

/// How long the pods of a Job run, as its own name or that of its `CronJob` says.
fn runs(cluster: &Cluster, chance: Chance, job: &Job) -> Option<Span> {
    let meta = &job.meta;
    let cron = meta.owner.as_ref().filter(|owner| matches!(owner.at, Some(Ref::CronJob(_))));
    let name = cron.map_or(&meta.name, |owner| &owner.name);
    let said = cluster.runs(&meta.namespace, name)?;
    Some(crate::rng::Delay::from(said).draw(chance, "runs", &meta.name, 0))
}
