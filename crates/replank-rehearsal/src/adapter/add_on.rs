//! Software of add-ons that EKS manages, in an embedded world: what EKS applies, and what of it somebody else set.
//!
//! What EKS wants of an object is its manifest with the configuration values laid over it. A field of that which is neither
//! as EKS wants it now nor as it wanted it before is somebody else's (EKS: server-side apply, and its field managers).

use std::collections::BTreeSet;

use replank_formats::worldfile::spec::Addon;
use replank_formats::yaml;
use replank_service::ports::ActError;
use replank_service::ports::clusters::{AddOnSoftware, Conflicts};
use replank_world::act::Act;
use replank_world::api;
use replank_world::store::Ref;
use replank_world::world::World;
use serde_json::{Map, Value, json};

use super::add_on_values::configured;

const NAMESPACE: &str = "kube-system";

/// Lets the software be as asked; returns the fields that somebody else set. Of those that are refused, nothing is changed.
pub(super) fn apply(world: &mut World, software: &AddOnSoftware) -> Result<Vec<String>, ActError> {
    let (addon, kind, name) = match software.add_on.as_str() {
        "coredns" => (Addon::Coredns, "Deployment", "coredns"),
        "kube-proxy" => (Addon::KubeProxy, "DaemonSet", "kube-proxy"),
        "vpc-cni" => (Addon::AwsNode, "DaemonSet", "aws-node"),
        _ => return Ok(Vec::new()),
    };
    let Some(live) = live(world, kind, name) else { return Ok(Vec::new()) };
    let manifest = shipped(addon, kind);
    let (before, wanted) = (values(&software.before)?, values(&software.configuration)?);
    let then = configured(&software.add_on, manifest.clone(), &before);
    let mut now = configured(&software.add_on, manifest, &wanted);
    let mut found = BTreeSet::new();
    compare("", &live["spec"], &then["spec"], &now["spec"], &mut found);
    let told = found.iter().map(|path| format!("{kind}.apps {name} - .spec{path}")).collect();
    if software.conflicts == Conflicts::Refuse && !found.is_empty() {
        return Ok(told);
    }
    images(&live, &mut now, software.tag.as_deref());
    let kept = if software.conflicts == Conflicts::Preserve { found } else { BTreeSet::new() };
    let mut object = live.clone();
    retire(&mut object["spec"], &then["spec"], &now["spec"]);
    lay("", &mut object["spec"], &now["spec"], &kept);
    if object != live {
        act(world, api::Act::Replace { object, spec: true })?;
    }
    if let Some(corefile) = wanted["corefile"].as_str() {
        put_corefile(world, corefile)?;
    }
    Ok(told)
}

/// Image of the first container of a workload of kube-system.
pub(super) fn first_image(world: &World, kind: &str, name: &str) -> Option<String> {
    let live = live(world, kind, name)?;
    Some(live["spec"]["template"]["spec"]["containers"][0]["image"].as_str()?.to_owned())
}

fn act(world: &mut World, act: api::Act) -> Result<(), ActError> {
    world.act(Act::Cluster(act)).map_err(|refusal| ActError(refusal.to_string()))
}

/// A workload as it is, as far as a client may write it.
fn live(world: &World, kind: &str, name: &str) -> Option<Value> {
    let store = &world.store;
    let (meta, template, raw, replicas) = match store.find(kind, NAMESPACE, name)? {
        Ref::Deployment(id) => {
            let it = store.deployments.get(id)?;
            (&it.meta, &it.template, &it.raw, Some(it.replicas))
        }
        Ref::DaemonSet(id) => {
            let it = store.daemon_sets.get(id)?;
            (&it.meta, &it.template, &it.raw, None)
        }
        _ => return None,
    };
    let mut spec = raw["spec"].clone();
    spec["template"] = Value::clone(&template.raw);
    if let Some(replicas) = replicas {
        spec["replicas"] = replicas.into();
    }
    let text = |map: &replank_world::vocab::labels::Map| {
        map.iter().map(|(key, value)| (key.to_string(), Value::from(&**value))).collect::<Map<_, _>>()
    };
    let metadata = json!({
        "name": name,
        "namespace": NAMESPACE,
        "labels": text(store.labels.get(meta.labels)),
        "annotations": text(&meta.annotations),
        "managedFields": store.managed.get(&meta.uid).map_or(Value::Null, |managed| Value::clone(managed)),
    });
    Some(json!({ "apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec }))
}

/// The workload in the manifest of an add-on.
fn shipped(addon: Addon, kind: &str) -> Value {
    let docs = yaml::read("add-on", addon.text().as_bytes()).unwrap_or_default();
    let objects = docs.into_iter().map(yaml::Doc::into_value);
    objects.into_iter().find(|object| object["kind"] == kind).unwrap_or_default()
}

/// Configuration values, which are JSON or YAML.
fn values(text: &str) -> Result<Value, ActError> {
    let docs =
        yaml::read("configurationValues", text.as_bytes()).map_err(|error| ActError(error.to_string()))?;
    Ok(docs.into_iter().next().map_or_else(|| json!({}), yaml::Doc::into_value))
}

/// The images that run, with another tag.
fn images(live: &Value, now: &mut Value, tag: Option<&str>) {
    let running = live["spec"]["template"]["spec"]["containers"].as_array().cloned().unwrap_or_default();
    let containers = now["spec"]["template"]["spec"]["containers"].as_array_mut().into_iter().flatten();
    for (place, container) in containers.enumerate() {
        let known = running.iter().find(|one| one["name"] == container["name"]);
        let Some(image) = known.and_then(|one| one["image"].as_str()) else { continue };
        let repository = image.rsplit_once(':').map_or(image, |(repository, _)| repository);
        // The version is that of the first container; the others have tags of their own.
        container["image"] = match tag.filter(|_| place == 0) {
            Some(tag) => format!("{repository}:{tag}").into(),
            None => image.into(),
        };
    }
}

/// Collects what is there and neither as EKS wanted it nor as it wants it. The tag of an image is its version and no
/// conflict.
fn compare(path: &str, live: &Value, then: &Value, now: &Value, found: &mut BTreeSet<String>) {
    match now {
        Value::Object(fields) => {
            for (name, now) in fields.iter().filter(|(name, _)| *name != "image" && *name != "annotations") {
                compare(&format!("{path}.{name}"), &live[name], &then[name], now, found);
            }
        }
        Value::Array(items) if is_keyed(items) => {
            for item in items {
                let id = &item["name"];
                let inside = format!("{path}[name={id}]");
                compare(&inside, named(live, id), named(then, id), item, found);
            }
        }
        now => {
            if !holds(live, now) && !holds(live, then) {
                found.insert(path.to_owned());
            }
        }
    }
}

/// Takes out what EKS had set and does not want any more.
fn retire(live: &mut Value, then: &Value, now: &Value) {
    match (live, then) {
        (Value::Object(live), Value::Object(then)) => {
            for (name, then) in then {
                match (live.get_mut(name), now.get(name)) {
                    (Some(value), Some(now)) => retire(value, then, now),
                    (Some(value), None) if value == then => drop(live.remove(name)),
                    (Some(value), None) => retire(value, then, &Value::Null),
                    (None, _) => {}
                }
            }
        }
        (Value::Array(live), Value::Array(then)) if is_keyed(then) => {
            let had = |item: &Value| then.iter().find(|one| one["name"] == item["name"]);
            live.retain(|item| had(item) != Some(item) || named(now, &item["name"]) != &Value::Null);
            for item in live {
                if let (Some(then), now @ Value::Object(_)) = (had(item), named(now, &item["name"])) {
                    retire(item, then, now);
                }
            }
        }
        (_, _) => {}
    }
}

/// Lays what EKS wants over what is there, but for the paths that are kept.
fn lay(path: &str, live: &mut Value, now: &Value, kept: &BTreeSet<String>) {
    match now {
        Value::Object(fields) => {
            if !live.is_object() {
                *live = json!({});
            }
            for (name, now) in fields {
                lay(&format!("{path}.{name}"), &mut live[name.as_str()], now, kept);
            }
        }
        Value::Array(items) if is_keyed(items) && live.is_array() => {
            for item in items {
                let id = &item["name"];
                let inside = format!("{path}[name={id}]");
                let places = live.as_array_mut().into_iter().flatten();
                match places.into_iter().find(|one| one["name"] == *id) {
                    Some(place) => lay(&inside, place, item, kept),
                    None => live.as_array_mut().into_iter().for_each(|all| all.push(item.clone())),
                }
            }
        }
        now => {
            if !kept.contains(path) && !holds(live, now) {
                *live = now.clone();
            }
        }
    }
}

/// Whether a value is what is wanted; fields that nobody wants, such as defaults, do not count.
fn holds(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| live.get(name).is_some_and(|live| holds(live, wanted)))
        }
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| holds(live, wanted))
        }
        (live, wanted) => live == wanted,
    }
}

/// Whether the items of a list are told apart by their names.
fn is_keyed(items: &[Value]) -> bool {
    !items.is_empty() && items.iter().all(|item| item["name"].is_string())
}

fn named<'v>(list: &'v Value, id: &Value) -> &'v Value {
    list.as_array().into_iter().flatten().find(|item| item["name"] == *id).unwrap_or(&Value::Null)
}

/// The Corefile of the configuration, which is EKS's from then on: edits by hand are laid over.
fn put_corefile(world: &mut World, corefile: &str) -> Result<(), ActError> {
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "coredns", "namespace": NAMESPACE, "labels": {"k8s-app": "kube-dns"}},
        "data": {"Corefile": corefile},
    });
    act(world, api::Act::Apply { object })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(replicas: u32, port: &Value, env: &[(&str, &str)]) -> Value {
        let env = env.iter().map(|(name, value)| json!({"name": name, "value": value}));
        json!({"replicas": replicas, "containers": [{"name": "c", "ports": [port], "env": env.collect::<Vec<_>>()}]})
    }

    #[test]
    fn a_field_is_somebody_elses_when_eks_never_wanted_it_so() {
        let port = json!({"containerPort": 1});
        let with_defaults = json!({"containerPort": 1, "protocol": "TCP"});
        let then = object(2, &port, &[("A", "1")]);
        let now = object(2, &port, &[("A", "2"), ("B", "1")]);
        for (live, wanted) in [
            (then.clone(), &[][..]),
            (object(2, &with_defaults, &[("A", "2"), ("MINE", "x")]), &[]),
            (
                object(5, &with_defaults, &[("A", "9")]),
                &[r#".containers[name="c"].env[name="A"].value"#, ".replicas"],
            ),
        ] {
            let mut found = BTreeSet::new();
            compare("", &live, &then, &now, &mut found);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), wanted, "{live}");
        }
    }

    #[test]
    fn what_is_kept_stays_and_what_eks_gave_up_goes() {
        let port = json!({"containerPort": 1});
        let then = object(2, &port, &[("A", "1"), ("OLD", "1")]);
        let now = object(3, &port, &[("A", "2")]);
        let live = object(5, &port, &[("A", "1"), ("OLD", "1"), ("MINE", "x")]);
        let laid = |kept: &[&str]| {
            let mut object = live.clone();
            retire(&mut object, &then, &now);
            lay("", &mut object, &now, &kept.iter().map(ToString::to_string).collect());
            object
        };
        assert_eq!(laid(&[".replicas"]), object(5, &port, &[("A", "2"), ("MINE", "x")]));
        assert_eq!(laid(&[]), object(3, &port, &[("A", "2"), ("MINE", "x")]));
        // Of a list that EKS does not have at all any more, what it had goes.
        let mut bare = now;
        drop(bare["containers"][0].as_object_mut().unwrap().remove("env"));
        let mut object_now = live.clone();
        retire(&mut object_now, &then, &bare);
        assert_eq!(object_now["containers"][0]["env"], json!([{"name": "MINE", "value": "x"}]));
    }
}
