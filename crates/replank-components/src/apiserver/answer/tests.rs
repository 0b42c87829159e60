//! Cases of `api::act`: tables of what is given and what must come of it.

use serde_json::json;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::apiserver::testing::{create, world};
use replank_world::api::{NodePatch, PodDeletion, Propagation, Scaled, TemplateChange};
use replank_world::object::Uid;
use replank_world::store::Ref;
use replank_world::vocab::taint::Effect;

fn text(text: &str) -> Arc<str> {
    Arc::from(text)
}

#[test]
fn every_act_survives_json() {
    let uid = Some(Uid(0x1234_5678_9abc_4ef0_9234_5678_9abc_def0));
    let options = PodDeletion { grace_seconds: Some(5), uid, version: Some(7), dry_run: true };
    let (namespace, name) = (text("shop"), text("web"));
    let patch = NodePatch {
        unschedulable: Some(true),
        by: Some(text("kubectl")),
        version: Some(7),
        set_taints: vec![(text("a"), text("b"), text("NoSchedule"))],
        remove_taints: vec![(text("c"), None), (text("d"), Some(text("NoExecute")))],
        labels: BTreeMap::from([(text("e"), Some(text("f"))), (text("g"), None)]),
        annotations: BTreeMap::from([(text("h"), None)]),
    };
    let change = TemplateChange { image: Some(text("app:2")), annotations: patch.annotations.clone() };
    let (object, kind) = (json!({"kind": "Pod", "x": [1, null]}), text("Job"));
    let acts = [
        Act::Evict { namespace: namespace.clone(), name: name.clone(), options },
        Act::DeletePod { namespace: namespace.clone(), name: name.clone(), options: PodDeletion::default() },
        Act::PatchNode { name: name.clone(), uid, patch },
        Act::Scale {
            kind: Scaled::Deployment,
            namespace: namespace.clone(),
            name: name.clone(),
            replicas: 3,
        },
        Act::Retemplate { kind: Scaled::DaemonSet, namespace: namespace.clone(), name: name.clone(), change },
        Act::Create { object: object.clone() },
        Act::Apply { object },
        Act::Delete {
            group: None,
            kind: kind.clone(),
            namespace: namespace.clone(),
            name: name.clone(),
            propagation: Propagation::Orphan,
        },
        Act::RemoveFinalizer { kind, namespace, name, finalizer: text("example.com/hold") },
    ];
    for act in acts {
        let written = serde_json::to_string(&act).unwrap();
        assert_eq!(serde_json::from_str::<Act>(&written).unwrap(), act, "{written}");
    }
    assert!(serde_json::from_str::<Uid>("\"123\"").is_err());
}

#[test]
fn a_node_is_patched_where_it_changes() {
    let (mut world, id) = world();
    let uid = world.store.nodes.get(id).unwrap().meta.uid;
    let mut act = |uid, patch: &NodePatch| {
        let before = world.store.changes.version;
        let outcome =
            world.request(Act::PatchNode { name: text("node-a"), uid: Some(uid), patch: patch.clone() });
        (outcome, world.store.changes.version - before, world.store.nodes.get(id).unwrap().clone())
    };
    let cordon = NodePatch { unschedulable: Some(true), ..NodePatch::default() };
    let why = "Invalid value: \"00000000-0000-0000-0000-000000000001\": field is immutable";
    let refused = act(Uid(1), &cordon).0.unwrap_err();
    assert_eq!((refused.code, refused.reason), (422, "Invalid"));
    assert_eq!(refused.message, format!("Node \"node-a\" is invalid: metadata.uid: {why}"));
    let written = Ok(Outcome::Written(Ref::Node(id)));
    assert_eq!(act(uid, &cordon).0, written);
    let (outcome, writes, node) = act(uid, &cordon);
    assert_eq!((outcome, writes, node.unschedulable), (Ok(Outcome::Unchanged), 0, true));
    let taint = |value| NodePatch {
        set_taints: vec![(text("replank.dev/old"), text(value), text("NoSchedule"))],
        labels: BTreeMap::from([(text("a"), Some(text("b")))]),
        annotations: BTreeMap::from([(text("c"), Some(text("d")))]),
        ..NodePatch::default()
    };
    assert_eq!(act(uid, &taint("one")).0, written);
    let (_, writes, node) = act(uid, &taint("two"));
    assert_eq!((writes, node.taints.len(), &*node.taints[0].value), (1, 1, "two"));
    assert_eq!(node.taints[0].effect, Effect::NoSchedule);
    assert_eq!(node.meta.annotations.len(), 1);
    let clear = NodePatch {
        unschedulable: Some(false),
        remove_taints: vec![(text("replank.dev/old"), None)],
        labels: BTreeMap::from([(text("a"), None)]),
        ..NodePatch::default()
    };
    let (_, _, node) = act(uid, &clear);
    assert_eq!((node.taints.len(), node.unschedulable), (0, false));
}

#[test]
fn scales_and_templates_raise_the_generation_once() {
    use crate::apiserver::testing::workload;
    let (mut world, _) = world();
    let at = create(&mut world, workload("Deployment", "web", 2));
    let (namespace, name, kind) = (text("shop"), text("web"), Scaled::Deployment);
    let mut generation_after = |act: Act| {
        let outcome = world.request(act);
        (outcome, world.store.meta(at).unwrap().generation)
    };
    let scale = |replicas| Act::Scale { kind, namespace: namespace.clone(), name: name.clone(), replicas };
    let image = |image| {
        let change = TemplateChange { image: Some(text(image)), ..TemplateChange::default() };
        Act::Retemplate { kind, namespace: namespace.clone(), name: name.clone(), change }
    };
    let written = Ok(Outcome::Written(at));
    assert_eq!(generation_after(scale(3)), (written.clone(), 2));
    assert_eq!(generation_after(scale(3)), (Ok(Outcome::Unchanged), 2));
    assert_eq!(generation_after(image("registry.example.com/app:2")), (written.clone(), 3));
    assert_eq!(generation_after(image("registry.example.com/app:2")), (Ok(Outcome::Unchanged), 3));
    assert_eq!(generation_after(Act::Apply { object: workload("Deployment", "web", 3) }), (written, 4));
    assert_eq!(generation_after(scale(-1)).0.unwrap_err().code, 422);
    let missing = Act::Scale { kind, namespace: text("shop"), name: text("api"), replicas: 1 };
    let message = "deployments.apps \"api\" not found";
    assert_eq!(generation_after(missing).0, Err(Refusal::new(404, "NotFound", message)));
}
