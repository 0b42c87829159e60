//! Deletion of one object, with its options.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use replank_world::act::Act;
use replank_world::api::{self, PodDeletion, Propagation};
use replank_world::object::Uid;
use replank_world::refusal::Refusal;
use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;
use serde_json::Value;

use super::writable::writable;
use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::view_of;
use crate::resource::Source;

/// Deletes an object; returns it as it was, and as it is if it still exists.
pub(crate) fn one(
    world: &mut World,
    clock_map: &Mutex<WallClockMap>,
    asked: &Asked,
    options: &Value,
) -> Result<(Value, Option<Value>), StatusError> {
    let in_body = options["dryRun"].as_array().is_some_and(|all| !all.is_empty());
    let before = view_of(world, clock_map, |view| asked.shown(view))?;
    view_of(world, clock_map, |view| writable(asked, view))?;
    preconditions(asked, options, &before)?;
    immortal(asked)?;
    if asked.parameters.dry_run()? || in_body {
        if asked.resource.source == Source::Pods {
            let now = clock_map.lock().unwrap_or_else(PoisonError::into_inner).wall(world.now);
            return Ok((ending(before, pod_deletion(options, asked)?.grace_seconds, now), None));
        }
        // It would stay as long as somebody has to finish with it.
        let stays = before["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty());
        return Ok((before.clone(), stays.then_some(before)));
    }
    let act = act(asked, options)?;
    world.act(act).map_err(|refusal| refused(refusal, asked, options))?;
    let same = |after: &Value| after["metadata"]["uid"] == before["metadata"]["uid"];
    let after = view_of(world, clock_map, |view| asked.shown(view)).ok().filter(same);
    Ok((before, after))
}

/// A pod as its deletion leaves it: terminating, or removed when nothing of it runs (Kubernetes: `podStrategy`).
fn ending(mut pod: Value, grace_seconds: Option<i64>, now: Timestamp) -> Value {
    let own = pod["spec"]["terminationGracePeriodSeconds"].as_i64();
    let is_over = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    let runs = !is_over && pod["spec"]["nodeName"].is_string();
    let grace = if runs { grace_seconds.or(own).unwrap_or(30).max(0) } else { 0 };
    if pod["metadata"]["deletionTimestamp"].is_null() && grace > 0 {
        let at = now + SignedDuration::from_secs(grace);
        pod["metadata"]["deletionTimestamp"] = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into();
        pod["metadata"]["deletionGracePeriodSeconds"] = grace.into();
    }
    pod
}

/// Refuses (403) to delete namespaces that every cluster has (Kubernetes: admission `NamespaceLifecycle`).
fn immortal(asked: &Asked) -> Result<(), StatusError> {
    let is_namespace = asked.resource.plural == "namespaces" && asked.resource.group.is_empty();
    if !is_namespace || !matches!(asked.name(), "default" | "kube-system" | "kube-public") {
        return Ok(());
    }
    let message = format!("namespaces \"{}\" is forbidden: this namespace may not be deleted", asked.name());
    Err(StatusError::new(403, "Forbidden", message).about(&asked.resource, asked.name()))
}

fn act(asked: &Asked, options: &Value) -> Result<Act, StatusError> {
    let (namespace, name): (Arc<str>, Arc<str>) = (asked.place().into(), asked.name().into());
    Ok(Act::Cluster(match asked.resource.source {
        Source::Pods => api::Act::DeletePod { namespace, name, options: pod_deletion(options, asked)? },
        _ => {
            let kind = Arc::from(asked.resource.kind.as_str());
            // Both groups of events are one in the world.
            let is_event = asked.resource.source == Source::Events;
            let group = if is_event { "" } else { asked.resource.group.as_str() }.into();
            let propagation = propagation(options, asked);
            api::Act::Delete { group: Some(group), kind, namespace, name, propagation }
        }
    }))
}

fn propagation(options: &Value, asked: &Asked) -> Propagation {
    let policy = options["propagationPolicy"].as_str().or_else(|| asked.parameters.get("propagationPolicy"));
    match (policy, options["orphanDependents"].as_bool()) {
        (Some("Foreground"), _) => Propagation::Foreground,
        (Some("Orphan"), _) | (None, Some(true)) => Propagation::Orphan,
        _ => Propagation::Background,
    }
}

/// Refuses (409) when uid or resource version are not those of the preconditions. The world checks those of pods.
fn preconditions(asked: &Asked, options: &Value, before: &Value) -> Result<(), StatusError> {
    if asked.resource.source == Source::Pods {
        return Ok(());
    }
    for (key, what) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let (meant, is) = (&options["preconditions"][key], &before["metadata"][key]);
        if let Some(meant) = meant.as_str().filter(|meant| is != meant) {
            let is = is.as_str().unwrap_or_default();
            let what_then = if key == "uid" { "deleted and then recreated" } else { "modified" };
            let (resource, name) = (&asked.resource, asked.name());
            let group =
                if resource.group.is_empty() { String::new() } else { format!(".{}", resource.group) };
            let message = format!(
                "Operation cannot be fulfilled on {}{group} \"{name}\": the {what} in the precondition ({meant}) does \
                 not match the {what} in record ({is}). The object might have been {what_then}",
                resource.kind
            );
            let mut failure = StatusError::new(409, "Conflict", message).about(resource, name);
            failure.details.insert("kind".to_owned(), resource.kind.clone().into());
            return Err(failure);
        }
    }
    Ok(())
}

/// Stands for a uid that is not a UUID, which no object has.
const NOBODY: Uid = Uid(u128::MAX);

/// The error for a deletion that the world refused, with the uid of the request.
pub(crate) fn refused(mut refusal: Refusal, asked: &Asked, options: &Value) -> StatusError {
    let meant = options["preconditions"]["uid"].as_str().unwrap_or_default();
    refusal.message = refusal.message.replace(&NOBODY.to_string(), meant);
    StatusError::refused(refusal, &asked.resource, asked.name())
}

/// Options of a pod's deletion: from the body, else from the query.
pub(crate) fn pod_deletion(options: &Value, asked: &Asked) -> Result<PodDeletion, StatusError> {
    let grace = options["gracePeriodSeconds"].as_i64();
    let in_query = || asked.parameters.get("gracePeriodSeconds").and_then(|text| text.parse().ok());
    let wrong = |what: &str| StatusError::bad_request(format!("preconditions.{what} is not valid"));
    let preconditions = &options["preconditions"];
    let uid = preconditions["uid"].as_str().map(|text| Uid::try_from(text.to_owned()).unwrap_or(NOBODY));
    let version = preconditions["resourceVersion"].as_str().map(str::parse);
    Ok(PodDeletion {
        grace_seconds: grace.or_else(in_query),
        uid,
        version: version.transpose().map_err(|_| wrong("resourceVersion"))?,
        dry_run: false,
    })
}
