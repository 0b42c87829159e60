//! The subresource `scale`: how many replicas, whatever the kind.

use std::sync::Arc;

use hyper::Method;
use replank_sim::act::Act;
use replank_sim::api::{self, Scaled};
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::failure::Failure;
use crate::live::{Live, view_of};
use crate::step::patched::patched;
use crate::wire::answer::Answer;

/// GET, PUT and PATCH of a scale.
pub(super) fn scale(live: &Arc<Live>, method: &Method, asked: &Asked) -> Result<Answer, Failure> {
    let kind = match asked.resource.kind.as_str() {
        "Deployment" => Scaled::Deployment,
        "ReplicaSet" => Scaled::ReplicaSet,
        "ReplicationController" => Scaled::ReplicationController,
        "StatefulSet" => Scaled::StatefulSet,
        _ => return Err(Failure::no_resource()),
    };
    if !matches!(*method, Method::GET | Method::PUT | Method::PATCH) {
        return Err(Failure::not_allowed());
    }
    if method == Method::GET {
        return Ok(Answer::Object(200, live.look(|view| asked.shown(view)).map(|object| scale_of(&object))?));
    }
    let dry_run = asked.parameters.dry_run()?;
    let scale = live.act(|world, calendar| {
        let present = view_of(world, calendar, |view| asked.shown(view)).map(|object| scale_of(&object))?;
        let wanted = match *method {
            Method::PUT => asked.object()?.unwrap_or_default(),
            Method::PATCH => patched(asked, &present)?,
            _ => return Err(Failure::not_allowed()),
        };
        let meant = wanted["metadata"]["resourceVersion"].as_str().filter(|version| !version.is_empty());
        if meant.is_some_and(|version| present["metadata"]["resourceVersion"] != version) {
            return Err(Failure::modified(&asked.resource, asked.name()));
        }
        let replicas = match &wanted["spec"]["replicas"] {
            Value::Null => 0,
            value => value.as_i64().ok_or_else(|| Failure::bad_request("spec.replicas is not a number"))?,
        };
        if dry_run {
            let mut scale = present;
            scale["spec"]["replicas"] = json!(replicas);
            return Ok(scale);
        }
        let (namespace, name) = (asked.place().into(), asked.name().into());
        let act = Act::Cluster(api::Act::Scale { kind, namespace, name, replicas });
        world.act(act).map_err(|refusal| Failure::refused(refusal, &asked.resource, asked.name()))?;
        view_of(world, calendar, |view| asked.shown(view)).map(|object| scale_of(&object))
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
