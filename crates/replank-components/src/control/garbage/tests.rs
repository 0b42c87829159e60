//! Cases of `control::garbage`: tables of what is given and what must come of it.

use super::*;
use crate::apiserver::delete;
use crate::apiserver::delete_pod_now;
use crate::apiserver::testing::{Is, create, pod, workload, world};
use replank_world::object::Uid;
use replank_world::time::Span;

/// A replica set that nobody looks at, with one running pod.
fn family() -> (World, Ref, Ref) {
    let (mut world, node) = world();
    let set = create(&mut world, workload("ReplicaSet", "web", 1));
    let child = pod(&mut world, node, "web-1", "web", Is::Ready, Some(set));
    (world, set, Ref::Pod(child))
}

/// Lets the collector alone work on these.
fn collect(world: &mut World, of: &[Ref]) {
    for at in of {
        sync(world, *at);
    }
}

#[test]
fn dependents_follow_their_owner() {
    let (mut world, set, child) = family();
    delete(&mut world, set, Propagation::Background).unwrap();
    assert!(world.store.meta(set).is_none());
    assert!(world.store.meta(child).is_some_and(|meta| meta.deletion.is_none()));
    assert!(world.queue.has(Work::Garbage(child)));
    collect(&mut world, &[child]);
    assert!(world.store.meta(child).is_some_and(|meta| meta.deletion.is_some()));
}

#[test]
fn in_the_foreground_dependents_go_first() {
    let (mut world, set, child) = family();
    delete(&mut world, set, Propagation::Foreground).unwrap();
    collect(&mut world, &[set]);
    assert!(world.store.meta(set).is_some() && world.store.meta(child).is_some());
    let Ref::Pod(id) = child else { panic!("no pod") };
    delete_pod_now(&mut world, id);
    assert!(world.queue.has(Work::Garbage(set)), "the owner hears of it");
    collect(&mut world, &[set]);
    assert!(world.store.meta(set).is_none());
}

#[test]
fn orphans_stay_without_an_owner() {
    let (mut world, set, child) = family();
    delete(&mut world, set, Propagation::Orphan).unwrap();
    collect(&mut world, &[set]);
    assert!(world.store.meta(set).is_none());
    collect(&mut world, &[child]);
    let meta = world.store.meta(child).unwrap();
    assert!(meta.owner.is_none() && meta.deletion.is_none());
    assert_eq!(world.store.index.owned_by(set).count(), 0);
}

#[test]
fn an_owner_of_another_identity_is_no_owner() {
    let (mut world, _, child) = family();
    world.store.meta_mut(child).unwrap().owner.as_mut().unwrap().uid = Uid(1);
    collect(&mut world, &[child]);
    assert!(world.store.meta(child).is_some_and(|meta| meta.deletion.is_some()));
    // One that is there is left alone.
    let (mut world, _, child) = family();
    collect(&mut world, &[child]);
    assert!(world.store.meta(child).is_some_and(|meta| meta.deletion.is_none()));
}

#[test]
fn a_deployment_takes_its_whole_chain_along() {
    let (mut world, _) = world();
    let at = create(&mut world, workload("Deployment", "web", 3));
    world.advance_to(world.now + Span::secs(60));
    assert_eq!((world.store.replica_sets.len(), world.store.pods.len()), (1, 3));
    delete(&mut world, at, Propagation::Background).unwrap();
    world.advance_to(world.now + Span::secs(120));
    assert_eq!((world.store.replica_sets.len(), world.store.pods.len()), (0, 0));
}
