//! Cases of `api::create`: tables of what is given and what must come of it.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::apiserver::testing::{self, workload, world};
use replank_world::api::{Act, Propagation};

fn create(world: &mut World, object: Value) -> Result<Outcome, Refusal> {
    world.request(Act::Create { object })
}

fn bare_pod(meta: &Value, spec: &Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec});
    object["metadata"]["namespace"] = json!("shop");
    object["spec"]["containers"] = json!([{"name": "main", "image": "registry.example.com/app:1"}]);
    object
}

#[test]
fn admission_refuses_in_the_words_of_the_server() {
    let (mut world, _) = world();
    create(&mut world, workload("Deployment", "web", 1)).unwrap();
    let mut elsewhere = workload("Deployment", "web", 1);
    elsewhere["metadata"]["namespace"] = json!("nowhere");
    let table = [
        (workload("Deployment", "web", 1), 409, "AlreadyExists", "deployments.apps \"web\" already exists"),
        (elsewhere, 404, "NotFound", "namespaces \"nowhere\" not found"),
        (
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
            409,
            "AlreadyExists",
            "namespaces \"shop\" already exists",
        ),
    ];
    for (object, code, reason, message) in table {
        assert_eq!(create(&mut world, object), Err(Refusal::new(code, reason, message)));
    }
}

#[test]
fn a_name_is_drawn_and_a_node_can_be_preset() {
    let (mut world, node) = world();
    let mut names = BTreeSet::new();
    for _ in 0..3 {
        let object = bare_pod(&json!({"generateName": "task-"}), &json!({"nodeName": "node-a"}));
        let Ok(Outcome::Written(Ref::Pod(id))) = create(&mut world, object) else { panic!("not created") };
        let pod = world.store.pods.get(id).unwrap();
        assert_eq!((pod.node, pod.meta.generation, pod.meta.created_at), (Some(node), 1, world.now));
        assert!(pod.meta.name.starts_with("task-") && pod.meta.name.len() == 10, "{}", pod.meta.name);
        names.insert(pod.meta.name.clone());
    }
    assert_eq!(names.len(), 3);
}

#[test]
fn a_priority_class_gives_later_pods_their_priority() {
    let (mut world, _) = world();
    let class = json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "low"}, "value": -5,
    });
    assert_eq!(create(&mut world, class), Ok(Outcome::Kept));
    let at =
        testing::create(&mut world, bare_pod(&json!({"name": "a"}), &json!({"priorityClassName": "low"})));
    let Ref::Pod(id) = at else { panic!("no pod") };
    assert_eq!(world.store.pods.get(id).unwrap().template.spec.priority, -5);
}

#[test]
fn a_namespace_ends_when_it_is_empty() {
    let (mut world, node) = world();
    let id = testing::pod(&mut world, node, "web-1", "web", testing::Is::Ready, None);
    let act = Act::Delete {
        group: None,
        kind: "Namespace".into(),
        namespace: "".into(),
        name: "shop".into(),
        propagation: Propagation::Background,
    };
    world.request(act).unwrap();
    let refused = create(&mut world, workload("Deployment", "web", 1)).unwrap_err();
    assert_eq!((refused.code, refused.causes[0].0), (403, "NamespaceTerminating"));
    assert!(world.has_namespace("shop"));
    crate::apiserver::delete_pod_now(&mut world, id);
    assert!(!world.has_namespace("shop"));
}
