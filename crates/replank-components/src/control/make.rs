//! Creating and deleting pods for an owner: the steps that the workload controllers share.

use std::sync::Arc;

use replank_world::api;
use replank_world::event_log::Severity;

use crate::{apiserver, fargate};
use replank_world::object::{Meta, OwnerRef, Phase, Pod, PodTemplate, Ready, Scheduled, Uid, Volume};
use replank_world::queue::Work;
use replank_world::store::{ClaimId, Other, OtherId, PodId, Ref, Verb};
use replank_world::vocab::labels::{LabelSetId, Map};
use replank_world::world::World;

/// A generated name is cut to this length before its suffix (Kubernetes: `names.SimpleNameGenerator`).
const BASE_MAX: usize = 58;
/// How many suffixes the API server tries before it answers 409.
const NAME_TRIES: u32 = 8;

/// A pod to create.
pub(crate) struct Order {
    /// Reference to the controller that creates it.
    pub(crate) owner: OwnerRef,
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) template: Arc<PodTemplate>,
    /// Its labels: those of the template and whatever its controller adds.
    pub(crate) labels: LabelSetId,
    /// Name of the one node it may run on (DaemonSet pods).
    pub(crate) pinned: Option<Arc<str>>,
    /// Completion index or StatefulSet ordinal.
    pub(crate) ordinal: Option<i64>,
    /// Finalizers it is created with.
    pub(crate) finalizers: Vec<Arc<str>>,
    /// Claims it uses beside those that its template names.
    pub(crate) claims: Vec<ClaimId>,
}

impl Order {
    /// A pod with the labels of its template and nothing else set.
    pub(crate) fn new(
        owner: OwnerRef,
        namespace: Arc<str>,
        name: Arc<str>,
        template: Arc<PodTemplate>,
    ) -> Self {
        let labels = template.label_set;
        let (pinned, ordinal, finalizers, claims) = (None, None, Vec::new(), Vec::new());
        Self { owner, namespace, name, template, labels, pinned, ordinal, finalizers, claims }
    }
}

/// An owner reference with `controller: true`.
pub(crate) fn owner_of(kind: &str, meta: &Meta, at: Ref) -> OwnerRef {
    OwnerRef { kind: Arc::from(kind), name: meta.name.clone(), uid: meta.uid, at: Some(at) }
}

/// Metadata of an object that a controller creates now, with a new uid.
pub(crate) fn meta(world: &mut World, namespace: Arc<str>, name: Arc<str>, owner: Option<OwnerRef>) -> Meta {
    let uid = world.new_uid();
    Meta { uid, ..unnumbered_meta(world, namespace, name, owner) }
}

/// The same without a uid.
pub(crate) fn unnumbered_meta(
    world: &mut World,
    namespace: Arc<str>,
    name: Arc<str>,
    owner: Option<OwnerRef>,
) -> Meta {
    Meta {
        namespace,
        name,
        uid: Uid::default(),
        version: 0,
        generation: 1,
        created_at: world.now,
        deletion: None,
        finalizers: Vec::new(),
        owner,
        references: None,
        labels: world.label_set(&Map::new()),
        annotations: Arc::default(),
    }
}

/// Creates a pod. Where admission refuses it, its owner gets the Event `FailedCreate`; the error is the server's message.
pub(crate) fn pod(world: &mut World, order: Order) -> Result<PodId, String> {
    let Order { owner, namespace, name, template, labels, pinned, ordinal, finalizers, claims } = order;
    let template = match admitted(world, &template) {
        Ok(template) => template,
        Err(why) => return Err(refused(world, &owner, &name, &why)),
    };
    let mut meta = meta(world, namespace, name, Some(owner));
    meta.labels = labels;
    meta.annotations = template.annotations.clone();
    meta.finalizers = finalizers;
    let mut uses = claims;
    for volume in &template.spec.volumes {
        let Volume::Claim(name) = volume else { continue };
        uses.extend(world.store.claims.find(&meta.namespace, name));
    }
    let preset = template.spec.node_name.as_ref().and_then(|name| world.store.nodes.find("", name));
    let (owner, name) = (meta.owner.clone(), meta.name.clone());
    let mut made = Pod {
        meta,
        template,
        node: preset,
        nominated: None,
        pinned,
        phase: Phase::Pending,
        ready: Ready { is: false, since: world.now },
        gates_closed: false,
        scheduled: if preset.is_some() { Scheduled::Bound } else { Scheduled::Waiting },
        disruption: None,
        started_at: None,
        finished_at: None,
        waiting: None,
        restarts: 0,
        claims: uses,
        ordinal,
        mirror: false,
        counted: false,
    };
    fargate::admit(world, &mut made);
    let id = world.add_pod(made);
    say(world, owner.as_ref(), &name, true);
    Ok(id)
}

/// The template with the priority of its class, which may have come after it; the error is what admission says of its
/// pods (Kubernetes: plugin `Priority`).
fn admitted(world: &mut World, template: &Arc<PodTemplate>) -> Result<Arc<PodTemplate>, String> {
    let Some(wanted) = &template.spec.unknown_class else { return Ok(template.clone()) };
    let Some(class) = world.known.priority_classes.get(&**wanted).copied() else {
        return Err(format!("no PriorityClass with name {wanted} was found"));
    };
    let mut known = PodTemplate::clone(template);
    let spec = &mut known.spec;
    (spec.priority, spec.preemption, spec.unknown_class) = (class.value, class.preemption, None);
    Ok(world.enter_template(known))
}

/// An untyped object changed: when a priority class came, whoever waits for one tries again. Kubernetes tries after a pause of its own, which grows to
/// a quarter of an hour.
pub(crate) fn other_changed(world: &mut World, id: OtherId, verb: Verb) {
    let is_class = |other: &Other| &*other.kind == "PriorityClass" && other.group() == "scheduling.k8s.io";
    if verb == Verb::Added && world.store.others.get(id).is_some_and(is_class) {
        class_came(world);
    }
}

/// Wakes the owners of templates whose class was not there.
pub(crate) fn class_came(world: &mut World) {
    let waits = |template: &PodTemplate| template.spec.unknown_class.is_some();
    let store = &world.store;
    let sets = store.replica_sets.iter().filter(|(_, set)| waits(&set.template));
    let mut due: Vec<Work> = sets.map(|(id, _)| Work::ReplicaSet(id)).collect();
    let sets = store.stateful_sets.iter().filter(|(_, set)| waits(&set.template));
    due.extend(sets.map(|(id, _)| Work::StatefulSet(id)));
    if store.daemon_sets.iter().any(|(_, set)| waits(&set.template)) {
        due.extend(store.nodes.iter().map(|(id, _)| Work::DaemonsOn(id)));
    }
    let jobs = store.jobs.iter().filter(|(_, job)| waits(&job.template));
    due.extend(jobs.map(|(id, _)| Work::Job(id)));
    due.into_iter().for_each(|work| world.soon(work));
}

/// Records that a pod was refused, and returns the server's message. A generated name has no suffix yet.
fn refused(world: &mut World, owner: &OwnerRef, pod: &str, why: &str) -> String {
    let Some(at) = owner.at else { return why.to_owned() };
    let is_member = matches!(at, Ref::StatefulSet(_));
    let base = pod.rsplit_once('-').map_or(pod, |(base, _)| base);
    let name = if is_member { pod.to_owned() } else { format!("{base}-") };
    let message = format!("pods \"{name}\" is forbidden: {why}");
    let event = if is_member {
        format!("create Pod {pod} in StatefulSet {} failed error: {message}", owner.name)
    } else {
        format!("Error creating: {message}")
    };
    if let Some(source) = source(owner, at) {
        world.record(at, Severity::Warning, source, "FailedCreate", event);
    }
    message
}

/// The controller behind an owner, as Events name it.
fn source(owner: &OwnerRef, at: Ref) -> Option<&'static str> {
    Some(match at {
        Ref::ReplicaSet(_) if &*owner.kind == "ReplicationController" => "replication-controller",
        Ref::ReplicaSet(_) => "replicaset-controller",
        Ref::StatefulSet(_) => "statefulset-controller",
        Ref::DaemonSet(_) => "daemonset-controller",
        Ref::Job(_) => "job-controller",
        _ => return None,
    })
}

/// Records `SuccessfulCreate` or `SuccessfulDelete` of a pod as a routine Event of its owner.
fn say(world: &mut World, owner: Option<&OwnerRef>, pod: &str, made: bool) {
    let Some((owner, at)) = owner.and_then(|owner| Some((owner, owner.at?))) else { return };
    let Some(source) = source(owner, at) else { return };
    let reason = if made { "SuccessfulCreate" } else { "SuccessfulDelete" };
    world.record_routine(at, source, reason, |_| match (at, made) {
        (Ref::StatefulSet(_), true) => format!("create Pod {pod} in StatefulSet {} successful", owner.name),
        (Ref::StatefulSet(_), false) => format!("delete Pod {pod} in StatefulSet {} successful", owner.name),
        (_, true) => format!("Created pod: {pod}"),
        (_, false) => format!("Deleted pod: {pod}"),
    });
}

/// A free name for a new pod: base and random suffix (Kubernetes: `generateName`). `made` counts the names drawn
/// for this owner.
pub(crate) fn pod_name(world: &World, namespace: &str, owner: &str, made: &mut u64) -> Arc<str> {
    let base: String = format!("{owner}-").chars().take(BASE_MAX).collect();
    let mut name = base.clone();
    for _ in 0..NAME_TRIES {
        *made += 1;
        name = format!("{base}{}", world.name_suffix("pod name", &base, *made));
        if world.store.pods.find(namespace, &name).is_none() {
            break;
        }
    }
    Arc::from(name)
}

/// The labels of a template with additional ones, interned.
pub(crate) fn labels_with(world: &mut World, template: &PodTemplate, more: &[(&str, &str)]) -> LabelSetId {
    let mut labels = Map::clone(&template.labels);
    labels.extend(more.iter().map(|(key, value)| (Arc::from(*key), Arc::from(*value))));
    world.label_set(&labels)
}

/// Deletes a pod with its own grace period, as its controller does. A pod that is terminating is left alone.
pub(crate) fn delete(world: &mut World, id: PodId) {
    let Some(pod) = world.store.pods.get(id).filter(|pod| !pod.terminating()) else { return };
    let (owner, name) = (pod.meta.owner.clone(), pod.meta.name.clone());
    // Only preconditions are ever refused, and there are none.
    let _ = apiserver::delete_pod(world, id, api::DeleteOptions::default());
    say(world, owner.as_ref(), &name, false);
}

/// A hash of a template in the alphabet of generated names (Kubernetes: `ComputeHash`, `SafeEncodeString`).
/// Values differ from a real cluster's, which hashes a dump of Go structs.
pub(crate) fn hash_of(template: &PodTemplate) -> String {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let text = template.raw.json();
    let hash =
        text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash.to_string().bytes().map(|digit| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()])).collect()
}

/// The numbered form of a template that has no number yet; `None` when it has one.
pub(crate) fn numbered(world: &mut World, template: &Arc<PodTemplate>) -> Option<Arc<PodTemplate>> {
    (template.id == 0).then(|| world.enter_template(PodTemplate::clone(template)))
}
