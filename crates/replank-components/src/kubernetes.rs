//! The components of Kubernetes as they act in a world: what each does when its work is due, and what they know.

use crate::apiserver::{self};
use crate::control::{
    budget, cron_job, daemon_set, deployment, endpoints, garbage, job, node_lifecycle, operator, pod_gc,
    replica_set, stateful_set, taint_eviction, volume,
};
use crate::{acts, autoscaler, fargate, kubelet, machines, notify, schedule};
use replank_world::act::Act;
use replank_world::api::{self, Outcome};
use replank_world::cloud::Effect;
use replank_world::components::{ComponentState, Components};
use replank_world::queue::Work;
use replank_world::refusal::Refusal;
use replank_world::store::{NodeId, PodId, Ref, Verb};
use replank_world::time::Time;
use replank_world::timings::Timings;
use replank_world::world::World;

/// API server, controllers, scheduler, kubelets, what the cloud tells them, and the Cluster Autoscaler.
#[derive(Clone, Copy, Debug)]
pub struct Kubernetes;

/// An empty world at `now` in which the components of Kubernetes act.
pub fn world(seed: u64, now: Time, timings: Timings) -> World {
    World::new(seed, now, timings, &Kubernetes)
}

/// What each component knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct States {
    /// State that the Cluster Autoscaler keeps between its loops.
    pub(crate) autoscaler: autoscaler::Autoscaler,
    /// The Fargate profiles of the cluster.
    pub(crate) fargate: fargate::Profiles,
    /// State of the kubelets of all nodes.
    pub(crate) kubelets: kubelet::Kubelets,
    /// State of the node lifecycle controller.
    pub(crate) lifecycle: node_lifecycle::NodeLifecycle,
    /// State of the taint eviction controller.
    pub(crate) taint_eviction: taint_eviction::TaintEviction,
    /// State of the pod garbage collector.
    pub(crate) pod_gc: pod_gc::PodGc,
    /// Owners of pods that nothing here acts for.
    pub(crate) operators: operator::Operators,
    /// Queues and caches of the scheduler.
    pub(crate) scheduler: schedule::Scheduler,
    /// State of the daemon set controller.
    pub(crate) daemons: daemon_set::Daemons,
    /// The ReplicaSet of each Deployment's current template.
    pub(crate) new_sets: deployment::NewSets,
    /// Next due times of the CronJobs.
    pub(crate) dues: cron_job::Dues,
    /// Pods and services the endpoint slice controller has yet to sync.
    pub(crate) endpoints: endpoints::Endpoints,
}

/// What the components of a world know.
pub(crate) fn components(state: &ComponentState) -> &States {
    state.get()
}

/// What the components of a world know, to change.
pub(crate) fn components_mut(state: &mut ComponentState) -> &mut States {
    state.get_mut()
}

impl Components for Kubernetes {
    fn state(&self) -> ComponentState {
        ComponentState::new(States::default())
    }

    fn happen(&self, world: &mut World, work: Work) {
        match work {
            Work::Budget(id) => budget::sync(world, id),
            Work::StaleDisruption(id) => budget::disruption_stale(world, id),
            Work::ReplicaSet(id) => replica_set::sync(world, id),
            Work::Deployment(id) => deployment::sync(world, id),
            Work::StatefulSet(id) => stateful_set::sync(world, id),
            Work::DaemonSet(id) => daemon_set::sync(world, id),
            Work::DaemonsOn(id) => daemon_set::sync_node(world, id),
            Work::DaemonOn(id, node) => daemon_set::sync_place(world, id, node),
            Work::Job(id) => job::sync(world, id),
            Work::CronJob(id) => cron_job::sync(world, id),
            Work::Endpoints(id) => endpoints::sync(world, id),
            Work::Claim(id) => volume::sync(world, id),
            Work::NodeLifecycle(id) => node_lifecycle::sync(world, id),
            Work::NodeMonitor => node_lifecycle::round(world),
            Work::NodeTaints(zone) => node_lifecycle::taint_pass(world, zone),
            Work::NodeSilent(id) => node_lifecycle::silent(world, id),
            Work::NodeInstance(id) => node_lifecycle::instance(world, id),
            Work::TaintEviction(id) => taint_eviction::sync(world, id),
            Work::PodGc => pod_gc::sync(world),
            Work::Garbage(at) => garbage::sync(world, at),
            Work::Schedule => schedule::next(world),
            Work::BackOff(id) => schedule::back_off_over(world, id),
            Work::Flush => schedule::flush(world),
            Work::Kubelet(id) => kubelet::step(world, id),
            Work::NodeReady(id) => kubelet::node_ready(world, id),
            Work::KubeletDies(id) => kubelet::kill_kubelet(world, id),
            Work::Mirrors(id) => kubelet::make_mirrors(world, id),
            Work::FargateLaunch(id) => fargate::launch(world, id),
            Work::FargateGone(id) => fargate::node_goes(world, id),
            Work::Autoscaler => autoscaler::round(world),
            Work::ScaleDown(id) => autoscaler::remove_step(world, id),
            Work::Cloud(work) => world.ask_cloud(|cloud, moment| cloud.due(moment, work)),
            Work::Script(number) => world.script_due(number),
            Work::Operator(number) => operator::sync(world, number),
        }
    }

    fn written(&self, world: &mut World, at: Ref, verb: Verb) {
        notify::written(world, at, verb);
    }

    fn machine(&self, world: &mut World, effect: Effect) {
        machines::felt(world, effect);
    }

    fn namespace_emptied(&self, world: &mut World, namespace: &str) {
        apiserver::namespace_emptied(world, namespace);
    }

    fn bound(&self, state: &mut ComponentState, pod: PodId, nominated: Option<NodeId>) {
        components_mut(state).scheduler.settled(pod, nominated);
    }

    fn counted(&self, state: &mut ComponentState, node: NodeId, by: i32) {
        components_mut(state).scheduler.hold(node, by);
    }

    fn request(&self, world: &mut World, request: api::Act) -> Result<Outcome, Refusal> {
        apiserver::answer(world, request)
    }

    fn act(&self, world: &mut World, act: Act) -> Result<(), Refusal> {
        acts::carry_out(world, act)
    }
}
