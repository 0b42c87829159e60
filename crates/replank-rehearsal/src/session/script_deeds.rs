//! Carries out scripted commands, and counts the events they wait for.

use std::sync::Arc;

use replank_core::node_group::phase::Phase;
use replank_core::node_group::spec::Spec;

use crate::adapter::{HOLD, NODEGROUP};
use replank_formats::worldfile::PhaseName;
use replank_formats::worldfile::spec::{Breakage, Deed, NodeChoice, ScaledKind};
use replank_world::act::{self, Act};
use replank_world::api::{self, NodePatch, PodDeletion, Scaled};
use replank_world::object::{NodeReady, Scheduled};
use replank_world::rng::Delay;
use replank_world::store::NodeId;
use replank_world::time::Time;
use replank_world::world::World;

/// Instances and groups as scripts refer to them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cast<'a> {
    /// Instances that did not run the target when the update began, by node name.
    pub(super) old: &'a [Arc<str>],
    /// Instances picked for replacement, in order.
    pub(super) picked: &'a [Arc<str>],
    /// The node groups that are updated.
    pub(super) groups: &'a [Arc<str>],
}

/// Carries out a command; returns `done` or the refusals, in words.
pub(super) fn perform(world: &mut World, deed: &Deed, cast: Cast<'_>) -> String {
    let acts = acts(world, deed, cast);
    if acts.is_empty() {
        return "nothing is done: what it names is not there".to_owned();
    }
    let mut answers = Vec::new();
    for act in acts {
        if let Err(refusal) = world.act(act) {
            answers.push(format!("refused: {refusal}"));
        }
    }
    if answers.is_empty() { "done".to_owned() } else { answers.join("; ") }
}

/// Carries out a command that a user gives outside a script; returns in words what was done, or why not. `groups`
/// are those that a command without a group applies to.
pub(crate) fn bring_about(world: &mut World, deed: &Deed, groups: &[Arc<str>]) -> Result<String, String> {
    let acts = acts(world, deed, Cast { old: &[], picked: &[], groups });
    if acts.is_empty() {
        return Err(format!("{}: what it names is not there", words(deed)));
    }
    for act in acts {
        world.act(act).map_err(|refusal| format!("{}: {refusal}", words(deed)))?;
    }
    Ok(words(deed))
}

/// A command in one line: its word and its fields.
pub(super) fn words(deed: &Deed) -> String {
    let value = serde_json::to_value(deed).unwrap_or_default();
    let Some((word, fields)) = value.as_object().and_then(|deed| deed.iter().next()) else {
        return String::new();
    };
    let fields = fields.as_object().into_iter().flatten();
    let fields = fields.filter(|(_, value)| !value.is_null() && **value != serde_json::Value::Bool(false));
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields: Vec<_> = fields.map(|(name, value)| format!("{name} {}", text(value))).collect();
    if fields.is_empty() { word.clone() } else { format!("{word} ({})", fields.join(", ")) }
}

fn acts(world: &World, deed: &Deed, cast: Cast<'_>) -> Vec<Act> {
    let groups = cast.groups;
    let of_groups = |group: &Option<String>| -> Vec<Arc<str>> {
        group.as_ref().map_or(groups.to_vec(), |group| vec![group.as_str().into()])
    };
    match deed {
        Deed::SetSizes { group, min, desired, max } => {
            let to = [*min, *desired, *max];
            of_groups(group).into_iter().map(|group| Act::SetSizes { group, from: None, to }).collect()
        }
        Deed::ImageDisappears { group } => images(world, &of_groups(group), false),
        Deed::ImageReturns { group } => images(world, &of_groups(group), true),
        Deed::EditTemplate { group, instance_type } => {
            let edit = |group| Act::EditTemplate { group, instance_type: instance_type.as_str().into() };
            of_groups(group).into_iter().map(edit).collect()
        }
        Deed::RevertTemplate { group } => {
            of_groups(group).into_iter().map(|group| Act::RevertTemplate { group }).collect()
        }
        _ => on_node(world, deed, cast).or_else(|| on_object(deed)).into_iter().collect(),
    }
}

/// The field manager of what users of a script write.
const PERSON: &str = "kubectl";

/// The request for a command on a node; `None` when the node does not exist.
fn on_node(world: &World, deed: &Deed, cast: Cast<'_>) -> Option<Act> {
    let node = |choice: &NodeChoice| choose(world, choice, cast);
    let patch = |choice: &NodeChoice, patch: NodePatch| {
        node(choice).map(|id| Act::Cluster(api::Act::PatchNode { name: name(world, id), uid: None, patch }))
    };
    let cordon = |on| NodePatch { unschedulable: Some(on), by: Some(PERSON.into()), ..NodePatch::default() };
    let annotate = |key: &str, value: Option<&str>| NodePatch {
        annotations: [(key.into(), value.map(Into::into))].into(),
        ..NodePatch::default()
    };
    match deed {
        Deed::DeleteNode { node: choice } => {
            node(choice).map(|id| delete("Node", "".into(), name(world, id)))
        }
        Deed::TerminateInstance { node: choice, lower_desired } => node(choice)
            .and_then(|id| world.store.nodes.get(id))
            .map(|node| Act::Terminate { instance: node.instance.clone(), shrink: *lower_desired }),
        Deed::NodeDies { node: choice } => node(choice).map(|id| Act::NodeDies { node: name(world, id) }),
        Deed::KubeletSilent { node: choice, r#for } => node(choice)
            .map(|id| Act::Silent { node: name(world, id), for_micros: Delay::from(*r#for).typical().0 }),
        Deed::Cordon { node } => patch(node, cordon(true)),
        Deed::Uncordon { node } => patch(node, cordon(false)),
        Deed::HoldNode { node } => patch(node, annotate(HOLD, Some("held by the script"))),
        Deed::ReleaseNode { node } => patch(node, annotate(HOLD, None)),
        Deed::AnnotateNode { node, key, value } => patch(node, annotate(key, value.as_deref())),
        _ => None,
    }
}

/// The request for a command on an object or on the cloud.
fn on_object(deed: &Deed) -> Option<Act> {
    match deed {
        Deed::AddBudget { object, selector, budget } => {
            let object = replank_formats::worldfile::budget_manifest(object, selector, budget);
            Some(Act::Cluster(api::Act::Apply { object }))
        }
        Deed::DeleteBudget { object } => {
            place(object).map(|(namespace, name)| delete("PodDisruptionBudget", namespace, name))
        }
        Deed::Scale { object, kind, replicas } => place(object).map(|(namespace, name)| {
            let kind = match kind {
                ScaledKind::Deployment => Scaled::Deployment,
                ScaledKind::StatefulSet => Scaled::StatefulSet,
                ScaledKind::ReplicaSet => Scaled::ReplicaSet,
            };
            Act::Cluster(api::Act::Scale { kind, namespace, name, replicas: i64::from(*replicas) })
        }),
        Deed::DeletePod { pod } => place(pod).map(|(namespace, name)| {
            Act::Cluster(api::Act::DeletePod { namespace, name, options: PodDeletion::default() })
        }),
        Deed::PodUnready { pod, r#for } => place(pod).map(|(namespace, name)| Act::Unready {
            namespace,
            name,
            for_micros: Delay::from(*r#for).typical().0,
        }),
        Deed::BreakWorkload { object, how } => {
            let how = match how {
                Breakage::Image => act::Breakage::Image,
                Breakage::Readiness => act::Breakage::Readiness,
                Breakage::Crash => act::Breakage::Crash,
            };
            place(object).map(|(namespace, name)| Act::Breakage { namespace, name, how: Some(how) })
        }
        Deed::HealWorkload { object } => {
            place(object).map(|(namespace, name)| Act::Breakage { namespace, name, how: None })
        }
        Deed::ZoneCapacity { zone, instances } => {
            Some(Act::ZoneCapacity { zone: zone.as_str().into(), instances: *instances })
        }
        Deed::ZoneAddresses { zone, free } => {
            Some(Act::ZoneAddresses { zone: zone.as_str().into(), free: *free })
        }
        Deed::Quota { instances } => Some(Act::Quota { instances: *instances }),
        Deed::AutoscalerOn {} => Some(Act::Autoscaler { on: true }),
        Deed::AutoscalerOff {} => Some(Act::Autoscaler { on: false }),
        Deed::AutoscalerStops {} => Some(Act::AutoscalerProcess { lives: false }),
        Deed::AutoscalerStarts {} => Some(Act::AutoscalerProcess { lives: true }),
        _ => None,
    }
}

fn delete(kind: &str, namespace: Arc<str>, name: Arc<str>) -> Act {
    let propagation = api::Propagation::Background;
    Act::Cluster(api::Act::Delete { group: None, kind: kind.into(), namespace, name, propagation })
}

/// Commands that make the image each group launches available or not.
fn images(world: &World, groups: &[Arc<str>], there: bool) -> Vec<Act> {
    let image = |group: &Arc<str>| {
        let spec = &world.cloud.group(world.cloud.group_of(group)?).spec;
        let content = world.cloud.content(&spec.template, spec.version)?;
        Some(Act::Image { image: content.image.as_str().into(), there })
    };
    groups.iter().filter_map(image).collect()
}

fn place(object: &str) -> Option<(Arc<str>, Arc<str>)> {
    object.split_once('/').map(|(namespace, name)| (namespace.into(), name.into()))
}

fn name(world: &World, id: NodeId) -> Arc<str> {
    world.store.nodes.get(id).map_or_else(|| "".into(), |node| node.meta.name.clone())
}

fn choose(world: &World, choice: &NodeChoice, cast: Cast<'_>) -> Option<NodeId> {
    let of_instance = |instance: &Arc<str>| world.store.index.by_instance.get(instance).copied();
    match choice {
        NodeChoice::Named(name) => world.store.nodes.find("", name),
        NodeChoice::Old(wanted) => of_instance(cast.old.get(*wanted as usize - 1)?),
        NodeChoice::New(wanted) => {
            let mut new = of_groups(world, cast.groups);
            new.retain(|(_, instance)| !cast.old.contains(instance));
            of_instance(&new.get(*wanted as usize - 1)?.1)
        }
        NodeChoice::Picked(wanted) => of_instance(cast.picked.get(*wanted as usize - 1)?),
        NodeChoice::Of(pod) => {
            let (namespace, name) = place(pod)?;
            world.store.pods.get(world.store.pods.find(&namespace, &name)?)?.node
        }
    }
}

/// Nodes and instances of these groups, by node name.
fn of_groups(world: &World, groups: &[Arc<str>]) -> Vec<(Arc<str>, Arc<str>)> {
    let ours = world.store.nodes.iter().filter(|(_, node)| {
        let group = world.store.labels.get(node.meta.labels).get(NODEGROUP);
        group.is_some_and(|group| groups.contains(group))
    });
    let mut named: Vec<_> = ours.map(|(_, node)| (node.meta.name.clone(), node.instance.clone())).collect();
    named.sort();
    named
}

/// The instances that do not run their group's target, by node name.
pub(super) fn old(world: &World, targets: &[Spec]) -> Vec<Arc<str>> {
    let differs = |instance: &Arc<str>| {
        let runs = world.cloud.instance(world.cloud.find(instance)?);
        let group = &world.cloud.group(runs.group).spec;
        let target = targets.iter().find(|spec| spec.group.as_str() == group.nodegroup.as_ref())?;
        let content = world.cloud.content(&group.template, runs.version)?;
        Some(*content != target.target.content)
    };
    let groups: Vec<Arc<str>> = targets.iter().map(|spec| spec.group.as_str().into()).collect();
    let named = of_groups(world, &groups).into_iter().map(|(_, instance)| instance);
    named.filter(|instance| differs(instance) == Some(true)).collect()
}

/// The phase of that name; tainting the old nodes belongs to the scale-up.
pub(super) fn phase(name: PhaseName) -> Phase {
    match name {
        PhaseName::Setup => Phase::Setup,
        PhaseName::ScaleUp => Phase::ScaleUp,
        PhaseName::Upgrade => Phase::Upgrade,
        PhaseName::ScaleDown => Phase::ScaleDown,
    }
}

/// How many instances were launched since the update began.
pub(super) fn launched(world: &World, begun: Time) -> u32 {
    let groups = world.cloud.groups().map(|(number, _)| number);
    let instances = groups.flat_map(|number| world.cloud.instances_of(number));
    instances.filter(|number| world.cloud.instance(*number).launched_at > begun).count() as u32
}

/// How many nodes that joined since the update began are Ready.
pub(super) fn ready(world: &World, begun: Time) -> u32 {
    let joined = world.store.nodes.iter().filter(|(_, node)| node.meta.created_at > begun);
    joined.filter(|(_, node)| node.ready == NodeReady::True).count() as u32
}

/// How many pods are unschedulable now.
pub(super) fn pending(world: &World) -> u32 {
    let pods = world.store.pods.iter();
    pods.filter(|(_, pod)| matches!(pod.scheduled, Scheduled::Unschedulable(_))).count() as u32
}
