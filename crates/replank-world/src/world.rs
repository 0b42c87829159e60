//! The state of the world and all writes to it, which keep indices, watch cache and queue in step.

use std::sync::Arc;

use crate::act::{Act, ActLog};
use crate::cloud::{Cloud, Effect};
use crate::components::{ComponentState, Components};
use crate::disruption_statistics::DisruptionStatistics;
use crate::fault::Faults;
use crate::follow::Follower;
use crate::object::{Node, Pod, PodTemplate};
use crate::queue::{Queue, Work};
use crate::recorder::Recorder;
use crate::revisions::Revisions;
use crate::rng::{Chance, mix};
use crate::store::{Change, ClaimId, Gone, NodeId, PodId, Ref, Store, Table, Verb, drop_from};
use crate::time::{Span, Time};
use crate::timings::Timings;
use crate::vocab::labels::LabelSetId;

/// The namespaces that every cluster has.
pub const SYSTEM_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// A cluster and a cloud in virtual time, with the state of every part.
#[derive(Clone, Debug)]
pub struct World {
    /// The current virtual time.
    pub now: Time,
    /// The source of all random draws, from the seed.
    pub chance: Chance,
    /// The objects of the cluster.
    pub store: Store,
    /// How long things take.
    pub timings: Timings,
    /// Auto Scaling groups, instances, images and instance types.
    pub cloud: Cloud,
    /// Recorded Kubernetes Events.
    pub events: crate::event_log::EventLog,
    /// Injected failures: rules for calls and observations that fail, come late or are stale.
    pub faults: Faults,
    /// Counts of disruptions of the applications, for previews and reports.
    pub tally: DisruptionStatistics,
    /// Time that calls through the adapters took, not yet added to `now` (`WorldClock::take_owed`).
    pub owed: Span,
    /// Records how watched objects change, when switched on with [`World::watch`].
    pub witness: Option<Recorder>,
    /// What admission checks objects against: the Kubernetes version, the priority classes.
    pub known: crate::known::Known,
    /// Requests to deprecated versions of the API.
    pub deprecated_requests: crate::deprecated_requests::DeprecatedRequests,
    /// Validating webhooks on `pods/eviction` that refuse.
    pub webhooks: Vec<crate::api::Webhook>,
    /// Scheduled commands, by the index in `Work::Script`; `None` once carried out.
    pub(crate) script: Vec<Option<Act>>,
    /// How many commands succeeded.
    pub(crate) acts: u64,
    /// Receives each command from outside with its time, for replay.
    pub log: Option<Arc<dyn ActLog>>,
    /// Is called on every write, for the watches of the API.
    pub follower: Option<Arc<dyn Follower>>,
    /// Pending work of all parts, by time.
    pub queue: Queue,
    /// The templates that stateful and daemon sets had.
    pub revisions: Revisions,
    /// Who acts in it.
    pub(crate) components: &'static dyn Components,
    /// What those who act in it keep to themselves.
    pub state: ComponentState,
    /// How many uids were drawn so far.
    pub made: u64,
}

impl World {
    /// An empty world at `now`, in which these act.
    pub fn new(seed: u64, now: Time, timings: Timings, components: &'static dyn Components) -> Self {
        Self {
            now,
            chance: Chance(seed),
            store: Store::default(),
            timings,
            cloud: Cloud::new("us-west-2"),
            events: crate::event_log::EventLog::default(),
            faults: Faults::none(Chance(mix(seed))),
            tally: DisruptionStatistics::default(),
            owed: Span(0),
            witness: None,
            known: crate::known::Known::default(),
            deprecated_requests: crate::deprecated_requests::DeprecatedRequests::default(),
            webhooks: Vec::new(),
            script: Vec::new(),
            acts: 0,
            log: None,
            follower: None,
            queue: Queue::default(),
            revisions: Revisions::default(),
            components,
            state: components.state(),
            made: 0,
        }
    }

    /// The time of the next event that is due by itself; `None` when nothing is.
    pub fn next_event_at(&mut self) -> Option<Time> {
        self.queue.next_at()
    }

    /// Advances time to `until`, running what is due. How callers divide the time does not change the result.
    pub fn advance_to(&mut self, until: Time) {
        while let Some((time, work)) = self.queue.pop(until) {
            self.now = self.now.max(time);
            self.components.happen(self, work);
        }
        self.now = self.now.max(until);
    }

    /// Something became of a machine.
    pub fn machine(&mut self, effect: Effect) {
        self.components.machine(self, effect);
    }

    /// Puts an empty event at `at`, so that a client which rests until the next event wakes then.
    pub fn look_up_at(&mut self, at: Time) {
        self.queue.at(at.max(self.now), Work::Script(u32::MAX));
    }

    /// Schedules work after a pause.
    pub fn after(&mut self, pause: Span, work: Work) {
        self.queue.at(self.now + pause, work);
    }

    /// Schedules work of a controller after its reaction time (`Timings::control`).
    pub fn soon(&mut self, work: Work) {
        self.queue.soon(self.now + self.timings.control, work);
    }

    /// Completes a write: resource version, watch cache, follower, and the controllers that react.
    pub fn changed(&mut self, at: Ref, verb: Verb) {
        self.store.changes.version += 1;
        let version = self.store.changes.version;
        let Some(meta) = self.store.meta_mut(at) else { return };
        meta.version = version;
        let uid = meta.uid;
        let references = meta.references.clone().filter(|_| verb == Verb::Deleted);
        let gone = (verb == Verb::Deleted)
            .then(|| Arc::new(Gone { namespace: meta.namespace.clone(), name: meta.name.clone(), uid }));
        let change = Change { version, at, verb, gone };
        if let Some(follower) = self.follower.clone() {
            follower.changed(self, &change);
        }
        self.store.changes.push(change);
        if verb == Verb::Deleted {
            self.store.managed.remove(&uid);
            self.store.said.remove(&uid);
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
        self.components.written(self, at, verb);
    }

    /// Creates a pod. The caller has checked that its name is free.
    pub fn add_pod(&mut self, pod: Pod) -> PodId {
        let id = self.store.pods.insert(pod);
        self.index_pod(id);
        self.changed(Ref::Pod(id), Verb::Added);
        id
    }

    /// Changes a pod in place; binding, labels and owner have functions of their own.
    ///
    /// A pod that becomes terminal no longer counts against its node's resources, as for kube-scheduler.
    pub fn edit_pod(&mut self, id: PodId, edit: impl FnOnce(&mut Pod)) {
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

    /// Starts the disruption statistics afresh from the present pods.
    pub fn begin_tally(&mut self) {
        self.tally = DisruptionStatistics::begun(self.store.pods.iter().map(|(_, pod)| pod), self.now);
    }

    /// The pods that have been without a node since the statistics began.
    pub fn unplaced(&self) -> replank_core::node_group::plan::Unplaced {
        self.tally.unplaced(self.store.pods.iter().map(|(_, pod)| pod), self.now)
    }

    /// Binds a pod to a node (subresource `binding`): node and condition `PodScheduled` in one write.
    pub fn bind_pod(&mut self, id: PodId, node: NodeId) {
        let Some(pod) = self.store.pods.get_mut(id) else { return };
        pod.node = Some(node);
        let nominated = pod.nominated.take();
        pod.scheduled = crate::object::Scheduled::Bound;
        self.tally.settled(pod, self.now);
        self.components.bound(&mut self.state, id, nominated);
        self.count_resources(id);
        self.changed(Ref::Pod(id), Verb::Modified);
    }

    /// Adds a bound pod's requests to its node, once.
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
        self.components.counted(&mut self.state, node, 1);
    }

    /// Takes a pod's requests off its node, once.
    pub fn release_resources(&mut self, id: PodId) {
        let Some(pod) = self.store.pods.get_mut(id).filter(|pod| pod.counted) else { return };
        pod.counted = false;
        let (Some(at), template) = (pod.node, pod.template.clone()) else { return };
        if let Some(node) = self.store.nodes.get_mut(at) {
            node.used.add(&template.spec.requests, -1);
            node.used_nonzero.add(&template.spec.nonzero, -1);
        }
        self.components.counted(&mut self.state, at, -1);
    }

    /// Removes a pod from the store and all indices.
    pub fn remove_pod(&mut self, id: PodId) {
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
        pod.claims.iter().for_each(|claim| drop_from(&mut index.by_claim, claim, &id));
        if let Some(owner) = pod.meta.owner.as_ref().and_then(|owner| owner.at) {
            drop_from(&mut index.owned, &owner, &Ref::Pod(id));
        }
        let works = [Work::Kubelet(id), Work::TaintEviction(id), Work::BackOff(id), Work::FargateLaunch(id)];
        works.into_iter().for_each(|work| self.queue.cancel(work));
        self.left(Some(&pod.meta.namespace));
    }

    /// Makes a pod a user of a claim that was made after it.
    pub fn use_claim(&mut self, pod: PodId, claim: ClaimId) {
        let Some(user) = self.store.pods.get_mut(pod) else { return };
        user.claims.push(claim);
        self.store.index.by_claim.entry(claim).or_default().insert(pod);
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
    pub fn edit_node(&mut self, id: NodeId, edit: impl FnOnce(&mut Node)) {
        let Some(node) = self.store.nodes.get_mut(id) else { return };
        edit(node);
        self.changed(Ref::Node(id), Verb::Modified);
    }

    /// Creates an object that is not a pod, and indexes its owner.
    pub fn add<T>(
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

    /// Whether a namespace exists; the system's always do.
    pub fn has_namespace(&self, name: &str) -> bool {
        SYSTEM_NAMESPACES.contains(&name) || self.store.index.namespaces.contains(name)
    }

    /// Interns a label set.
    pub fn label_set(&mut self, labels: &crate::vocab::labels::Map) -> LabelSetId {
        self.store.labels.intern(labels)
    }

    /// Removes an object from the store and its indices; pods go through [`Self::remove_pod`].
    pub fn remove(&mut self, at: Ref) {
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

    /// Completes the deletion of a terminating namespace when its last object has gone.
    fn left(&mut self, namespace: Option<&Arc<str>>) {
        if let Some(namespace) = namespace.filter(|name| self.store.index.ending.contains(&***name)) {
            self.components.namespace_emptied(self, namespace);
        }
    }

    /// Shares and numbers a pod template; every template must pass through here before pods are made from it.
    pub fn enter_template(&mut self, template: PodTemplate) -> Arc<PodTemplate> {
        self.store.templates.enter(template, &mut self.store.labels)
    }
}
