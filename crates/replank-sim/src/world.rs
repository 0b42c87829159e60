//! The world: its time, its objects, its queue. Everything that happens goes through here.

use std::sync::Arc;

use crate::act::{Act, ActLog};
use crate::control;
use crate::disruption_statistics::DisruptionStatistics;
use crate::fault::Faults;
use crate::follow::Follower;
use crate::object::{Node, Pod, PodTemplate};
use crate::queue::{Queue, Work};
use crate::recorder::Recorder;
use crate::refusal::Refusal;
use crate::rng::{Chance, mix};
use crate::store::{Change, NodeId, PodId, Ref, Store, Table, Verb, drop_from};
use crate::time::{Span, Time};
use crate::timings::Timings;
use crate::vocab::labels::LabelSetId;

/// A cluster and a cloud in virtual time.
#[derive(Clone, Debug)]
pub struct World {
    /// Its time.
    pub now: Time,
    /// Its chance.
    pub chance: Chance,
    /// Its objects.
    pub store: Store,
    /// How long things take in it.
    pub timings: Timings,
    /// Its cloud.
    pub cloud: crate::cloud::Cloud,
    /// What the Cluster Autoscaler remembers.
    pub(crate) autoscaler: crate::cloud::autoscaler::Autoscaler,
    /// Kubernetes Events.
    pub events: crate::event_log::EventLog,
    /// What the kubelets know.
    pub(crate) kubelets: crate::kubelet::Kubelets,
    /// What goes wrong between the world and who asks it.
    pub faults: Faults,
    /// What the applications went through.
    pub tally: DisruptionStatistics,
    /// What calls of the faces took and nobody has let pass yet.
    pub(crate) owed: Span,
    /// Who watches, if anybody does.
    pub witness: Option<Recorder>,
    /// What the node lifecycle controller knows.
    pub(crate) lifecycle: control::node_lifecycle::NodeLifecycle,
    /// What the taint eviction controller knows.
    pub(crate) taint_eviction: control::taint_eviction::TaintEviction,
    /// What the pod garbage collector knows.
    pub(crate) pod_gc: control::pod_gc::PodGc,
    pub(crate) operators: control::operator::Operators,
    /// What admission knows: version, priority classes.
    pub known: crate::manifest::Known,
    /// Admission webhooks that refuse evictions.
    pub webhooks: Vec<crate::api::Webhook>,
    /// Acts that are to happen by themselves, by number.
    script: Vec<Option<Act>>,
    /// How many acts from outside took effect.
    acts: u64,
    /// Who writes acts down.
    pub(crate) log: Option<Arc<dyn ActLog>>,
    /// Who follows every write.
    pub follower: Option<Arc<dyn Follower>>,
    /// What happens next.
    pub(crate) queue: Queue,
    /// The scheduler's own state.
    pub(crate) scheduler: crate::schedule::Scheduler,
    /// The daemon set controller's own state.
    pub(crate) daemons: control::Daemons,
    /// The revisions of stateful sets.
    pub(crate) rollouts: control::Rollouts,
    /// What clients list of the revisions of stateful and daemon sets.
    pub(crate) revisions: control::Revisions,
    /// The newest replica set of each deployment.
    pub(crate) new_sets: control::NewSets,
    /// When cron jobs are due.
    pub(crate) dues: control::Dues,
    /// What the endpoint slice controller has to look at.
    pub(crate) endpoints: control::Endpoints,
    /// How many objects it ever made; names their identities.
    pub(crate) made: u64,
}

impl World {
    /// An empty world at `now`.
    pub fn new(seed: u64, now: Time, timings: Timings) -> Self {
        Self {
            now,
            chance: Chance(seed),
            store: Store::default(),
            timings,
            cloud: crate::cloud::Cloud::new("us-west-2"),
            autoscaler: crate::cloud::autoscaler::Autoscaler::default(),
            events: crate::event_log::EventLog::default(),
            kubelets: crate::kubelet::Kubelets::default(),
            faults: Faults::none(Chance(mix(seed))),
            tally: DisruptionStatistics::default(),
            owed: Span(0),
            witness: None,
            lifecycle: control::node_lifecycle::NodeLifecycle::default(),
            taint_eviction: control::taint_eviction::TaintEviction::default(),
            pod_gc: control::pod_gc::PodGc::default(),
            operators: control::operator::Operators::default(),
            known: crate::manifest::Known::default(),
            webhooks: Vec::new(),
            script: Vec::new(),
            acts: 0,
            log: None,
            follower: None,
            queue: Queue::default(),
            scheduler: crate::schedule::Scheduler::default(),
            daemons: control::Daemons::default(),
            rollouts: control::Rollouts::default(),
            revisions: control::Revisions::default(),
            new_sets: control::NewSets::default(),
            dues: control::Dues::default(),
            endpoints: control::Endpoints::default(),
            made: 0,
        }
    }

    /// When something happens by itself next.
    pub fn next_event_at(&mut self) -> Option<Time> {
        self.queue.next_at()
    }

    /// Lets time pass to `until`. How finely a caller does this never changes what happens.
    pub fn advance_to(&mut self, until: Time) {
        while let Some((time, work)) = self.queue.pop(until) {
            self.now = self.now.max(time);
            control::happen(self, work);
        }
        self.now = self.now.max(until);
    }

    /// How many acts from outside took effect: a world in which this stands still waits for a person.
    pub fn progress(&self) -> u64 {
        self.acts
    }

    /// Carries an act from outside out, now.
    pub fn act(&mut self, act: Act) -> Result<(), Refusal> {
        if let Some(log) = &self.log {
            log.note(self.now, &act);
        }
        let outcome = crate::act::carry_out(self, act);
        self.acts += u64::from(outcome.is_ok());
        outcome
    }

    /// Lets an act happen by itself after a pause; what the world says to it nobody hears.
    pub fn act_later(&mut self, pause: Span, act: Act) {
        let number = self.script.len() as u32;
        self.script.push(Some(act));
        self.after(pause, Work::Script(number));
    }

    /// An act that was to happen by itself is due.
    pub(crate) fn script_due(&mut self, number: u32) {
        if let Some(act) = self.script.get_mut(number as usize).and_then(Option::take) {
            // It follows from the act that asked for it, so it is not written down again.
            self.acts += u64::from(crate::act::carry_out(self, act).is_ok());
        }
    }

    /// Makes sure that something happens at a time, so that whoever follows the world looks up then.
    pub(crate) fn look_up_at(&mut self, at: Time) {
        self.queue.at(at.max(self.now), Work::Script(u32::MAX));
    }

    /// Asks for work after a pause.
    pub(crate) fn after(&mut self, pause: Span, work: Work) {
        self.queue.at(self.now + pause, work);
    }

    /// Asks a controller for work: its latency is the world's.
    pub(crate) fn soon(&mut self, work: Work) {
        self.queue.at(self.now + self.timings.control, work);
    }

    /// Notes that an object changed: its version, the log, and whoever has to look at it.
    pub(crate) fn changed(&mut self, at: Ref, verb: Verb) {
        self.store.changes.version += 1;
        let version = self.store.changes.version;
        let Some(meta) = self.store.meta_mut(at) else { return };
        meta.version = version;
        let (place, uid) = ((meta.namespace.clone(), meta.name.clone()), meta.uid.0);
        let references = meta.references.clone().filter(|_| verb == Verb::Deleted);
        let change = Change { version, at, verb, place, uid };
        if let Some(follower) = self.follower.clone() {
            follower.changed(self, &change);
        }
        self.store.changes.push(change);
        if verb == Verb::Deleted {
            self.store.managed.remove(&crate::object::Uid(uid));
            self.store.said.remove(&crate::object::Uid(uid));
        }
        if let Some(references) = references {
            self.store.references.remove(at, &references);
        }
        if let Ref::Budget(id) = at
            && let Some(budget) = self.store.budgets.get(id)
        {
            self.tally.counted(budget, self.now);
        }
        if let Ref::Pod(id) = at {
            let pod = self.store.pods.get(id).filter(|_| verb != Verb::Deleted);
            self.store.index.standing.count(id, pod);
        }
        if let Some(witness) = &mut self.witness {
            witness.written(&self.store, at, verb, self.now);
        }
        control::notify(self, at, verb);
    }

    /// Puts a pod in. Its name must be free.
    pub(crate) fn add_pod(&mut self, pod: Pod) -> PodId {
        let id = self.store.pods.insert(pod);
        self.index_pod(id);
        self.changed(Ref::Pod(id), Verb::Added);
        id
    }

    /// Changes a pod in place. Binding, labels and owner have writes of their own.
    ///
    /// A pod that reaches a terminal phase stops counting against its node (Kubernetes: the scheduler's view).
    pub(crate) fn edit_pod(&mut self, id: PodId, edit: impl FnOnce(&mut Pod)) {
        let Some(pod) = self.store.pods.get_mut(id) else { return };
        let stayed = !pod.terminating() && !pod.finished();
        edit(pod);
        if stayed && pod.terminating() {
            self.tally.leaves(pod);
        }
        if pod.finished() {
            self.release_resources(id);
        }
        self.changed(Ref::Pod(id), Verb::Modified);
    }

    /// Counts anew what happens to applications.
    pub fn begin_tally(&mut self) {
        self.tally = DisruptionStatistics::begun(self.store.pods.iter().map(|(_, pod)| pod), self.now);
    }

    /// The pods without a node since the tally was begun.
    pub fn unplaced(&self) -> replank_core::node_group::preview::Unplaced {
        self.tally.unplaced(self.store.pods.iter().map(|(_, pod)| pod), self.now)
    }

    /// Binds a pod to a node (subresource `binding`): one write with the node and `PodScheduled`.
    pub(crate) fn bind_pod(&mut self, id: PodId, node: NodeId) {
        let Some(pod) = self.store.pods.get_mut(id) else { return };
        pod.node = Some(node);
        let nominated = pod.nominated.take();
        pod.scheduled = crate::object::Scheduled::Bound;
        self.tally.settled(pod, self.now);
        self.scheduler.settled(id, nominated);
        self.count_resources(id);
        self.changed(Ref::Pod(id), Verb::Modified);
    }

    /// Counts a bound pod on its node, once.
    fn count_resources(&mut self, id: PodId) {
        let Some(pod) = self.store.pods.get_mut(id) else { return };
        let Some(node) = pod.node.filter(|_| !pod.counted && !pod.finished()) else { return };
        pod.counted = true;
        let template = pod.template.clone();
        self.store.index.on_node.entry(node).or_default().insert(id);
        if let Some(node) = self.store.nodes.get_mut(node) {
            node.used.add(&template.spec.requests, 1);
            node.used_nonzero.add(&template.spec.nonzero, 1);
        }
        self.scheduler.hold(node, 1);
    }

    /// Stops counting a pod against its node, once.
    pub(crate) fn release_resources(&mut self, id: PodId) {
        let Some(pod) = self.store.pods.get_mut(id).filter(|pod| pod.counted) else { return };
        pod.counted = false;
        let (Some(at), template) = (pod.node, pod.template.clone()) else { return };
        if let Some(node) = self.store.nodes.get_mut(at) {
            node.used.add(&template.spec.requests, -1);
            node.used_nonzero.add(&template.spec.nonzero, -1);
        }
        self.scheduler.hold(at, -1);
    }

    /// Takes a pod out.
    pub(crate) fn remove_pod(&mut self, id: PodId) {
        self.release_resources(id);
        self.changed(Ref::Pod(id), Verb::Deleted);
        let Some(pod) = self.store.pods.remove(id) else { return };
        let index = &mut self.store.index;
        if let Some(node) = pod.node {
            drop_from(&mut index.on_node, &node, &id);
        }
        if let Some(sets) = index.by_labels.get_mut(&pod.meta.namespace)
            && let Some(pods) = sets.get_mut(&pod.meta.labels)
        {
            pods.remove(&id);
            if pods.is_empty() {
                sets.remove(&pod.meta.labels);
            }
        }
        for claim in &pod.claims {
            drop_from(&mut index.by_claim, claim, &id);
        }
        if let Some(owner) = pod.meta.owner.as_ref().and_then(|owner| owner.at) {
            drop_from(&mut index.owned, &owner, &Ref::Pod(id));
        }
        for work in [Work::Kubelet(id), Work::TaintEviction(id), Work::BackOff(id)] {
            self.queue.cancel(work);
        }
        self.left(Some(&pod.meta.namespace));
    }

    fn index_pod(&mut self, id: PodId) {
        let Some(pod) = self.store.pods.get(id) else { return };
        let index = &mut self.store.index;
        let sets = index.by_labels.entry(pod.meta.namespace.clone()).or_default();
        sets.entry(pod.meta.labels).or_default().insert(id);
        for claim in &pod.claims {
            index.by_claim.entry(*claim).or_default().insert(id);
        }
        if let Some(owner) = pod.meta.owner.as_ref().and_then(|owner| owner.at) {
            index.owned.entry(owner).or_default().insert(Ref::Pod(id));
        }
        if let Some(node) = pod.node {
            index.on_node.entry(node).or_default().insert(id);
            self.count_resources(id);
        }
    }

    /// Changes a node in place.
    pub(crate) fn edit_node(&mut self, id: NodeId, edit: impl FnOnce(&mut Node)) {
        let Some(node) = self.store.nodes.get_mut(id) else { return };
        edit(node);
        self.changed(Ref::Node(id), Verb::Modified);
    }

    /// Puts an object of another kind in and indexes its owner.
    pub(crate) fn add<T>(
        &mut self,
        pick: impl Fn(&mut Store) -> &mut Table<T>,
        object: T,
        at: fn(T::Id) -> Ref,
    ) -> T::Id
    where
        T: crate::store::Row,
    {
        let owner = object.meta().owner.as_ref().and_then(|owner| owner.at);
        let id = pick(&mut self.store).insert(object);
        if let Some(owner) = owner {
            self.store.index.owned.entry(owner).or_default().insert(at(id));
        }
        self.changed(at(id), Verb::Added);
        id
    }

    /// The label set of a map.
    pub fn label_set(&mut self, labels: &crate::vocab::labels::Map) -> LabelSetId {
        self.store.labels.intern(labels)
    }

    /// Takes an object out: the log, the indices and its work with it. Pods have [`Self::remove_pod`].
    pub(crate) fn remove(&mut self, at: Ref) {
        if let Ref::Pod(id) = at {
            return self.remove_pod(id);
        }
        self.changed(at, Verb::Deleted);
        let owner = self.store.meta(at).and_then(|meta| meta.owner.as_ref()).and_then(|owner| owner.at);
        if let Some(owner) = owner {
            drop_from(&mut self.store.index.owned, &owner, &at);
        }
        if let Ref::Node(id) = at
            && let Some(node) = self.store.nodes.get(id)
        {
            self.store.index.by_instance.remove(&node.instance);
        }
        let namespace = self.store.meta(at).map(|meta| meta.namespace.clone());
        self.store.take(at);
        self.left(namespace.as_ref());
    }

    /// Something left a namespace, which may have waited for that.
    fn left(&mut self, namespace: Option<&Arc<str>>) {
        if let Some(namespace) = namespace.filter(|name| self.store.index.ending.contains(&***name)) {
            crate::api::namespace_emptied(self, namespace);
        }
    }

    /// Takes a pod template in. Whatever is put into the world names its template through this.
    pub fn enter_template(&mut self, template: PodTemplate) -> Arc<PodTemplate> {
        self.store.templates.enter(template, &mut self.store.labels)
    }
}
