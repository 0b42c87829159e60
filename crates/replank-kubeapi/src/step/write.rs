//! The course of every write: fields that the server owns are put back, defaults are set, and nothing is written when
//! nothing changes.

use std::sync::Mutex;

use replank_formats::manifest;
use replank_world::act::Act;
use replank_world::api;
use replank_world::store::Ref;
use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;
use serde_json::{Map, Value, json};

use super::{read, templates};
use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::view_of;
use crate::resource::{self, Source};
use crate::show::{self, At, View, autoscaler, event, said};
use crate::validate;

/// A kind with two versions, stored as the newer.
const AUTOSCALER: &str = "HorizontalPodAutoscaler";

/// Metadata that clients cannot write.
const OWNED: [&str; 7] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
];

/// Updates an object and returns it as it is afterwards.
pub(crate) fn over(
    world: &mut World,
    clock_map: &Mutex<WallClockMap>,
    asked: &Asked,
    present: &Value,
    mut wanted: Value,
) -> Result<Value, StatusError> {
    checked(asked, present, &wanted)?;
    let of_status = asked.is_of_status();
    let known = if of_status { view_of(world, clock_map, |view| known_status(view, asked)) } else { None };
    own(asked, present, &mut wanted, known.as_ref());
    complete(asked, &mut wanted);
    let (is, will) = (read::plain(asked, present), read::plain(asked, &wanted));
    validate::changed(asked, &is, &will)?;
    if is_same(&is, &will) {
        return Ok(present.clone());
    }
    let spec = differs_in_spec(&is, &will);
    let mut object = wanted.clone();
    if let Some(known) = &known {
        object["status"] = said::beyond(known, &wanted["status"]);
    }
    if spec {
        view_of(world, clock_map, |view| templates::keep(view, asked, &mut object));
    }
    let dry_run = asked.parameters.dry_run()?;
    if dry_run {
        admitted(world, asked, &object)?;
        wanted["metadata"]["resourceVersion"] = present["metadata"]["resourceVersion"].clone();
        if let Some(generation) = present["metadata"]["generation"].as_u64().filter(|_| spec) {
            wanted["metadata"]["generation"] = json!(generation + 1);
        }
        return Ok(wanted);
    }
    act(world, asked, api::Act::Replace { object: bare(asked, object), spec })?;
    match view_of(world, clock_map, |view| asked.shown(view)) {
        Ok(object) => Ok(object),
        // Its last finalizer is gone, and with it the object.
        Err(_) => Ok(wanted),
    }
}

/// Creates an object and returns it.
pub(crate) fn anew(
    world: &mut World,
    clock_map: &Mutex<WallClockMap>,
    asked: &Asked,
    mut wanted: Value,
) -> Result<Value, StatusError> {
    if wanted["metadata"]["name"].as_str().is_none_or(str::is_empty)
        && let Some(base) = wanted["metadata"]["generateName"].as_str().filter(|base| !base.is_empty())
    {
        let name = world.generated_name(&asked.resource.kind, asked.place(), base);
        wanted["metadata"]["name"] = json!(name);
    }
    let name = wanted["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    if wanted["metadata"]["resourceVersion"].as_str().is_some_and(|version| !version.is_empty()) {
        return Err(StatusError::new(500, "", "resourceVersion should not be set on objects to be created"));
    }
    if asked.resource.namespaced && !world.has_namespace(asked.place()) {
        let message = format!("namespaces \"{}\" not found", asked.place());
        let mut failure = StatusError::new(404, "NotFound", message);
        failure.details = Map::from_iter([
            ("name".to_owned(), json!(asked.place())),
            ("kind".to_owned(), json!("namespaces")),
        ]);
        return Err(failure);
    }
    if let Some(meta) = wanted["metadata"].as_object_mut() {
        OWNED.iter().for_each(|key| drop(meta.shift_remove(*key)));
    }
    complete(asked, &mut wanted);
    validate::anew(asked, &wanted)?;
    account(world, clock_map, asked, &wanted)?;
    if view_of(world, clock_map, |view| show::find(view, &asked.resource, asked.place(), &name)).is_some() {
        admitted(world, asked, &wanted)?;
        return Err(StatusError::already_exists(&asked.resource, &name));
    }
    if asked.parameters.dry_run()? {
        admitted(world, asked, &wanted)?;
        let now = view_of(world, clock_map, |view| view.time(view.world.now));
        wanted["metadata"]["creationTimestamp"] = now;
        wanted["metadata"]["uid"] = json!("00000000-0000-4000-8000-000000000000");
        return Ok(wanted);
    }
    act(world, asked, api::Act::Create { object: bare(asked, wanted) })?;
    let shown = view_of(world, clock_map, |view| {
        let at = show::find(view, &asked.resource, asked.place(), &name);
        at.and_then(|at| show::object(view, &asked.resource, at))
    });
    shown.ok_or_else(|| StatusError::not_found(&asked.resource, &name))
}

/// Refuses (403) a pod whose service account does not exist (Kubernetes: admission `ServiceAccount`).
fn account(
    world: &World,
    clock_map: &Mutex<WallClockMap>,
    asked: &Asked,
    pod: &Value,
) -> Result<(), StatusError> {
    let named = ["serviceAccountName", "serviceAccount"].iter().find_map(|key| pod["spec"][*key].as_str());
    let Some(named) =
        named.filter(|name| asked.resource.source == Source::Pods && !matches!(*name, "" | "default"))
    else {
        return Ok(());
    };
    let Some(accounts) = resource::find(world, "", "v1", "serviceaccounts") else { return Ok(()) };
    if view_of(world, clock_map, |view| show::find(view, &accounts, asked.place(), named)).is_some() {
        return Ok(());
    }
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let message = format!(
        "pods \"{name}\" is forbidden: error looking up service account {}/{named}: serviceaccount \"{named}\" not found",
        asked.place()
    );
    Err(StatusError::new(403, "Forbidden", message).about(&asked.resource, name))
}

fn act(world: &mut World, asked: &Asked, act: api::Act) -> Result<(), StatusError> {
    let name = match &act {
        api::Act::Create { object } => object["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
        _ => asked.name().to_owned(),
    };
    world.act(Act::Cluster(act)).map_err(|refusal| StatusError::refused(refusal, &asked.resource, &name))
}

/// Validates an object without writing it.
fn admitted(world: &World, asked: &Asked, object: &Value) -> Result<(), StatusError> {
    if asked.resource.source == Source::Nodes {
        return Ok(());
    }
    let read = manifest::admit(&bare(asked, object.clone()), &world.known);
    read.map(drop).map_err(|refusal| StatusError::refused(refusal, &asked.resource, asked.name()))
}

/// The object as the world reads it, with an empty namespace for cluster-scoped ones.
fn bare(asked: &Asked, mut object: Value) -> Value {
    object["kind"] = json!(asked.resource.kind);
    if !asked.resource.namespaced {
        object["metadata"]["namespace"] = json!("");
    }
    if let Some(meta) = object["metadata"].as_object_mut() {
        for key in ["generateName", "creationTimestamp", "resourceVersion", "uid", "generation"] {
            meta.shift_remove(key);
        }
    }
    if !is_kept(asked)
        && !asked.is_of_status()
        && let Some(object) = object.as_object_mut()
    {
        object.shift_remove("status");
    }
    object
}

/// Whether nothing in the world sets the object's status.
fn is_kept(asked: &Asked) -> bool {
    matches!(asked.resource.source, Source::Kept | Source::Custom | Source::Events)
}

/// The status that the world works out; `None` for stored objects.
fn known_status(view: View<'_>, asked: &Asked) -> Option<Value> {
    let at = asked.find(view).ok().filter(|at| !matches!(at, At::Of(Ref::Other(_))))?;
    show::known(view, &asked.resource, at).map(|mut object| object["status"].take())
}

/// Refuses (409) an object with another name, namespace, uid or resource version than the present one.
fn checked(asked: &Asked, present: &Value, wanted: &Value) -> Result<(), StatusError> {
    let (is, meant) = (&present["metadata"], &wanted["metadata"]);
    // A namespace in an object of the cluster means nothing.
    let keys: &[&str] = if asked.resource.namespaced { &["name", "namespace"] } else { &["name"] };
    for key in keys.iter().copied() {
        if meant[key].as_str().is_some_and(|meant| !meant.is_empty() && is[key] != meant) {
            let message = format!(
                "the {key} of the object ({}) does not match the {key} on the URL ({})",
                meant[key].as_str().unwrap_or_default(),
                is[key].as_str().unwrap_or_default()
            );
            return Err(StatusError::bad_request(message));
        }
    }
    if let Some(uid) = meant["uid"].as_str().filter(|uid| !uid.is_empty() && is["uid"] != *uid) {
        if asked.media_type.contains("patch") {
            return Err(validate::other_uid(asked, uid));
        }
        let (plural, place, name) = (&asked.resource.plural, asked.place(), asked.name());
        let key =
            if place.is_empty() { format!("{plural}/{name}") } else { format!("{plural}/{place}/{name}") };
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{key}, ResourceVersion: 0, AdditionalErrorMsg: \
             Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            is["uid"].as_str().unwrap_or_default()
        );
        return Err(StatusError::conflict(&asked.resource, name, &why));
    }
    let version = meant["resourceVersion"].as_str().filter(|version| !version.is_empty() && *version != "0");
    if let Some(text) = version.filter(|version| version.parse::<u64>().is_err()) {
        let why = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
        return Err(StatusError::new(500, "", why));
    }
    if version.is_some_and(|version| is["resourceVersion"] != version) {
        return Err(StatusError::modified(&asked.resource, asked.name()));
    }
    Ok(())
}

/// Puts back members that this endpoint does not write.
fn own(asked: &Asked, present: &Value, wanted: &mut Value, known: Option<&Value>) {
    wanted["kind"] = json!(asked.resource.kind);
    wanted["apiVersion"] = json!(asked.resource.api_version());
    if !wanted["metadata"].is_object() {
        wanted["metadata"] = json!({});
    }
    for key in OWNED.iter().chain(&["name", "namespace", "generateName"]) {
        put_back(&mut wanted["metadata"], &present["metadata"], key);
    }
    if asked.is_of_status() {
        // Everything but the status, and what the world works out itself, stays.
        let status = wanted["status"].take();
        let meta = wanted["metadata"]["managedFields"].take();
        *wanted = present.clone();
        wanted["metadata"]["managedFields"] = meta;
        if wanted["metadata"]["managedFields"].is_null() {
            put_back(&mut wanted["metadata"], &Value::Null, "managedFields");
        }
        wanted["status"] = match known {
            Some(known) => {
                let (mut shown, said) = (known.clone(), said::beyond(known, &status));
                said::over(&mut shown, &said);
                shown
            }
            None => status,
        };
    } else if asked.resource.subresources.iter().any(|name| name == "status") {
        put_back(wanted, present, "status");
    }
}

fn put_back(wanted: &mut Value, present: &Value, key: &str) {
    let Some(fields) = wanted.as_object_mut() else { return };
    match present.get(key) {
        Some(value) => drop(fields.insert(key.to_owned(), value.clone())),
        None => drop(fields.shift_remove(key)),
    }
}

/// Sets the defaults that the server sets, so that the object compares with the present one.
fn complete(asked: &Asked, wanted: &mut Value) {
    match asked.resource.source {
        Source::Deployments
        | Source::StatefulSets
        | Source::DaemonSets
        | Source::ReplicaSets
        | Source::ReplicationControllers
        | Source::Jobs
        | Source::CronJobs => {
            if let Some(spec) = wanted["spec"].as_object_mut() {
                show::complete_spec(asked.resource.source, spec);
            }
        }
        Source::Pods if wanted["spec"]["terminationGracePeriodSeconds"].as_i64().is_some_and(|it| it < 0) => {
            wanted["spec"]["terminationGracePeriodSeconds"] = json!(1);
        }
        Source::Events if asked.resource.group == "events.k8s.io" => event::to_core_form(wanted),
        Source::Kept if asked.resource.kind == AUTOSCALER => autoscaler::to_version_2(wanted),
        _ => {}
    }
}

fn is_same(present: &Value, wanted: &Value) -> bool {
    let plain = |object: &Value| {
        let mut object = without_nulls(object);
        if let Some(meta) = object["metadata"].as_object_mut() {
            meta.shift_remove("managedFields");
        }
        object
    };
    plain(present) == plain(wanted) && crate::apply::is_same_but_times(present, wanted)
}

fn differs_in_spec(present: &Value, wanted: &Value) -> bool {
    let rest = |object: &Value| {
        let mut object = without_nulls(object);
        if let Some(fields) = object.as_object_mut() {
            ["metadata", "status", "kind", "apiVersion"]
                .iter()
                .for_each(|key| drop(fields.shift_remove(*key)));
        }
        object
    };
    rest(present) != rest(wanted)
}

/// The value without members that are null or empty, which mean the same as absent ones.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().map(|(key, value)| (key.clone(), without_nulls(value)));
            Value::Object(kept.filter(|(_, value)| !value.is_null()).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}
