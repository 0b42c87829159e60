//! The subresource `scale`: the number of replicas, for every kind that has one.

use std::sync::Arc;

use hyper::Method;
use replank_world::act::Act;
use replank_world::api::{self, Scaled};
use replank_world::refusal::Refusal;
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::{Live, view_of};
use crate::resource::Source;
use crate::step::patched::patched;
use crate::step::write;
use crate::strict::{Patched, refused_patch};
use crate::validate;
use crate::wire::answer::Answer;

/// GET, PUT and PATCH of a scale.
pub(super) fn scale(live: &Arc<Live>, method: &Method, asked: &Asked) -> Result<Answer, StatusError> {
    let kind = match asked.resource.kind.as_str() {
        _ if asked.resource.source == Source::Custom => return custom(live, method, asked),
        "Deployment" => Scaled::Deployment,
        "ReplicaSet" => Scaled::ReplicaSet,
        "ReplicationController" => Scaled::ReplicationController,
        "StatefulSet" => Scaled::StatefulSet,
        _ => return Err(StatusError::no_resource()),
    };
    if !matches!(*method, Method::GET | Method::PUT | Method::PATCH) {
        return Err(StatusError::not_allowed());
    }
    if method == Method::GET {
        return Ok(Answer::Object(200, live.look(|view| asked.shown(view)).map(|object| scale_of(&object))?));
    }
    let dry_run = asked.parameters.dry_run()?;
    let scale = live.act(|world, clock_map| {
        let present = view_of(world, clock_map, |view| asked.shown(view)).map(|object| scale_of(&object))?;
        let wanted = match *method {
            Method::PUT => asked.object()?.unwrap_or_default(),
            Method::PATCH => patched(asked, &present)?,
            _ => return Err(StatusError::not_allowed()),
        };
        let meant = wanted["metadata"]["resourceVersion"].as_str().filter(|version| !version.is_empty());
        if meant.is_some_and(|version| present["metadata"]["resourceVersion"] != version) {
            return Err(StatusError::modified(&asked.resource, asked.name()));
        }
        let replicas = replicas(asked, &wanted)?;
        if dry_run {
            let mut scale = present;
            scale["spec"]["replicas"] = json!(replicas);
            return Ok(scale);
        }
        let (namespace, name) = (asked.place().into(), asked.name().into());
        let act = Act::Cluster(api::Act::Scale { kind, namespace, name, replicas });
        world.act(act).map_err(|refusal| refused(refusal, asked))?;
        view_of(world, clock_map, |view| asked.shown(view)).map(|object| scale_of(&object))
    })?;
    Ok(Answer::Object(200, scale))
}

/// The number of replicas in a scale.
fn replicas(asked: &Asked, wanted: &Value) -> Result<i64, StatusError> {
    if let Some(kind) = wanted["kind"].as_str().filter(|kind| !matches!(*kind, "" | "Scale")) {
        let why = format!("converting (v1.{kind}) to (autoscaling.Scale): unknown conversion");
        let message = format!("{kind} in version \"v1\" cannot be handled as a Scale: {why}");
        return Err(StatusError::bad_request(message));
    }
    let value = &wanted["spec"]["replicas"];
    let mistyped = || {
        let found = if value.is_string() { "string" } else { "value" };
        let why = format!(
            "json: cannot unmarshal {found} into Go struct field ScaleSpec.spec.replicas of type int32"
        );
        if asked.media_type.contains("patch") {
            let refusal = refused_patch(&Patched::makes(wanted), &why);
            return StatusError::rejected(refusal, &asked.resource, asked.name());
        }
        StatusError::bad_request(format!("Scale in version \"v1\" cannot be handled as a Scale: {why}"))
    };
    if value.is_null() { Ok(0) } else { value.as_i64().ok_or_else(mistyped) }
}

/// The error for a refusal of the world, about the scale.
fn refused(refusal: Refusal, asked: &Asked) -> StatusError {
    let mut failure = StatusError::refused(refusal, &asked.resource, asked.name());
    if failure.code == 422 {
        failure.message = failure.message.replacen("Scale \"", "Scale.autoscaling \"", 1);
        failure.details.insert("group".to_owned(), json!("autoscaling"));
        failure.details.insert("kind".to_owned(), json!("Scale"));
    }
    failure
}

/// The scale of a custom resource, whose definition has the paths.
fn custom(live: &Arc<Live>, method: &Method, asked: &Asked) -> Result<Answer, StatusError> {
    let definition = asked.resource.definition.as_ref();
    let paths = definition.map(|version| &version["subresources"]["scale"]).filter(|scale| scale.is_object());
    let paths = paths.ok_or_else(StatusError::no_resource)?;
    if !matches!(*method, Method::GET | Method::PUT | Method::PATCH) {
        return Err(StatusError::not_allowed());
    }
    let shown = |object: &Value| {
        let at = |key: &str| paths[key].as_str().and_then(|path| object.pointer(&path.replace('.', "/")));
        let mut scale = scale_of(object);
        scale["spec"]["replicas"] = at("specReplicasPath").cloned().unwrap_or(json!(0));
        scale["status"] = json!({"replicas": at("statusReplicasPath").and_then(Value::as_i64).unwrap_or(0)});
        if let Some(selector) = at("labelSelectorPath") {
            scale["status"]["selector"] = selector.clone();
        }
        scale
    };
    if method == Method::GET {
        return Ok(Answer::Object(200, live.look(|view| asked.shown(view)).map(|object| shown(&object))?));
    }
    let scale = live.act(|world, clock_map| {
        let present = view_of(world, clock_map, |view| asked.shown(view))?;
        let wanted = if method == Method::PUT { asked.given()? } else { patched(asked, &shown(&present))? };
        let count = replicas(asked, &wanted)?;
        let mut object = present.clone();
        let path = paths["specReplicasPath"].as_str().unwrap_or_default();
        let place =
            path.split('.').filter(|step| !step.is_empty()).fold(&mut object, |at, step| &mut at[step]);
        *place = json!(count);
        validate::custom(asked, &object)?;
        let object = write::over(world, clock_map, asked, &present, asked.tracked(Some(&present), object))?;
        Ok::<_, StatusError>(shown(&object))
    })?;
    Ok(Answer::Object(200, scale))
}

fn scale_of(object: &Value) -> Value {
    let meta = &object["metadata"];
    let mut metadata = json!({"name": meta["name"], "namespace": meta["namespace"]});
    for key in ["uid", "resourceVersion", "creationTimestamp"] {
        metadata[key] = meta[key].clone();
    }
    let selector = &object["spec"]["selector"];
    // That of a replication controller is nothing but labels.
    let labels = selector["matchLabels"].as_object().or_else(|| selector.as_object());
    let labels = labels.into_iter().flatten();
    let labels: Vec<String> =
        labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata,
        "spec": {"replicas": object["spec"]["replicas"]},
        "status": {"replicas": object["status"]["replicas"].as_i64().unwrap_or(0), "selector": labels.join(",")},
    })
}
