//! Who stands beside an update in an embedded world: seen through the port, named in plans.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that meets the unexpected shall stop there")]

use std::sync::Arc;

use replank_core::names::ObjectName;
use replank_core::node_group::plan::Plan;
use replank_core::node_group::problem::Problem;
use replank_core::observed::{Autoscaler, AutoscalerKind, Evidence, Observation, Running};
use replank_engine::block::block_on;
use replank_engine::ports::{Cloud, Cluster};
use replank_formats::worldfile;
use replank_rehearsal::adapter::{SimulatedCloud, SimulatedCluster};
use replank_rehearsal::session::{Definition, Session};
use replank_world::act::Act;
use replank_world::api::{self, NodePatch, Propagation};
use replank_world::time::Span;
use replank_world::world::World;

/// A world of two groups, with a pod that keeps its node from autoscalers.
fn session(autoscaler: bool) -> Session {
    let text = format!(
        "clusters:\n- addons: [cluster-autoscaler]\n  autoscaler: {{enabled: {autoscaler}}}\n  nodeGroups:\n  \
         - {{name: default, size: {{min: 2, desired: 2, max: 2}}}}\n  \
         - {{name: other, size: {{min: 1, desired: 1, max: 1}}}}\n  workloads:\n  \
         - name: web\n    namespace: shop\n    replicas: 2\n    cpu: 100m\n"
    );
    let spec = worldfile::read("world", text.as_bytes()).unwrap_or_else(|why| panic!("{why}\n{text}"));
    Session::new(Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false })
        .unwrap()
}

/// What an update of the group sees.
fn seen(session: &Session) -> Observation {
    let mut seen = Observation::default();
    block_on(SimulatedCloud::new(session.world.clone(), "default").observe(&mut seen)).unwrap();
    block_on(SimulatedCluster::new(session.world.clone(), "default").observe(&mut seen)).unwrap();
    seen
}

/// Changes the first node of a group.
fn patch(session: &Session, group: &str, patch: NodePatch) -> String {
    let mut world = session.world.lock();
    let is_of = |id: &str| world.cloud.is_member(group, id);
    let name = world.store.nodes.iter().find(|(_, node)| is_of(&node.instance)).unwrap().1.meta.name.clone();
    world.act(Act::Cluster(api::Act::PatchNode { name: name.clone(), uid: None, patch })).unwrap();
    name.to_string()
}

fn plan(session: &Session) -> Plan {
    let plans = session.rehearsed().unwrap();
    plans.into_iter().find(|(spec, _)| spec.group.as_str() == "default").unwrap().1
}

#[test]
fn an_autoscaler_is_there_when_it_acts() {
    assert_eq!(seen(&session(false)).autoscalers, [], "its Deployment alone does nothing here");
    assert_eq!(plan(&session(false)).beside, []);
    let session = session(true);
    {
        let mut world = session.world.lock();
        let soon = world.now + Span::secs(40);
        world.advance_to(soon);
    }
    let found = seen(&session).autoscalers;
    let [Autoscaler { kind, deployment, running, evidence }] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*kind, AutoscalerKind::ClusterAutoscaler);
    assert_eq!(*deployment, Some(ObjectName::new("kube-system", "cluster-autoscaler")));
    assert_eq!(*running, Running::Pods { ready: 1, wanted: 1 });
    assert!(matches!(evidence[..], [Evidence::Status { written_at: Some(_) }]), "{evidence:?}");
    assert_eq!(plan(&session).beside, [Problem::Autoscaler(found[0].clone())]);
}

#[test]
fn marks_and_labels_of_autoscalers_show_them() {
    let session = session(false);
    let taint = ("DeletionCandidateOfClusterAutoscaler".into(), "1".into(), "PreferNoSchedule".into());
    let node = patch(&session, "other", NodePatch { set_taints: vec![taint], ..NodePatch::default() });
    let mut pooled = NodePatch::default();
    pooled.labels.insert("karpenter.sh/nodepool".into(), Some("general".into()));
    patch(&session, "default", pooled);
    let found = seen(&session).autoscalers;
    let evidence: Vec<_> = found.iter().flat_map(|it| &it.evidence).collect();
    let taints = Evidence::Taints { nodes: 1, node: node.as_str().into() };
    assert_eq!(evidence, [&taints, &Evidence::Launched { nodes: 1 }]);
    assert!(found.iter().all(|it| it.running == Running::CannotTell));
}

#[test]
fn a_node_of_another_group_with_this_ones_label_is_named() {
    let session = session(false);
    let mut change = NodePatch::default();
    change.labels.insert("eks.amazonaws.com/nodegroup".into(), Some("default".into()));
    {
        let mut world = session.world.lock();
        let later = world.now + Span::secs(120);
        world.advance_to(later);
    }
    let node = patch(&session, "other", change);
    let nodes = vec![node.as_str().into()];
    assert_eq!(plan(&session).beside, [Problem::NotInGroup { nodes, count: 1 }]);
}

#[test]
fn who_deleted_a_node_is_told_from_events() {
    let text = "clusters:\n- addons: [cluster-autoscaler]\n  autoscaler: {enabled: true, unneededTime: 1m}\n  \
                nodeGroups:\n  - {name: default, size: {min: 1, desired: 3, max: 3}}\n";
    let spec = worldfile::read("world", text.as_bytes()).unwrap();
    let definition = Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
    let session = Session::new(definition).unwrap();
    let mut face = SimulatedCluster::new(session.world.clone(), "default");
    let mut seen = seen(&session);
    block_on(face.observe(&mut seen)).unwrap();
    // Two nodes go before the next look: one that the autoscaler says it takes, and one of which nobody says anything.
    let said = |world: &World| -> Vec<Arc<str>> {
        let events = world.events.iter().filter(|event| event.kind == "Node" && event.reason == "ScaleDown");
        events.map(|event| event.place.1.clone()).collect()
    };
    let [taken, other] = {
        let mut world = session.world.lock();
        while said(&world).is_empty() {
            let next = world.now + Span::secs(1);
            world.advance_to(next);
        }
        let going = said(&world);
        let other = world.store.nodes.iter().map(|(_, node)| node.meta.name.clone());
        let other = other.filter(|name| !going.contains(name)).last().unwrap();
        [going[0].clone(), other].map(|name| {
            let (kind, namespace, propagation) = ("Node".into(), "".into(), Propagation::Background);
            let act = api::Act::Delete { group: None, kind, namespace, name: name.clone(), propagation };
            world.act(Act::Cluster(act)).unwrap();
            name
        })
    };
    let instance = |name: &str| seen.members.node(&name.into()).unwrap().instance.clone();
    let instances = [instance(&taken), instance(&other)];
    block_on(face.observe(&mut seen)).unwrap();
    let by = instances.map(|id| seen.members.get(&id).unwrap().parted.clone().unwrap().by);
    assert_eq!(by, [Some("cluster-autoscaler".into()), None]);
}
