//! Metadata of snapshot objects: uid, times, deletion, owner.

use std::sync::Arc;

use serde_json::Value;

use super::{Seeding, shared};
use replank_formats::manifest;
use replank_formats::snapshot::fields;
use replank_world::object::{Deletion, Meta, OwnerRef, Uid};
use replank_world::time::{Span, Time};
use replank_world::world::World;

/// The `metadata` of an object.
pub(super) fn meta(world: &mut World, seeding: &Seeding<'_>, object: &Value) -> Meta {
    let given = &object["metadata"];
    let mut meta = Meta {
        namespace: shared(given["namespace"].as_str().unwrap_or_default()),
        name: shared(given["name"].as_str().unwrap_or_default()),
        uid: Uid::default(),
        version: 0,
        generation: 1,
        created_at: world.now,
        deletion: None,
        finalizers: texts(&given["finalizers"]),
        owner: None,
        references: None,
        labels: world.label_set(&fields::map(&given["labels"])),
        annotations: Arc::new(fields::map(&given["annotations"])),
    };
    identify(world, seeding, object, &mut meta);
    meta
}

/// Sets the uid, times, deletion and owner of an object that was parsed as a manifest.
pub(super) fn identify(world: &World, seeding: &Seeding<'_>, object: &Value, meta: &mut Meta) {
    let given = &object["metadata"];
    meta.uid = uid(&given["uid"]).unwrap_or_default();
    meta.created_at = fields::time(&given["creationTimestamp"]).unwrap_or(world.now).min(world.now);
    meta.generation = given["generation"].as_u64().unwrap_or(1);
    meta.deletion = deletion(given, world.now);
    meta.owner = owner(seeding, given);
    meta.finalizers.dedup();
}

/// A uid; `None` when it is not a UUID.
pub(super) fn uid(value: &Value) -> Option<Uid> {
    Uid::try_from(value.as_str()?.to_owned()).ok()
}

fn deletion(given: &Value, now: Time) -> Option<Deletion> {
    let until = fields::time(&given["deletionTimestamp"])?;
    let grace_seconds = fields::number(&given["deletionGracePeriodSeconds"]);
    let asked_at = (until + Span::secs(-grace_seconds)).min(now);
    Some(Deletion { asked_at, until, grace_seconds })
}

/// The owner reference with `controller: true`.
fn owner(seeding: &Seeding<'_>, given: &Value) -> Option<OwnerRef> {
    let owner = manifest::controller_among(&given["ownerReferences"])?;
    let text = |key: &str| owner[key].as_str().unwrap_or_default();
    let uid = uid(&owner["uid"])?;
    Some(OwnerRef {
        kind: manifest::owner_kind(text("apiVersion"), text("kind")),
        name: shared(text("name")),
        uid,
        at: seeding.by_uid.get(&uid).copied(),
    })
}

fn texts(value: &Value) -> Vec<Arc<str>> {
    value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(Arc::from)).collect()
}
