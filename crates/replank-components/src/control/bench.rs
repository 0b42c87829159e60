//! A test bench for controllers: nodes that take every pod, and a stand-in for scheduler and kubelet with fixed
//! times.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::make;
use crate::kubernetes::Kubernetes;
use replank_world::components::Components;
use replank_world::object::{
    Affinity, AsGiven, BindingMode, CronJob, DaemonSet, Deployment, Job, Node, NodeReady, PodManagement,
    PodReplacement, PodSpec, PodTemplate, PreemptionPolicy, ReplicaSet, RestartPolicy, Scheduled,
    StatefulSet, StorageClass, Volume,
};
use replank_world::queue::Work;
use replank_world::store::{
    CronJobId, DaemonSetId, DeploymentId, JobId, NodeId, PodId, Ref, ReplicaSetId, StatefulSetId,
};
use replank_world::time::{Span, Time};
use replank_world::timings::Timings;
use replank_world::vocab::labels::{LabelSetId, Map};
use replank_world::vocab::percent::IntOrPercent;
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::selector::Selector;
use replank_world::vocab::taint::Toleration;
use replank_world::world::World;

/// Interval at which the stand-in acts.
const STEP: Span = Span::millis(5);
/// Time from binding to Ready.
const START: Span = Span::secs(2);
/// Time from the deletion request to the removal of a pod.
const STOP: Span = Span::secs(1);

pub(super) struct Bench {
    pub(super) world: World,
    pub(super) nodes: Vec<NodeId>,
    /// Names of pods that never become Ready.
    pub(super) sick: Vec<String>,
    bound: BTreeMap<PodId, Time>,
}

impl Bench {
    pub(super) fn new(nodes: usize) -> Self {
        let mut world = crate::kubernetes::world(7, Time(0), Timings::default());
        let nodes = (0..nodes).map(|number| node(&mut world, &format!("n{number}"))).collect();
        Self { world, nodes, sick: Vec::new(), bound: BTreeMap::new() }
    }

    pub(super) fn pods(&self, owner: Ref) -> Vec<PodId> {
        self.world.store.index.pods_of(owner).collect()
    }

    pub(super) fn names(&self, owner: Ref) -> Vec<String> {
        let name = |id| self.world.store.pods.get(id).map(|pod| pod.meta.name.to_string());
        let mut names: Vec<String> = self.pods(owner).into_iter().filter_map(name).collect();
        names.sort();
        names
    }

    pub(super) fn ready(&self, owner: Ref) -> usize {
        let ready =
            |id: &PodId| self.world.store.pods.get(*id).is_some_and(|pod| pod.ready.is && pod.active());
        self.pods(owner).iter().filter(|id| ready(id)).count()
    }

    pub(super) fn pod(&self, name: &str) -> Option<PodId> {
        self.world.store.pods.find("shop", name)
    }

    pub(super) fn delete(&mut self, name: &str) {
        let pod = self.pod(name).unwrap();
        make::delete(&mut self.world, pod);
    }

    pub(super) fn settle(&mut self) {
        self.pass(Span::secs(30));
    }

    /// Advances time, with the stand-in acting for scheduler and kubelet.
    pub(super) fn pass(&mut self, span: Span) {
        let end = self.world.now + span;
        while self.world.now < end {
            let next = (self.world.now + STEP).min(end);
            self.advance_to(next);
            let pods: Vec<PodId> = self.world.store.pods.iter().map(|(id, _)| id).collect();
            for pod in pods {
                self.step(pod);
            }
        }
    }

    /// Runs the work of the workload controllers only; other work is dropped.
    fn advance_to(&mut self, until: Time) {
        while let Some((time, work)) = self.world.queue.pop(until) {
            self.world.now = self.world.now.max(time);
            match work {
                Work::ReplicaSet(_)
                | Work::Deployment(_)
                | Work::StatefulSet(_)
                | Work::DaemonSet(_)
                | Work::DaemonsOn(_)
                | Work::DaemonOn(..)
                | Work::Job(_)
                | Work::CronJob(_)
                | Work::Garbage(_)
                | Work::Claim(_) => Kubernetes.happen(&mut self.world, work),
                _ => {}
            }
        }
        self.world.now = until;
    }

    fn step(&mut self, id: PodId) {
        let now = self.world.now;
        let Some(pod) = self.world.store.pods.get(id) else { return };
        if let Some(deletion) = pod.meta.deletion {
            if now >= deletion.asked_at + STOP && deletion.grace_seconds > 0 {
                crate::apiserver::delete_pod_now(&mut self.world, id);
            }
            return;
        }
        let (pinned, name) = (pod.pinned.clone(), pod.meta.name.to_string());
        match pod.node {
            None => {
                let node = match pinned {
                    Some(name) => self.world.store.nodes.find("", &name),
                    None => self.nodes.get(id.0 as usize % self.nodes.len().max(1)).copied(),
                };
                if let Some(node) = node.filter(|node| self.world.store.nodes.get(*node).is_some()) {
                    self.world.bind_pod(id, node);
                    self.bound.insert(id, now);
                }
            }
            Some(_) if !pod.ready.is && !pod.finished() && !self.sick.contains(&name) => {
                if self.bound.get(&id).is_some_and(|bound| now >= *bound + START) {
                    self.bound.remove(&id);
                    self.world.edit_pod(id, |pod| {
                        pod.phase = replank_world::object::Phase::Running;
                        pod.ready = replank_world::object::Ready { is: true, since: now };
                        pod.scheduled = Scheduled::Bound;
                    });
                }
            }
            Some(_) => {}
        }
    }

    pub(super) fn move_to(&mut self, pod: PodId, node: NodeId) {
        if let Some(old) = self.world.store.pods.get(pod).and_then(|pod| pod.node) {
            self.world.store.index.on_node.get_mut(&old).unwrap().remove(&pod);
        }
        self.world.store.index.on_node.entry(node).or_default().insert(pod);
        self.world.edit_pod(pod, |pod| pod.node = Some(node));
    }
}

pub(crate) fn node(world: &mut World, name: &str) -> NodeId {
    node_with(world, name, |_| {})
}

pub(crate) fn node_with(world: &mut World, name: &str, change: impl FnOnce(&mut Node)) -> NodeId {
    let mut meta = make::meta(world, Arc::from(""), Arc::from(name), None);
    let labels = Map::from([(Arc::from("kubernetes.io/hostname"), Arc::from(name))]);
    meta.labels = world.label_set(&labels);
    let mut node = Node {
        meta,
        instance: Arc::from("i-0"),
        zone: Arc::from("a"),
        unschedulable: false,
        cordoned: None,
        taints: Vec::new(),
        allocatable: Resources::default(),
        pods_max: 110,
        volumes_max: 20,
        ready: NodeReady::True,
        ready_since: world.now,
        kubelet: Arc::from("v1.34.4"),
        alive: true,
        used: Resources::default(),
        used_nonzero: Resources::default(),
    };
    change(&mut node);
    world.add(|store| &mut store.nodes, node, Ref::Node)
}

pub(crate) fn template(world: &mut World, app: &str, change: impl FnOnce(&mut PodSpec)) -> Arc<PodTemplate> {
    let mut spec = PodSpec {
        grace_seconds: 30,
        affinity: Affinity::default(),
        preemption: PreemptionPolicy::default(),
        restart: RestartPolicy::Always,
        ..PodSpec::default()
    };
    change(&mut spec);
    let labels = Map::from([(Arc::from("app"), Arc::from(app))]);
    let raw = serde_json::json!({"metadata": {"labels": {"app": app}}, "spec": {"is": format!("{spec:?}")}});
    world.enter_template(PodTemplate {
        id: 0,
        labels: Arc::new(labels),
        label_set: LabelSetId(0),
        annotations: Arc::default(),
        spec,
        raw: raw.into(),
    })
}

pub(crate) fn replica_set(world: &mut World, name: &str, replicas: i64) -> ReplicaSetId {
    let template = template(world, name, |_| {});
    let set = ReplicaSet {
        meta: make::meta(world, Arc::from("shop"), Arc::from(name), None),
        replicas,
        selector: Selector::of_labels(&template.labels),
        template,
        min_ready: Span::ZERO,
        status: [0; 3],
        terminating: None,
        failure: None,
        is_controller: false,
        revision: 0,
        made: 0,
    };
    world.add(|store| &mut store.replica_sets, set, Ref::ReplicaSet)
}

pub(crate) fn tolerate_all() -> Toleration {
    Toleration { key: None, value: None, effect: None, seconds: None }
}

pub(crate) fn daemon_set(world: &mut World, name: &str, change: impl FnOnce(&mut PodSpec)) -> DaemonSetId {
    let template = template(world, name, change);
    let set = DaemonSet {
        meta: make::meta(world, Arc::from("shop"), Arc::from(name), None),
        selector: Selector::of_labels(&template.labels),
        template,
        max_unavailable: Some(IntOrPercent::Int(1)),
        max_surge: IntOrPercent::Int(0),
        min_ready: Span::ZERO,
        status: [0; 4],
        rollout: [0; 3],
        observed: 0,
        made: 0,
        raw: AsGiven::default(),
    };
    world.add(|store| &mut store.daemon_sets, set, Ref::DaemonSet)
}

pub(crate) fn stateful_set(
    world: &mut World,
    name: &str,
    replicas: i64,
    change: impl FnOnce(&mut StatefulSet),
) -> StatefulSetId {
    let template =
        template(world, name, |spec| spec.volumes = vec![Volume::ClaimTemplate(Arc::from("data"))]);
    let mut set = StatefulSet {
        meta: make::meta(world, Arc::from("shop"), Arc::from(name), None),
        replicas,
        first: 0,
        selector: Selector::of_labels(&template.labels),
        template,
        claims: vec![(Arc::from("data"), AsGiven::default())],
        claims_when_deleted: replank_world::object::Fate::Retain,
        claims_when_scaled: replank_world::object::Fate::Retain,
        management: PodManagement::OrderedReady,
        min_ready: Span::ZERO,
        partition: Some(0),
        max_unavailable: None,
        status: [0; 3],
        raw: AsGiven::default(),
    };
    change(&mut set);
    world.add(|store| &mut store.stateful_sets, set, Ref::StatefulSet)
}

pub(crate) fn deployment(world: &mut World, name: &str, replicas: i64) -> DeploymentId {
    let template = template(world, name, |_| {});
    let deployment = Deployment {
        meta: make::meta(world, Arc::from("shop"), Arc::from(name), None),
        replicas,
        selector: Selector::of_labels(&template.labels),
        template,
        min_ready: Span::ZERO,
        recreate: false,
        max_surge: IntOrPercent::Percent(25),
        max_unavailable: IntOrPercent::Percent(25),
        paused: false,
        status: [0; 3],
        updated: 0,
        terminating: None,
        observed: 0,
        progress_deadline: Some(Span::secs(600)),
        progressing: None,
        available: None,
        failure: None,
        raw: AsGiven::default(),
    };
    world.add(|store| &mut store.deployments, deployment, Ref::Deployment)
}

pub(crate) fn job(world: &mut World, name: &str, change: impl FnOnce(&mut Job)) -> JobId {
    let mut job = plain_job(world, name);
    change(&mut job);
    world.add(|store| &mut store.jobs, job, Ref::Job)
}

pub(crate) fn cron_job(
    world: &mut World,
    name: &str,
    schedule: &str,
    change: impl FnOnce(&mut CronJob),
) -> CronJobId {
    let mut cron = CronJob {
        meta: make::meta(world, Arc::from("shop"), Arc::from(name), None),
        schedule: Arc::from(schedule),
        suspended: false,
        overlap: replank_world::object::Overlap::Allow,
        job: Box::new(plain_job(world, name)),
        made: 0,
        scheduled_at: None,
        succeeded_at: None,
        raw: AsGiven::default(),
    };
    change(&mut cron);
    world.add(|store| &mut store.cron_jobs, cron, Ref::CronJob)
}

fn plain_job(world: &mut World, name: &str) -> Job {
    let template = template(world, name, |spec| spec.restart = RestartPolicy::Never);
    Job {
        meta: make::meta(world, Arc::from("shop"), Arc::from(name), None),
        parallelism: 1,
        completions: Some(1),
        backoff_limit: 6,
        template,
        replacement: PodReplacement::TerminatingOrFailed,
        failure_policy: Vec::new(),
        backoff_per_index: None,
        failed_indexes_max: None,
        deadline: None,
        ttl: None,
        indexed: false,
        suspended: false,
        work: None,
        succeeded: 0,
        failed: 0,
        completed: std::collections::BTreeSet::new(),
        failed_indexes: std::collections::BTreeSet::new(),
        index_failures: BTreeMap::new(),
        failures: (0, None),
        started_at: None,
        suspension: None,
        end: None,
        ended_at: None,
        made: 0,
        raw: AsGiven::default(),
    }
}

pub(crate) fn storage_class(world: &mut World, name: &str, binding: BindingMode) {
    let class = StorageClass {
        meta: make::meta(world, Arc::from(""), Arc::from(name), None),
        binding,
        provisions: true,
        is_default: false,
        allowed: Vec::new(),
        raw: AsGiven::default(),
    };
    world.add(|store| &mut store.storage_classes, class, Ref::StorageClass);
}
