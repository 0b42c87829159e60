//! Ownership goes where the real one goes.

use serde_json::{Value, json};

use super::managers::read;
use super::{Write, apply, is_same_but_times, track};
use crate::fuzz::Dice;
use crate::patch::merge;
use crate::rejection::Rejection;
use crate::schema::Schema;

const DEPLOYMENT: (&str, &str) = ("apps/v1", "Deployment");

fn write<'a>(schema: &'a Schema, kind: (&'a str, &str), manager: &'a str) -> Write<'a> {
    let now = "2026-03-01T12:00:00.9Z".parse().unwrap();
    let place = schema.root(kind.0, kind.1);
    Write { manager, api_version: kind.0, subresource: "", ignored: &["status"], now, place }
}

fn deployment(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "uid": "u"}, "spec": spec})
}

fn config(spec: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
}

fn applied(live: Option<&Value>, spec: &Value, manager: &str) -> Result<Value, Rejection> {
    apply(live, &config(spec), &write(Schema::builtin(), DEPLOYMENT, manager), false)
}

/// The fields that an entry names.
fn fields(object: &Value, manager: &str) -> Value {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    entries.iter().find(|entry| entry["manager"] == manager).map_or(Value::Null, |it| it["fieldsV1"].clone())
}

#[test]
fn a_create_owns_what_it_states_and_embedded_parts_stay_out() {
    let spec = json!({"replicas": 1, "template": {"metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80}]}]}}});
    let object =
        track(None, deployment("web", &spec), &write(Schema::builtin(), DEPLOYMENT, "kubectl-create"));
    let expected = json!({"f:spec": {"f:replicas": {}, "f:template": {
        "f:metadata": {"f:labels": {".": {}, "f:a": {}}},
        "f:spec": {"f:containers": {".": {}, "k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:resources": {},
            "f:ports": {".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}});
    assert_eq!(fields(&object, "kubectl-create"), expected);
    let entry = &object["metadata"]["managedFields"][0];
    assert_eq!(entry["time"], "2026-03-01T12:00:01Z");
    assert_eq!((&entry["operation"], &entry["fieldsType"]), (&json!("Update"), &json!("FieldsV1")));
}

#[test]
fn an_update_takes_what_it_changes() {
    let schema = Schema::builtin();
    let first = track(
        None,
        deployment("web", &json!({"replicas": 1, "paused": false})),
        &write(schema, DEPLOYMENT, "a"),
    );
    let mut second = first.clone();
    merge(&mut second, json!({"spec": {"replicas": 2}}));
    let second = track(Some(&first), second, &write(schema, DEPLOYMENT, "b"));
    assert_eq!(fields(&second, "a"), json!({"f:spec": {"f:paused": {}}}));
    assert_eq!(fields(&second, "b"), json!({"f:spec": {"f:replicas": {}}}));
    let mut third = second.clone();
    merge(&mut third, json!({"spec": {"replicas": null}}));
    let third = track(Some(&second), third, &write(schema, DEPLOYMENT, "c"));
    assert_eq!(fields(&third, "b"), Value::Null);
    assert_eq!(fields(&third, "c"), Value::Null);
}

#[test]
fn the_status_belongs_to_its_own_endpoint() {
    let schema = Schema::builtin();
    let first = track(None, deployment("web", &json!({"replicas": 1})), &write(schema, DEPLOYMENT, "a"));
    let mut second = first.clone();
    merge(&mut second, json!({"status": {"replicas": 1}, "metadata": {"managedFields": []}}));
    let of_status =
        Write { subresource: "status", ignored: &["spec"], ..write(schema, DEPLOYMENT, "controller") };
    let second = track(Some(&first), second, &of_status);
    let entry = &second["metadata"]["managedFields"][1];
    assert_eq!((&entry["manager"], &entry["subresource"]), (&json!("controller"), &json!("status")));
    assert_eq!(entry["fieldsV1"], json!({"f:status": {"f:replicas": {}}}));
    assert_eq!(fields(&second, "a"), json!({"f:spec": {"f:replicas": {}}}));
}

#[test]
fn managers_can_be_forgotten() {
    let schema = Schema::builtin();
    let first = track(None, deployment("web", &json!({"replicas": 1})), &write(schema, DEPLOYMENT, "a"));
    for reset in [json!([]), json!([{}])] {
        let mut second = first.clone();
        merge(&mut second, json!({"metadata": {"managedFields": reset}, "spec": {"replicas": 3}}));
        let second = track(Some(&first), second, &write(schema, DEPLOYMENT, "a"));
        assert!(second["metadata"].get("managedFields").is_none());
        // Whoever applies first then meets the fields of nobody in particular.
        let third = applied(Some(&second), &json!({"replicas": 3}), "b").unwrap();
        assert_eq!(fields(&third, "before-first-apply"), json!({"f:spec": {"f:replicas": {}}}));
        let refused = applied(Some(&second), &json!({"replicas": 4}), "b").unwrap_err();
        let words = "Apply failed with 1 conflict: conflict with \"before-first-apply\" using apps/v1: .spec.replicas";
        assert_eq!(refused.message, words);
    }
}

#[test]
fn others_object_and_are_overruled() {
    let live = applied(None, &json!({"replicas": 1, "minReadySeconds": 5}), "a").unwrap();
    let live = track(Some(&live), live.clone(), &write(Schema::builtin(), DEPLOYMENT, "b"));
    let stated = json!({"replicas": 2, "minReadySeconds": 6});
    let refused = applied(Some(&live), &stated, "b").unwrap_err();
    assert_eq!((refused.code, refused.reason), (409, "Conflict"));
    let words =
        "Apply failed with 2 conflicts: conflicts with \"a\":\n- .spec.minReadySeconds\n- .spec.replicas";
    assert_eq!(refused.message, words);
    let causes: Vec<_> =
        refused.causes.iter().map(|it| (it.reason, it.message.as_str(), it.field.as_str())).collect();
    let with = "conflict with \"a\"";
    let expected = [
        ("FieldManagerConflict", with, ".spec.minReadySeconds"),
        ("FieldManagerConflict", with, ".spec.replicas"),
    ];
    assert_eq!(causes, expected);
    let forced =
        apply(Some(&live), &config(&stated), &write(Schema::builtin(), DEPLOYMENT, "b"), true).unwrap();
    assert_eq!(fields(&forced, "a"), Value::Null);
    assert_eq!(fields(&forced, "b"), json!({"f:spec": {"f:replicas": {}, "f:minReadySeconds": {}}}));
}

#[test]
fn what_is_stated_no_more_goes_unless_another_owns_it() {
    let live = applied(None, &json!({"replicas": 1, "minReadySeconds": 5}), "a").unwrap();
    let shared = applied(Some(&live), &json!({"replicas": 1}), "b").unwrap();
    let left = applied(Some(&shared), &json!({}), "a").unwrap();
    assert_eq!(left["spec"], json!({"replicas": 1}));
    assert_eq!(fields(&left, "b"), json!({"f:spec": {"f:replicas": {}}}));
}

#[test]
fn what_kubectl_applied_before_is_its_own() {
    let schema = Schema::builtin();
    let last = config(&json!({"replicas": 1, "paused": true})).to_string();
    let mut live = deployment("web", &json!({"replicas": 1, "paused": true}));
    live["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": last});
    let live = track(None, live, &write(schema, DEPLOYMENT, "kubectl-client-side-apply"));
    let moved = applied(Some(&live), &json!({"replicas": 2, "paused": true}), "kubectl").unwrap();
    assert_eq!(moved["spec"]["replicas"], 2);
    let annotations = moved["metadata"]["annotations"].as_object().unwrap();
    let expected = concat!(
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"#,
        r#""spec":{"paused":true,"replicas":2}}"#,
        "\n"
    );
    assert_eq!(annotations["kubectl.kubernetes.io/last-applied-configuration"], expected);

    let mut scaled = live.clone();
    merge(&mut scaled, json!({"spec": {"replicas": 7}}));
    let scaled = track(Some(&live), scaled, &write(schema, DEPLOYMENT, "kubectl-scale"));
    let refused = applied(Some(&scaled), &json!({"replicas": 2, "paused": true}), "kubectl").unwrap_err();
    assert!(refused.message.contains("\"kubectl-scale\" using apps/v1: .spec.replicas"), "{refused}");
    assert!(applied(Some(&live), &json!({"replicas": 2}), "other").is_err());
}

#[test]
fn a_configuration_must_fit_the_types() {
    let prefix = "failed to create typed patch object (/web; apps/v1, Kind=Deployment): ";
    let template = |spec: Value| json!({"template": {"spec": spec}});
    let table = [
        (json!({"replica": 1}), ".spec.replica: field not declared in schema"),
        (json!({"replicas": "1"}), ".spec.replicas: expected numeric (int or float), got \"1\""),
        (
            template(json!({"containers": [{"name": "a"}, {"name": "a"}]})),
            ".spec.template.spec.containers: duplicate entries for key [name=\"a\"]",
        ),
        (
            template(json!({"volumes": [{"name": "a"}], "hostAliases": [{}], "nodeName": []})),
            "errors:\n  .spec.template.spec.nodeName: expected string, got []",
        ),
    ];
    for (spec, words) in table {
        let outcome = applied(None, &spec, "a");
        if words.starts_with("errors") {
            assert!(outcome.unwrap_err().message.contains("expected string, got []"), "{spec}");
        } else {
            assert_eq!(outcome.unwrap_err().message, format!("{prefix}{words}"), "{spec}");
        }
    }
    let mut other = config(&json!({}));
    other["apiVersion"] = json!("apps/v2");
    let refused = apply(None, &other, &write(Schema::builtin(), DEPLOYMENT, "a"), false).unwrap_err();
    assert!(refused.message.ends_with("Specified patch version: apps/v2, expected: apps/v1"), "{refused}");
    let mut owned = config(&json!({}));
    owned["metadata"]["managedFields"] = json!([]);
    let refused = apply(None, &owned, &write(Schema::builtin(), DEPLOYMENT, "a"), false).unwrap_err();
    assert_eq!((refused.code, refused.message.as_str()), (400, "metadata.managedFields must be nil"));
}

#[test]
fn many_updaters_become_one() {
    let schema = Schema::builtin();
    let first = deployment("web", &json!({"replicas": 1}));
    let mut live = track(None, first, &write(schema, DEPLOYMENT, "m00"));
    for round in 0..15 {
        let manager = format!("m{round:02}");
        let now = format!("2026-03-01T12:00:{round:02}Z").parse().unwrap();
        let mut next = live.clone();
        merge(&mut next, json!({"metadata": {"labels": {format!("l{round}"): "x"}}}));
        live = track(Some(&live), next, &Write { now, ..write(schema, DEPLOYMENT, &manager) });
    }
    let entries = live["metadata"]["managedFields"].as_array().unwrap();
    assert_eq!(entries.len(), 10);
    let ancient = fields(&live, "ancient-changes");
    assert_eq!(ancient["f:metadata"]["f:labels"].as_object().unwrap().len(), 7);
}

/// Made by the field manager of apimachinery 0.34, with types in which every part stands behind a pointer.
#[test]
fn ownership_agrees_with_the_original() {
    let schema = Schema::builtin().without_embedded();
    for line in include_str!("vectors.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let kind = (case["apiVersion"].as_str().unwrap(), case["kind"].as_str().unwrap());
        let mut live = json!({"apiVersion": kind.0, "kind": kind.1, "metadata": {}});
        for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
            let write = Write { ignored: &[], ..write(&schema, kind, step["manager"].as_str().unwrap()) };
            let mut object = step["object"].clone();
            let mut refused = None;
            if step["op"] == "apply" {
                object["apiVersion"] = json!(kind.0);
                object["kind"] = json!(kind.1);
                match apply(Some(&live), &object, &write, step["force"] == true) {
                    Ok(after) => live = after,
                    Err(why) => refused = Some(why.message),
                }
            } else {
                let mut after = live.clone();
                merge(&mut after, object);
                live = track(Some(&live), after, &write);
            }
            assert_eq!(refused.as_deref(), step["error"].as_str(), "step {number} of {line}");
            compare(&live, step, &format!("step {number} of {line}"));
        }
    }
}

fn compare(mine: &Value, theirs: &Value, what: &str) {
    let mut object = mine.clone();
    object["metadata"].as_object_mut().unwrap().shift_remove("managedFields");
    assert_eq!(object, theirs["live"], "{what}");
    let entries = |list: &Value| {
        let entries = list.as_array().cloned().unwrap_or_default().into_iter();
        let mut entries: Vec<_> = entries
            .map(|it| (it["operation"].to_string(), it["manager"].to_string(), it["fieldsV1"].clone()))
            .collect();
        entries.sort_by(|left, right| (&left.0, &left.1).cmp(&(&right.0, &right.1)));
        entries
    };
    assert_eq!(entries(&mine["metadata"]["managedFields"]), entries(&theirs["managedFields"]), "{what}");
}

#[test]
fn applying_twice_changes_nothing_more() {
    let schema = Schema::builtin();
    let keys = ["replicas", "labels", "template", "metadata", "spec", "a", "containers", "name"];
    let mut dice = Dice::new(21);
    let mut tried = 0;
    for _ in 0..3_000 {
        let start = deployment("web", &json!({"template": {"metadata": dice.value(&keys, 3)}}));
        let stated = config(&json!({"template": {"metadata": {"labels": {"a": dice.below(3).to_string()}}}}));
        let start = track(None, start, &write(schema, DEPLOYMENT, "x"));
        let write = write(schema, DEPLOYMENT, "y");
        let Ok(once) = apply(Some(&start), &stated, &write, true) else { continue };
        let twice = apply(Some(&once), &stated, &write, false).unwrap();
        assert!(is_same_but_times(&once, &twice), "{start}\n{stated}\n{once}\n{twice}");
        assert_eq!(read(&twice).unwrap(), read(&once).unwrap());
        tried += 1;
    }
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn no_entry_breaks_ownership() {
    let keys = [
        "f:metadata",
        "f:labels",
        "f:a",
        ".",
        "k:{\"name\":\"c\"}",
        "v:1",
        "i:0",
        "k:[]",
        "v:{",
        "x",
        "f:spec",
        "manager",
        "operation",
        "Apply",
        "Update",
        "apiVersion",
        "fieldsV1",
        "fieldsType",
        "FieldsV1",
        "f:containers",
    ];
    let mut dice = Dice::new(22);
    for _ in 0..8_000 {
        let entry = json!({"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": dice.value(&keys, 5)});
        let entries = if dice.below(4) == 0 { dice.value(&keys, 4) } else { json!([entry]) };
        let mut live =
            deployment("web", &dice.value(&["replicas", "template", "spec", "containers", "name"], 4));
        live["metadata"]["managedFields"] = entries;
        let stated = config(&dice.value(&["replicas", "template", "spec", "containers", "name"], 4));
        let write = write(Schema::builtin(), DEPLOYMENT, "m");
        let _ = apply(Some(&live), &stated, &write, true);
        let _ = track(Some(&live), stated, &write);
    }
}
