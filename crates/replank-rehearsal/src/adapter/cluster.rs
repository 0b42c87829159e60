//! The engine's Kubernetes port on a world. It follows the watch cache, so an observation costs what changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use replank_core::action::{ClusterAction, MarkNode, Marking, PodId as PodRef};
use replank_core::names::{InstanceId, NodeName, ObjectName, Uid};
use replank_core::observed::{Answer, Observation, Placement, Pod};
use replank_engine::ports::autoscaler::{Said, Traces, remover};
use replank_engine::ports::{Cluster, ReadError, leader, marks};
use replank_engine::turn::Settings;
use rustc_hash::FxHashMap;

use super::ask::{Reading, ask, reading};
use super::autoscaler::Runners;
use super::convert::{Gives, Labelled, Rules};
use super::{
    EXCLUDE, GUARD_VALUE, KEEP, MANAGER, MARKS, NODEGROUP, Shared, autoscaler, convert, place, throughput,
};
use replank_world::act::Act;
use replank_world::api::{self, NodePatch, PodDeletion};
use replank_world::fault::Call;
use replank_world::object::{self, PodTemplate};
use replank_world::store::{NodeId, PodId, Ref, Verb};
use replank_world::time::Time;
use replank_world::vocab::labels::LabelSetId;
use replank_world::vocab::taint::Effect;
use replank_world::world::World;

/// The Kubernetes port for one node group of a world.
#[derive(Debug)]
pub struct SimulatedCluster {
    world: Shared,
    group: String,
    /// The world version observed last; `None` before the first observation.
    seen: Option<u64>,
    /// Time of the last observation.
    read_at: Option<Time>,
    /// What the current observation shows.
    reading: Reading,
    /// What a label set tells in a namespace, the budgets that select it for one; cleared when a budget is created, changed
    /// or removed.
    labelled: FxHashMap<(LabelSetId, Arc<str>), Labelled>,
    /// What each template gives its pods, by its number.
    templates: FxHashMap<u32, Gives>,
    /// The words of the rules of budgets.
    rules: Rules,
    /// Traces of autoscalers.
    traces: Traces,
    /// Deployments that run one.
    runners: Runners,
    /// How many calls the engine makes at once.
    connections: usize,
}

impl SimulatedCluster {
    /// The Kubernetes port of `world` for `group`.
    pub fn new(world: Shared, group: &str) -> Self {
        let connections = Settings::default().acts_max;
        let (group, labelled) = (group.to_owned(), FxHashMap::default());
        Self {
            world,
            group,
            seen: None,
            read_at: None,
            reading: Reading::New,
            labelled,
            templates: FxHashMap::default(),
            rules: Rules::default(),
            traces: Traces::default(),
            runners: Runners::default(),
            connections,
        }
    }

    fn list(&mut self, world: &mut World, into: &mut Observation) {
        self.labelled.clear();
        self.traces.forget_nodes();
        self.runners.list(&world.store);
        let pods: Vec<PodId> = world.store.pods.iter().map(|(id, _)| id).collect();
        pods.into_iter().for_each(|id| self.put_pod(world, id, into));
        let nodes: Vec<NodeId> = world.store.nodes.iter().map(|(id, _)| id).collect();
        nodes.into_iter().for_each(|id| self.put_node(world, id, into));
        for (_, budget) in world.store.budgets.iter() {
            into.pods.put_budget(convert::budget(budget, &mut self.rules));
        }
    }

    fn follow(&mut self, world: &mut World, since: u64, into: &mut Observation) -> bool {
        let Some(changes) = world.store.changes.since(since) else { return false };
        let (mut touched, mut selectors_of) = (Vec::new(), BTreeSet::new());
        for change in changes {
            match (change.at, &change.gone) {
                (Ref::Pod(_), Some(gone)) => into.pods.remove(Uid(gone.uid.0)),
                (Ref::Node(_), Some(gone)) => {
                    let name = NodeName::new(gone.name.clone());
                    self.traces.remove_node(&name);
                    let by = into.members.is_abandoned(&name).then(|| deleted_by(world, change.at)).flatten();
                    into.members.remove_node(&name, by);
                }
                (Ref::Budget(_), Some(gone)) => {
                    into.pods.remove_budget(&ObjectName::new(gone.namespace.clone(), gone.name.clone()));
                    selectors_of.insert(gone.namespace.clone());
                }
                (Ref::Budget(_), None) => {
                    // One that is gone again is met once more below, by its removal.
                    let meta = world.store.meta(change.at).filter(|_| change.verb == Verb::Added);
                    selectors_of.extend(meta.map(|meta| meta.namespace.clone()));
                    touched.push(change.at);
                }
                (Ref::Pod(_) | Ref::Node(_), None) => touched.push(change.at),
                (Ref::Deployment(id), _) => self.runners.changed(&world.store, id),
                _ => {}
            }
        }
        for namespace in selectors_of {
            self.labelled.retain(|(_, place), _| *place != namespace);
            touched.extend(world.store.pods.in_namespace(&namespace).map(|(id, _)| Ref::Pod(id)));
        }
        touched.sort_unstable();
        touched.dedup();
        for at in touched {
            match at {
                Ref::Pod(id) => self.put_pod(world, id, into),
                Ref::Node(id) => self.put_node(world, id, into),
                Ref::Budget(id) => {
                    if let Some(budget) = world.store.budgets.get(id) {
                        into.pods.put_budget(convert::budget(budget, &mut self.rules));
                    }
                }
                _ => {}
            }
        }
        true
    }

    fn put_pod(&mut self, world: &mut World, id: PodId, into: &mut Observation) {
        if let Some(pod) = self.pod(world, id) {
            into.pods.put(pod);
        }
    }

    fn pod(&mut self, world: &mut World, id: PodId) -> Option<Pod> {
        let pod = world.store.pods.get(id)?;
        let place = (pod.meta.labels, pod.meta.namespace.clone());
        let labelled = if let Some(labelled) = self.labelled.get(&place) {
            labelled.clone()
        } else {
            let users = world.users(&place.1, place.0);
            let names = users.budgets.iter().filter_map(|id| world.store.budgets.get(*id));
            let budgets =
                names.map(|it| ObjectName::new(it.meta.namespace.clone(), it.meta.name.clone())).collect();
            let labels = world.store.labels.get(place.0);
            let leads = leader::by_labels(|key| labels.get(key).map(|value| &**value));
            let labelled = Labelled { budgets, leads };
            self.labelled.insert(place, labelled.clone());
            labelled
        };
        let pod = world.store.pods.get(id)?;
        let gives = self.gives(&pod.template);
        Some(convert::pod(&world.store, pod, gives, labelled))
    }

    /// What a template gives its pods, worked out once for those that entered the world.
    fn gives(&mut self, template: &PodTemplate) -> Gives {
        if template.id == 0 {
            return Gives::of(template);
        }
        *self.templates.entry(template.id).or_insert_with(|| Gives::of(template))
    }

    fn put_node(&mut self, world: &World, id: NodeId, into: &mut Observation) {
        let Some(node) = world.store.nodes.get(id) else { return };
        autoscaler::put_node(&world.store, node, &mut self.traces);
        let labels = world.store.labels.get(node.meta.labels);
        let belongs = labels.get(NODEGROUP).is_some_and(|name| **name == *self.group);
        let is_member = world.cloud.is_member(&self.group, &node.instance);
        let instance = InstanceId::new(node.instance.clone());
        if is_member && into.members.get(&instance).is_none_or(|member| member.instance.is_none()) {
            // Its instance ended before anybody looked, and the node stays a while longer.
            into.members.remove_instance(&instance);
        }
        if belongs || is_member {
            into.members.put_node(convert::node(&world.store, node, &self.group));
        }
    }
}

impl Cluster for SimulatedCluster {
    async fn refresh(&mut self, _seen: &Observation) -> Result<(), ReadError> {
        let mut world = self.world.lock();
        self.reading = reading(&mut world, Call::ObserveCluster, self.read_at)?;
        if self.reading == Reading::New {
            self.read_at = Some(world.now);
        }
        Ok(())
    }

    fn tell(&mut self, into: &mut Observation) {
        if self.reading == Reading::Old {
            return;
        }
        let shared = self.world.clone();
        let mut world = shared.lock();
        let version = world.store.changes.version;
        let followed = self.seen.is_some_and(|since| self.follow(&mut world, since, into));
        if !followed {
            into.pods = replank_core::observed::Pods::default();
            self.list(&mut world, into);
        }
        self.seen = Some(version);
        autoscaler::look(&world, &self.runners, &mut self.traces);
        into.autoscalers = self.traces.autoscalers();
    }

    async fn perform(&self, action: &ClusterAction) -> Answer {
        let mut world = self.world.lock();
        match action {
            ClusterAction::Mark(mark) => mark_node(&mut world, mark),
            ClusterAction::Cordon { node, uid } => {
                let patch =
                    NodePatch { unschedulable: Some(true), by: Some(MANAGER.into()), ..NodePatch::default() };
                patch_node(&mut world, node, *uid, patch)
            }
            ClusterAction::Evict { pod, grace_seconds } => {
                let act = api::Act::Evict {
                    namespace: pod.name.namespace.clone(),
                    name: pod.name.name.clone(),
                    options: deletion(pod, grace_seconds.map(i64::from)),
                };
                let answer = ask(&mut world, Call::Evict, &pod.name.to_string(), Act::Cluster(act));
                if answer == Answer::Done {
                    let has_budgets = world.store.budgets.iter().next().is_some();
                    world.owed.0 += throughput::pause(self.connections, has_budgets).0;
                }
                answer
            }
            ClusterAction::Delete { pod } => {
                let act = api::Act::DeletePod {
                    namespace: pod.name.namespace.clone(),
                    name: pod.name.name.clone(),
                    options: deletion(pod, None),
                };
                ask(&mut world, Call::Delete, &pod.name.to_string(), Act::Cluster(act))
            }
        }
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        let mut world = self.world.lock();
        reading(&mut world, Call::ListPods, None)?;
        let Some(id) = world.store.nodes.find("", node.as_str()) else { return Ok(Vec::new()) };
        let pods: Vec<PodId> = world.store.index.pods_on(id).collect();
        let none = Labelled { budgets: Arc::from([]), leads: false };
        let pods = pods.into_iter().filter_map(|id| world.store.pods.get(id));
        let shown =
            |pod: &object::Pod| convert::pod(&world.store, pod, Gives::of(&pod.template), none.clone());
        Ok(pods.map(shown).collect())
    }

    async fn place(&self, node: &NodeName) -> Placement {
        let mut world = self.world.lock();
        match reading(&mut world, Call::ListPods, None) {
            Ok(_) => place::placement(&mut world, node.as_str()),
            Err(error) => Placement::CannotTell(error.to_string()),
        }
    }
}

/// Who deleted a node, as far as Events tell.
fn deleted_by(world: &World, node: Ref) -> Option<Arc<str>> {
    let said = world.events.about(node);
    let said = said.map(|it| Said { at: it.last.into(), reason: it.reason, component: it.source });
    remover(said, world.now.into())
}

/// `DeleteOptions` with the uid as precondition, so that a later pod of the same name is safe.
fn deletion(pod: &PodRef, grace_seconds: Option<i64>) -> PodDeletion {
    PodDeletion { grace_seconds, uid: Some(object::Uid(pod.uid.0)), ..PodDeletion::default() }
}

fn mark_node(world: &mut World, mark: &MarkNode) -> Answer {
    let Some(id) = world.store.nodes.find("", mark.node.as_str()) else { return Answer::Done };
    let Some(node) = world.store.nodes.get(id) else { return Answer::Done };
    let noted = node.meta.annotations.get(MARKS).map_or("", |marks| &**marks);
    let kept = node.meta.annotations.get(KEEP).map(|kept| &**kept);
    let annotations = marks::annotations(noted, kept, mark);
    let Marking { guard, cordon, exclude, .. } = mark.marks;
    let (by, version) = (Some(MANAGER.into()), Some(node.meta.version));
    let mut patch = NodePatch { unschedulable: cordon, by, version, ..NodePatch::default() };
    patch.annotations.extend(annotations.map(|(key, value)| (key.into(), value.map(Into::into))));
    if let Some(guard) = guard {
        let effect: Arc<str> = Effect::NoSchedule.as_str().into();
        if guard {
            patch.set_taints.push((NODEGROUP.into(), GUARD_VALUE.into(), effect));
        } else {
            patch.remove_taints.push((NODEGROUP.into(), Some(effect)));
        }
    }
    if let Some(exclude) = exclude {
        patch.labels.insert(EXCLUDE.into(), exclude.then(|| "true".into()));
    }
    patch_node(world, &mark.node, mark.uid, patch)
}

fn patch_node(world: &mut World, node: &NodeName, uid: Uid, patch: NodePatch) -> Answer {
    let (name, uid) = (Arc::from(node.as_str()), Some(object::Uid(uid.0)));
    let act = api::Act::PatchNode { name, uid, patch };
    ask(world, Call::Mark, node.as_str(), Act::Cluster(act))
}
