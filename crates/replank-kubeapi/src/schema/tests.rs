//! The table is whole, and places in it say what Kubernetes says.

use serde_json::json;

use super::{Form, Merging, Schema, Shape, TypedValue, of_custom_resource, parse};

#[test]
fn every_line_is_understood() {
    assert_eq!(parse::read(parse::SOURCES).1, Vec::<String>::new());
    assert_eq!(parse::read(&[("x", "package p\nType what\n  field")]).1, ["x:2: Type what", "x:3:   field"]);
}

#[test]
fn every_name_leads_to_a_type() {
    let schema = Schema::builtin();
    let mut missing = Vec::new();
    for found in schema.types() {
        let shapes = found.fields.values().map(|field| &field.shape).chain(&found.alias);
        for mut shape in shapes {
            while let Shape::List(inner) | Shape::Map(inner) = shape {
                shape = inner;
            }
            if let Shape::Named(name) = shape {
                missing.extend(schema.named(name).is_none().then(|| name.clone()));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(schema.types().count() > 400);
    assert!(schema.kinds().all(|(_, _, found)| found.fields.contains_key("metadata")));
}

fn walk<'s>(schema: &'s Schema, kind: (&str, &str), path: &str) -> TypedValue<'s> {
    let start = schema.root(kind.0, kind.1);
    let step = |at: TypedValue<'s>, key: &str| if key == "*" { at.item() } else { at.child(key) };
    path.split('.').filter(|key| !key.is_empty()).fold(start, step)
}

#[test]
fn places_say_how_they_merge() {
    let keyed = |keys: &[&str]| Merging::Keyed(keys.iter().map(ToString::to_string).collect());
    let pod = ("v1", "Pod");
    let table = [
        (pod, "metadata.labels", Merging::Plain, "", ""),
        (pod, "metadata.finalizers", Merging::Set, "merge", ""),
        (pod, "metadata.ownerReferences", keyed(&["uid"]), "merge", "uid"),
        (pod, "metadata.ownerReferences.*", Merging::Atomic, "", ""),
        (pod, "spec.containers", keyed(&["name"]), "merge", "name"),
        (pod, "spec.containers.*.ports", keyed(&["containerPort", "protocol"]), "merge", "containerPort"),
        (pod, "spec.containers.*.args", Merging::Atomic, "", ""),
        (pod, "spec.containers.*.resources.limits", Merging::Plain, "", ""),
        (pod, "spec.tolerations", Merging::Atomic, "", ""),
        (pod, "spec.nodeSelector", Merging::Atomic, "", ""),
        (pod, "spec.volumes", keyed(&["name"]), "merge,retainKeys", "name"),
        (("apps/v1", "Deployment"), "spec.strategy", Merging::Plain, "retainKeys", ""),
        (("apps/v1", "Deployment"), "spec.selector", Merging::Atomic, "", ""),
        (("policy/v1", "PodDisruptionBudget"), "spec.selector", Merging::Atomic, "replace", ""),
        (("v1", "Service"), "spec.ports", keyed(&["port", "protocol"]), "merge", "port"),
        (("v1", "Service"), "spec.selector", Merging::Atomic, "", ""),
        (("v1", "PersistentVolume"), "spec.claimRef", Merging::Granular, "", ""),
        (("v1", "Node"), "spec.taints", Merging::Atomic, "", ""),
        (("apps/v1", "ControllerRevision"), "data", Merging::Atomic, "", ""),
    ];
    for (kind, path, merging, strategies, key) in table {
        let place = walk(Schema::builtin(), kind, path);
        assert_eq!(place.merging(), merging, "{kind:?} {path}");
        assert_eq!(place.patch().strategies.join(","), strategies, "{kind:?} {path}");
        assert_eq!(place.patch().key.as_deref().unwrap_or_default(), key, "{kind:?} {path}");
    }
    let port = walk(Schema::builtin(), pod, "spec.containers.*.ports.*");
    assert_eq!(port.key_default("protocol"), Some(json!("TCP")));
    assert_eq!(port.key_default("hostPort"), None);
    assert!(port.refuses("prot") && !port.refuses("protocol"));
    assert!(matches!(walk(Schema::builtin(), pod, "spec.nothing").form(), Form::Unknown));
}

#[test]
fn a_custom_resource_has_the_lists_its_definition_states() {
    let stated = json!({"type": "object", "properties": {"spec": {"type": "object", "required": ["size"],
        "properties": {
            "size": {"type": "integer", "default": 1},
            "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port"],
                "items": {"type": "object", "properties": {"port": {"type": "integer"}}}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}});
    let schema = of_custom_resource("x.io/v1", "Shop", Some(&stated));
    let shop = ("x.io/v1", "Shop");
    assert_eq!(walk(&schema, shop, "spec.ports").merging(), Merging::Keyed(vec!["port".into()]));
    assert_eq!(walk(&schema, shop, "spec").key_default("size"), Some(json!(1)));
    assert_eq!(walk(&schema, shop, "metadata.finalizers").merging(), Merging::Set);
    assert!(matches!(walk(&schema, shop, "spec.free.deep").form(), Form::Unknown));
    let bare = of_custom_resource("x.io/v1", "Shop", None);
    assert!(walk(&bare, shop, "").refuses("spec"));
}
