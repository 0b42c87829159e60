//! Cases of `apiserver::delete`: tables of what is given and what must come of it.

use super::*;
use crate::apiserver::testing::{Is, pod, world};
use replank_world::object::Uid;

/// Verbs of the changes after `version`.
fn verbs(world: &World, version: u64) -> Vec<Verb> {
    world.store.changes.since(version).into_iter().flatten().map(|change| change.verb).collect()
}

fn grace(seconds: i64) -> DeleteOptions {
    DeleteOptions { grace_seconds: Some(seconds), ..DeleteOptions::default() }
}

/// What it is, finalizer, options; outcome, grace stored, watch events.
type Row<'a> = (Is, Option<&'a str>, DeleteOptions, Deleted, Option<i64>, &'a [Verb]);

#[test]
fn a_first_deletion_follows_the_table() {
    use Verb::{Deleted as Gone, Modified};
    let unset = DeleteOptions::default();
    let held = Some("example.com/hold");
    let table: [Row<'_>; 9] = [
        (Is::Ready, None, unset, Deleted::Terminating, Some(30), &[Modified]),
        (Is::Ready, None, grace(5), Deleted::Terminating, Some(5), &[Modified]),
        (Is::Ready, None, grace(-3), Deleted::Terminating, Some(1), &[Modified]),
        (Is::Ready, None, grace(0), Deleted::Gone, None, &[Modified, Gone]),
        (Is::Pending, None, grace(60), Deleted::Gone, None, &[Modified, Gone]),
        (Is::Ended, None, unset, Deleted::Gone, None, &[Modified, Gone]),
        (Is::Ready, held, grace(0), Deleted::Terminating, Some(0), &[Modified]),
        (Is::Pending, held, unset, Deleted::Terminating, Some(0), &[Modified]),
        (Is::Ready, None, DeleteOptions { dry_run: true, ..unset }, Deleted::Terminating, None, &[]),
    ];
    for (number, (is, finalizer, options, outcome, stored, events)) in table.into_iter().enumerate() {
        let (mut world, node) = world();
        let id = pod(&mut world, node, "web-1", "web", is, None);
        if let Some(finalizer) = finalizer {
            world.store.pods.get_mut(id).unwrap().meta.finalizers.push(Arc::from(finalizer));
        }
        let before = world.store.changes.version;
        assert_eq!(delete_pod(&mut world, id, options), Ok(outcome), "row {number}");
        let deletion = world.store.pods.get(id).and_then(|pod| pod.meta.deletion);
        assert_eq!(deletion.map(|deletion| deletion.grace_seconds), stored, "row {number}");
        assert_eq!(verbs(&world, before), events, "row {number}");
        if let (Some(deletion), Some(stored)) = (deletion, stored) {
            assert_eq!(deletion.until, world.now + Span::secs(stored), "row {number}");
            assert_eq!(world.store.pods.get(id).unwrap().meta.generation, 2, "row {number}");
        }
    }
}

#[test]
fn a_later_deletion_can_only_hurry() {
    // Seconds since the first deletion with 30 s; the new wish; outcome, grace stored, seconds left.
    let table = [
        (10, None, Deleted::Unchanged, 30, 20),
        (10, Some(30), Deleted::Unchanged, 30, 20),
        (10, Some(60), Deleted::Unchanged, 30, 20),
        (10, Some(15), Deleted::Terminating, 15, 5),
        (10, Some(5), Deleted::Terminating, 1, 0),
        (10, Some(-1), Deleted::Terminating, 1, 0),
    ];
    for (number, (later, wish, outcome, stored, left)) in table.into_iter().enumerate() {
        let (mut world, node) = world();
        let id = pod(&mut world, node, "web-1", "web", Is::Ready, None);
        delete_pod(&mut world, id, DeleteOptions::default()).unwrap();
        world.now = world.now + Span::secs(later);
        let before = world.store.changes.version;
        let options = DeleteOptions { grace_seconds: wish, ..DeleteOptions::default() };
        assert_eq!(delete_pod(&mut world, id, options), Ok(outcome), "row {number}");
        let deletion = world.store.pods.get(id).unwrap().meta.deletion.unwrap();
        assert_eq!(
            (deletion.grace_seconds, deletion.until),
            (stored, world.now + Span::secs(left)),
            "row {number}"
        );
        assert_eq!(verbs(&world, before).is_empty(), outcome == Deleted::Unchanged, "row {number}");
        assert_eq!(world.store.pods.get(id).unwrap().meta.generation, 2, "row {number}");
        assert_eq!(delete_pod_now(&mut world, id), Deleted::Gone);
    }
}

#[test]
fn a_finalizer_holds_a_pod_until_it_is_taken_off() {
    let (mut world, node) = world();
    let id = pod(&mut world, node, "batch-1", "batch", Is::Ready, None);
    world.store.pods.get_mut(id).unwrap().meta.finalizers.push(Arc::from("batch.kubernetes.io/job-tracking"));
    assert_eq!(delete_pod_now(&mut world, id), Deleted::Terminating);
    assert_eq!(delete_pod_now(&mut world, id), Deleted::Unchanged);
    remove_finalizer(&mut world, Ref::Pod(id), "example.com/other");
    assert!(world.store.pods.get(id).is_some());
    remove_finalizer(&mut world, Ref::Pod(id), "batch.kubernetes.io/job-tracking");
    assert!(world.store.pods.get(id).is_none());

    // With grace left, the last finalizer does not end it: the kubelet does.
    let id = pod(&mut world, node, "batch-2", "batch", Is::Ready, None);
    world.store.pods.get_mut(id).unwrap().meta.finalizers.push(Arc::from("batch.kubernetes.io/job-tracking"));
    delete_pod(&mut world, id, DeleteOptions::default()).unwrap();
    remove_finalizer(&mut world, Ref::Pod(id), "batch.kubernetes.io/job-tracking");
    assert!(world.store.pods.get(id).is_some());
    assert_eq!(delete_pod_now(&mut world, id), Deleted::Gone);
}

#[test]
fn preconditions_are_answered_in_the_words_of_the_server() {
    let (mut world, node) = world();
    let id = pod(&mut world, node, "web-1", "web", Is::Ready, None);
    let (uid, version) = {
        let meta = &world.store.pods.get(id).unwrap().meta;
        (meta.uid, meta.version)
    };
    let other = Uid(0x1234_5678_9abc_def0_1234_5678_9abc_def0);
    let refused = delete_pod(&mut world, id, DeleteOptions { uid: Some(other), ..DeleteOptions::default() });
    let expected = format!(
        "Operation cannot be fulfilled on Pod \"web-1\": the UID in the precondition \
         (12345678-9abc-def0-1234-56789abcdef0) does not match the UID in record ({uid}). The object might have \
         been deleted and then recreated"
    );
    assert_eq!(refused, Err(Refusal::new(409, "Conflict", expected)));
    let refused = delete_pod(&mut world, id, DeleteOptions { version: Some(1), ..DeleteOptions::default() });
    let expected = format!(
        "Operation cannot be fulfilled on Pod \"web-1\": the ResourceVersion in the precondition (1) does not match \
         the ResourceVersion in record ({version}). The object might have been modified"
    );
    assert_eq!(refused, Err(Refusal::new(409, "Conflict", expected)));
    let options = DeleteOptions { uid: Some(uid), version: Some(version), ..DeleteOptions::default() };
    assert_eq!(delete_pod(&mut world, id, options), Ok(Deleted::Terminating));
}
