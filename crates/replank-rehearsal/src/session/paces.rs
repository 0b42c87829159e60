//! Durations that a world file sets for single workloads; they come before all others.

use std::sync::Arc;

use replank_components::kubelet::rules::{self, PodQuirk, PodRule};
use replank_formats::manifest;
use replank_formats::worldfile::Delay;
use replank_formats::worldfile::spec::{Cluster, Pace};
use replank_world::object::Job;
use replank_world::rng::Chance;
use replank_world::time::Span;
use replank_world::world::World;

/// Adds the rules for the kubelets. The first rule that matches counts, so this has to run before others add
/// theirs.
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
            rules::add_pods(world, rule(pace, quirk));
        }
    }
}

fn rule(pace: &Pace, quirk: PodQuirk) -> PodRule {
    let (namespace, name) = pace.place();
    let one = |text: &str| (text != "*").then(|| Arc::from(text));
    PodRule::new(one(namespace), one(name), quirk)
}

/// Sets the run time of existing Jobs and CronJobs.
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
            Some((id, replank_world::rng::Delay::from(said).draw(chance, "runs", &cron.meta.name, 0)))
        })
        .collect();
    for (id, runs) in crons {
        if let Some(cron) = world.store.cron_jobs.get_mut(id) {
            cron.job.work = Some(runs);
        }
    }
}

/// The run time of a Job's pods, by its own name or that of its CronJob.
fn runs(cluster: &Cluster, chance: Chance, job: &Job) -> Option<Span> {
    let meta = &job.meta;
    let owner = meta.references.as_deref().and_then(manifest::controller_among);
    let cron = owner.filter(|owner| owner["kind"] == "CronJob").and_then(|cron| cron["name"].as_str());
    let said = cluster.runs(&meta.namespace, cron.unwrap_or(&meta.name))?;
    Some(replank_world::rng::Delay::from(said).draw(chance, "runs", &meta.name, 0))
}

#[cfg(test)]
mod tests {
    use crate::session::{Definition, Session};
    use replank_formats::manifest::Source;
    use replank_formats::worldfile;
    use replank_world::time::Span;

    /// What is said of a CronJob holds for the Jobs that it began.
    #[test]
    fn a_cron_job_stands_for_its_jobs() {
        let text = "clusters:\n- addons: []\n  nodeGroups: [{name: default}]\n  paces: [{workload: batch/nightly, runs: 2h}]\n";
        let spec = worldfile::read("world", text.as_bytes()).unwrap();
        let text = "\
apiVersion: batch/v1
kind: Job
metadata:
  name: nightly-29733120
  namespace: batch
  ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: nightly, controller: true, uid: 6f1f}]
spec: {template: {spec: {restartPolicy: Never, containers: [{name: run, image: run}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: other, namespace: batch}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: run, image: run}]}}}
";
        let manifests = vec![Source { name: "jobs.yaml".into(), text: text.into(), namespace: None }];
        let session =
            Session::new(Definition { spec, world_file: None, manifests, replaces_workloads: false })
                .unwrap();
        let world = session.world.lock();
        let work = |name: &str| {
            let job = world.store.jobs.find("batch", name).and_then(|id| world.store.jobs.get(id));
            job.map(|job| job.work)
        };
        assert_eq!(work("nightly-29733120"), Some(Some(Span::secs(7200))));
        assert_eq!(work("other"), Some(None));
    }
}
