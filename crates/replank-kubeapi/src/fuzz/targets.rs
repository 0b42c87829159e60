//! Every reader that faces the network, asked about bent samples of what clients send. None breaks, and what can be
//! said of every answer is said.

use std::collections::BTreeMap;

use jiff::Timestamp;
use replank_formats::yaml;
use serde_json::{Value, json};

use super::{mutated, twins};
use crate::apply::{Write, apply, track};
use crate::page::Continue;
use crate::patch::{PatchKind, patched};
use crate::schema::{Schema, of_custom_resource};
use crate::select::FieldSelector;
use crate::strict::decode;
use crate::wire::parameters::Parameters;
use crate::wire::path::{Route, Target, route};
use crate::wire::{accept, body};
use crate::{duplicate, table};

const DEPLOYMENT: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop",
    "uid":"1","resourceVersion":"5","labels":{"a":"b"},"finalizers":["x.example/a"]},"spec":{"replicas":2,"selector":
    {"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"a",
    "image":"nginx","ports":[{"containerPort":80,"protocol":"TCP"}],"env":[{"name":"A","value":"b"}]},{"name":"b",
    "image":"x","resources":{"limits":{"cpu":"1"}}}],"tolerations":[{"key":"a","operator":"Exists"}]}}}}"#;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn deployment() -> Value {
    serde_json::from_str(DEPLOYMENT).unwrap()
}

fn write<'a>(manager: &'a str, place: crate::schema::TypedValue<'a>) -> Write<'a> {
    Write {
        manager,
        api_version: "apps/v1",
        subresource: "",
        ignored: &["status"],
        now: Timestamp::UNIX_EPOCH,
        place,
    }
}

#[test]
fn paths() {
    let samples: [&[u8]; 6] = [
        b"/api/v1/namespaces/shop/pods/a/eviction",
        b"/apis/apps/v1/namespaces/shop/deployments/web/scale",
        b"/api/v1/namespaces/shop/services/a/proxy/x/y",
        b"/openapi/v3/apis/apps/v1",
        b"/apis/apps/v1/watch/deployments",
        b"/api/v1/nodes/a%2Eb",
    ];
    mutated(&samples, |bytes| {
        let Route::Resource(target) = route(&text(bytes)) else { return };
        // Written out again, it leads to the same place.
        let plain = |part: &String| !part.is_empty() && !part.contains(['/', '%']);
        let Target { group, version, namespace, plural, name, subresource } = &target;
        let parts = [Some(group), Some(version), namespace.as_ref(), Some(plural), name.as_ref()];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        if subresource.is_some() || !parts.clone().all(plain) || plural == "namespaces" || plural == "watch" {
            return;
        }
        let root = if group.is_empty() { "/api".to_owned() } else { format!("/apis/{group}") };
        let inside = namespace.as_ref().map(|name| format!("/namespaces/{name}")).unwrap_or_default();
        let last = name.as_ref().map(|name| format!("/{name}")).unwrap_or_default();
        assert_eq!(
            route(&format!("{root}/{version}{inside}/{plural}{last}")),
            Route::Resource(target.clone())
        );
    });
}

#[test]
fn queries_and_headers() {
    let samples: [&[u8]; 4] = [
        b"fieldSelector=spec.nodeName%3Da%2Cstatus.phase!%3DFailed&watch&limit=500&resourceVersion=0",
        b"dryRun=All&fieldManager=kubectl&fieldValidation=Strict&force=true",
        b"application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=PartialObjectMetadata;q=0.5,*/*",
        b"continue=eyJ2IjoibWV0YSJ9&timeoutSeconds=300&allowWatchBookmarks=true",
    ];
    mutated(&samples, |bytes| {
        let text = text(bytes);
        let read = Parameters::read(&text);
        let _any_answer = (read.number("limit"), read.flag("watch"), read.dry_run(), read.get("continue"));
        for (key, values) in twins::parameters(&text) {
            assert_eq!(read.all(&key).collect::<Vec<_>>(), values, "{key}");
        }
        // What nobody can give is passed over; what comes after the form that is given changes nothing.
        let form = accept::form(Some(&text)).ok().filter(|_| !text.trim().is_empty());
        if let Some(form) = form.map(|form| format!("{form:?}")) {
            for other in [format!("text/html,{text}"), format!("{text},text/html"), format!(" {text} ,*/*")] {
                let again = accept::form(Some(&other)).map(|form| format!("{form:?}"));
                assert_eq!(again.as_ref().ok(), Some(&form), "{other}");
            }
        }
        let with_charset = format!("{text};charset=utf-8");
        assert_eq!(body::media_type(Some(&with_charset)), body::media_type(Some(&text)));
    });
}

#[test]
fn selectors() {
    let samples: [&[u8]; 4] = [
        b"app in (a,b),tier notin (c),x!=y,!z,w",
        b"a==b,c=d,e>5,f<6",
        b"spec.nodeName=a,status.phase!=Failed,metadata.name=x\\,y",
        b"involvedObject.uid=1,reason=Killing",
    ];
    let object = json!({"metadata": {"name": "x", "labels": {"app": "a", "x": "y", "e": "7"}}, "spec": {}});
    let values =
        BTreeMap::from([("spec.nodeName", "a"), ("status.phase", "Failed"), ("metadata.name", "x,y")]);
    mutated(&samples, |bytes| {
        let text = text(bytes);
        twins::is_all_of_its_parts(&text, &object);
        twins::is_what_its_fields_say(&text, &values);
        if let Ok(fields) = text.parse::<FieldSelector>() {
            let _either = (fields.check("Pod", &[]).is_ok(), fields.matches_object("Pod", &object));
        }
    });
}

#[test]
fn continue_tokens() {
    let good = Continue { resource_version: Some(12), start: "shop/web".into() };
    let token = good.token("pods shop");
    mutated(&[token.as_bytes()], |bytes| {
        // A bent token is noticed, or says the same.
        assert!(Continue::read(&text(bytes), "pods shop").map_or(true, |read| read == good));
    });
}

#[test]
fn patches() {
    let samples: [&[u8]; 5] = [
        br#"[{"op":"add","path":"/metadata/labels/a~1b","value":"c"},{"op":"test","path":"/spec/replicas","value":2},
            {"op":"move","from":"/metadata/labels","path":"/metadata/annotations"},{"op":"remove","path":"/spec/replicas"}]"#,
        br#"{"spec":{"replicas":null,"template":{"spec":{"containers":[{"name":"c"}]}}},"metadata":{"labels":{"a":null}}}"#,
        br#"{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[
            {"name":"b","$patch":"delete"},{"name":"a","image":"y","ports":[{"containerPort":81}]}]}}}}"#,
        br#"{"metadata":{"$deleteFromPrimitiveList/finalizers":["x.example/a"],"$retainKeys":["name"]}}"#,
        br#"{"spec":{"template":{"$patch":"replace","spec":{"containers":[]}}}}"#,
    ];
    let (before, schema) = (deployment(), Schema::builtin());
    let place = schema.root("apps/v1", "Deployment");
    mutated(&samples, |bytes| {
        for kind in [PatchKind::Json, PatchKind::Merge, PatchKind::Strategic] {
            let Ok(once) = patched(kind, &before, bytes, place) else { continue };
            assert!(once.to_string().len() < 1 << 20);
            if kind == PatchKind::Merge {
                let patch: Value = serde_json::from_slice(bytes).unwrap();
                assert_eq!(Some(&once), twins::merged(&before, &patch).as_ref());
                assert_eq!(patched(kind, &once, bytes, place).as_ref(), Ok(&once));
            }
            let _any_answer = decode(once, "apps/v1", "Deployment", place);
        }
    });
}

#[test]
fn applied_configurations_and_field_sets() {
    let schema = Schema::builtin();
    let place = schema.root("apps/v1", "Deployment");
    let mut live = apply(None, &deployment(), &write("one", place), false).unwrap();
    live["metadata"]["uid"] = json!("1");
    let managed = live["metadata"]["managedFields"].to_string();
    mutated(&[DEPLOYMENT.as_bytes(), managed.as_bytes()], |bytes| {
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
        if value.is_object() {
            // Once forced in, the same configuration changes nothing more.
            let Ok(once) = apply(Some(&live), &value, &write("two", place), true) else { return };
            let twice = apply(Some(&once), &value, &write("two", place), true).unwrap();
            assert_eq!(once, twice);
        }
        let mut strange = live.clone();
        strange["metadata"]["managedFields"] = value;
        if let Ok(once) = apply(Some(&strange), &deployment(), &write("two", place), false) {
            let twice = apply(Some(&once), &deployment(), &write("two", place), false).unwrap();
            assert_eq!(once, twice);
        }
        let noted = track(Some(&strange), strange.clone(), &write("three", place));
        let again = track(Some(&noted), noted.clone(), &write("three", place));
        assert_eq!(noted["metadata"]["managedFields"], again["metadata"]["managedFields"]);
    });
}

#[test]
fn bodies() {
    let yaml: &[u8] =
        b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |\n    b\n  c: &x [1, *x]\n";
    mutated(&[DEPLOYMENT.as_bytes(), yaml], |bytes| {
        let place = Schema::builtin().root("apps/v1", "Deployment");
        if let Ok(Some(object)) = body::object("application/json", bytes) {
            let twice = duplicate::fields(bytes);
            assert!(twice.len() <= 100);
            if let Ok(once) = decode(object, "apps/v1", "Deployment", place) {
                let again = decode(once.object.clone(), "apps/v1", "Deployment", place).unwrap();
                assert_eq!((again.object, again.complaints.len()), (once.object, 0));
            }
        }
        let _any_answer = yaml::read_manifest("body", bytes);
    });
}

#[test]
fn protobuf() {
    // What `kubectl create configmap a --from-literal=b=c` sends.
    let map: &[u8] = b"k8s\x00\n\x0f\n\x02v1\x12\tConfigMap\x12\x1e\n\x14\n\x01a\x12\x00\x1a\x00\"\x07default*\x002\x00\x12\x06\n\x01b\x12\x01c\x1a\x00\"\x00";
    let options: &[u8] =
        b"k8s\x00\n\x13\n\x02v1\x12\rDeleteOptions\x12\x0e\x08\x05\"\nBackground\x1a\x00\"\x00";
    assert_eq!(body::object("application/vnd.kubernetes.protobuf", map).unwrap().unwrap()["data"]["b"], "c");
    mutated(&[map, options], |bytes| {
        // Whatever was read has only fields that its kind knows, of their types.
        let Ok(Some(object)) = body::object("application/vnd.kubernetes.protobuf", bytes) else { return };
        let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let place = Schema::builtin().root(&api_version, &kind);
        let read = decode(object.clone(), &api_version, &kind, place).unwrap();
        assert_eq!(read.complaints.len(), 0, "{object}");
    });
}

#[test]
fn schemas_and_columns_of_definitions() {
    let schema: &[u8] = br#"{"type":"object","required":["spec"],"properties":{"spec":{"type":"object","properties":{
        "list":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],"items":{"type":
        "object","properties":{"name":{"type":"string"}}}},"any":{"x-kubernetes-preserve-unknown-fields":true},"n":
        {"x-kubernetes-int-or-string":true},"map":{"type":"object","additionalProperties":{"type":"integer"}}}}}}"#;
    let columns: &[u8] =
        br#"[{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"},{"name":"Ready",
        "type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status","priority":1}]"#;
    let object = json!({"apiVersion": "a.example/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {
        "list": [{"name": "x"}, {"name": "x"}], "any": {"deep": [1]}, "n": "5%", "map": {"a": 1}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}});
    mutated(&[schema, columns], |bytes| {
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
        let custom = of_custom_resource("a.example/v1", "Thing", Some(&value));
        let place = custom.root("a.example/v1", "Thing");
        if let Ok(read) = decode(object.clone(), "a.example/v1", "Thing", place) {
            let again = decode(read.object.clone(), "a.example/v1", "Thing", place).unwrap();
            assert_eq!((again.object, again.complaints.len()), (read.object, 0));
        }
        let write = Write { api_version: "a.example/v1", ..write("one", place) };
        if let Ok(once) = apply(None, &object, &write, false) {
            assert_eq!(apply(Some(&once), &object, &write, false).as_ref(), Ok(&once));
        }
        let columns = table::CustomColumns::new(Some(&value));
        let items = std::slice::from_ref(&object);
        let _any_table =
            table::render_custom(&columns, items, Timestamp::UNIX_EPOCH, table::Include::default());
    });
}
