//! Cases of `control::endpoints`: tables of what is given and what must come of it.

use serde_json::json;

use super::*;
use crate::apiserver::delete_pod;
use crate::apiserver::testing::{Is, create, pod, world};
use replank_world::api::DeleteOptions;
use replank_world::time::Span;

fn service(world: &mut World, publishes_unready: bool) -> ServiceId {
    let at = create(
        world,
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {
                "selector": {"app": "web"}, "ports": [{"port": 80}],
                "publishNotReadyAddresses": publishes_unready,
            },
        }),
    );
    let Ref::Service(id) = at else { panic!("no service") };
    id
}

#[test]
fn endpoints_follow_the_table() {
    // Pod, being deleted; ready, serving, terminating, without and with unready addresses published.
    let table = [
        (Is::Ready, false, Some([true, true, false]), Some([true, true, false])),
        (Is::Unready, false, Some([false, false, false]), Some([true, false, false])),
        (Is::Ready, true, Some([false, true, true]), Some([true, true, true])),
        (Is::Unready, true, Some([false, false, true]), Some([true, false, true])),
        (Is::Ended, false, None, None),
        (Is::Pending, false, None, None),
    ];
    for (number, (is, deleted, plain, published)) in table.into_iter().enumerate() {
        for (publishes, expected) in [(false, plain), (true, published)] {
            let (mut world, node) = world();
            let id = pod(&mut world, node, "web-1", "web", is, None);
            if deleted {
                delete_pod(&mut world, id, DeleteOptions::default()).unwrap();
            }
            let id = service(&mut world, publishes);
            sync(&mut world, id);
            let found = world.store.services.get(id).unwrap().endpoints.get("web-1").copied();
            assert_eq!(found, expected, "row {number}, {publishes}");
        }
    }
}

#[test]
fn only_what_changed_is_looked_at_and_only_changes_are_written() {
    let (mut world, node) = world();
    let service = service(&mut world, false);
    let first = pod(&mut world, node, "web-1", "web", Is::Ready, None);
    pod(&mut world, node, "web-2", "web", Is::Ready, None);
    pod(&mut world, node, "api-1", "api", Is::Ready, None);
    let count = |world: &World| world.store.services.get(service).unwrap().endpoints.len();
    sync(&mut world, service);
    assert_eq!(count(&world), 2);
    assert!(!world.queue.has(Work::Endpoints(service)), "its own write does not wake it");
    world.edit_pod(first, |pod| pod.restarts += 1);
    assert_eq!(components_mut(&mut world.state).endpoints.pods.get(&service).map(BTreeSet::len), Some(1));
    let version = world.store.changes.version;
    sync(&mut world, service);
    assert_eq!(world.store.changes.version, version);
    world.remove_pod(first);
    world.now = world.now + Span::secs(1);
    sync(&mut world, service);
    assert_eq!(count(&world), 1);
}
