//! Patches do what the real ones do.

use serde_json::{Value, json};

use super::{PatchKind, patched};
use crate::fuzz::{Dice, twins};
use crate::rejection::Rejection;
use crate::schema::Schema;

fn pod(kind: PatchKind, before: &Value, patch: &Value) -> Result<Value, Rejection> {
    patched(kind, before, patch.to_string().as_bytes(), Schema::builtin().root("v1", "Pod"))
}

#[test]
fn json_patches_follow_rfc_6902() {
    let before = json!({"a": [1, 2, 3], "b": {"c/d": "x", "e~f": null}, "t": true});
    let table = [
        (json!([]), Some(before.clone())),
        (
            json!([{"op": "add", "path": "/a/-", "value": 4}, {"op": "add", "path": "/a/0", "value": 0}]),
            Some(json!({"a": [0, 1, 2, 3, 4], "b": {"c/d": "x", "e~f": null}, "t": true})),
        ),
        (
            json!([{"op": "test", "path": "/b/c~1d", "value": "x"}, {"op": "remove", "path": "/b"}]),
            Some(json!({"a": [1, 2, 3], "t": true})),
        ),
        (
            json!([{"op": "move", "from": "/t", "path": "/b/g"}, {"op": "copy", "from": "/a/1", "path": "/a/1"}]),
            Some(json!({"a": [1, 2, 2, 3], "b": {"c/d": "x", "e~f": null, "g": true}})),
        ),
        (json!([{"op": "test", "path": "/none", "value": null}]), Some(before.clone())),
        (json!([{"op": "remove", "path": "/a/-1"}]), {
            let mut after = before.clone();
            after["a"] = json!([1, 2]);
            Some(after)
        }),
        (json!([{"op": "test", "path": "/t", "value": false}]), None),
        (json!([{"op": "remove", "path": "/none"}]), None),
        (json!([{"op": "replace", "path": "/none", "value": 1}]), None),
        (json!([{"op": "add", "path": "/none/x", "value": 1}]), None),
        (json!([{"op": "add", "path": "/a/9", "value": 1}]), None),
        (json!([{"op": "move", "from": "/b", "path": "/b/c"}]), None),
        (json!([{"op": "jump", "path": "/a"}]), None),
        (json!([{"path": "/a"}]), None),
        (json!(["add"]), None),
    ];
    for (patch, expected) in table {
        let done = pod(PatchKind::Json, &before, &patch);
        match expected {
            Some(expected) => assert_eq!(done, Ok(expected), "{patch}"),
            None => {
                let refused = done.unwrap_err();
                let words = "the server rejected our request due to an error in our request";
                assert_eq!((refused.code, refused.message.as_str()), (422, words), "{patch}");
            }
        }
    }
}

#[test]
fn json_patches_are_bounded() {
    let many: Value = (0..10_001).map(|_| json!({"op": "test", "path": "/a", "value": 1})).collect();
    let refused = pod(PatchKind::Json, &json!({"a": 1}), &many).unwrap_err();
    let words = "The allowed maximum operations in a JSON patch is 10000, got 10001";
    assert_eq!((refused.code, refused.message.as_str()), (413, words));

    let double = |count| {
        let copy = json!({"op": "copy", "from": "/a", "path": "/a/a"});
        (0..count).map(|_| copy.clone()).collect::<Value>()
    };
    assert!(pod(PatchKind::Json, &json!({"a": {}}), &double(5)).is_ok());
    assert!(pod(PatchKind::Json, &json!({"a": {}}), &double(9_000)).is_err());
    let text = "x".repeat(1 << 20);
    let append = json!({"op": "copy", "from": "/t", "path": "/a/-"});
    let patch: Value = (0..4).map(|_| append.clone()).collect();
    assert!(pod(PatchKind::Json, &json!({"a": [], "t": text}), &patch).is_err());
    assert_eq!(pod(PatchKind::Json, &json!({}), &json!({})).unwrap_err().code, 400);
}

#[test]
fn merge_patches_follow_rfc_7386() {
    // The table of the RFC's appendix, where the target is an object.
    let table = [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
        (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
        (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
    ];
    for (before, patch, after) in table {
        assert_eq!(pod(PatchKind::Merge, &before, &patch), Ok(after), "{before} {patch}");
    }
    let refused = pod(PatchKind::Merge, &json!({}), &json!([])).unwrap_err();
    assert_eq!(refused.code, 400);
    assert!(refused.message.contains("cannot unmarshal array"), "{refused}");
}

#[test]
fn strategic_patches_know_the_lists() {
    let before = json!({"metadata": {"finalizers": ["a", "b"]}, "spec": {
        "containers": [{"name": "a", "image": "1", "env": [{"name": "x", "value": "1"}]}, {"name": "b"}],
        "tolerations": [{"key": "k"}],
        "volumes": [{"name": "v", "emptyDir": {}}]}});
    let table = [
        // A new item stands first, unless an order is stated.
        (
            json!({"spec": {"containers": [{"name": "c"}]}}),
            "/spec/containers",
            json!([{"name": "c"}, before["spec"]["containers"][0], {"name": "b"}]),
        ),
        (
            json!({"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "c"}, {"name": "a"}],
                "containers": [{"name": "c"}]}}),
            "/spec/containers",
            json!([{"name": "b"}, {"name": "c"}, before["spec"]["containers"][0]]),
        ),
        (
            json!({"spec": {"containers": [{"name": "a", "image": "2", "env": [{"name": "x", "$patch": "delete"}]}]}}),
            "/spec/containers/0",
            json!({"name": "a", "image": "2", "env": []}),
        ),
        (
            json!({"spec": {"containers": [{"name": "z"}, {"$patch": "replace"}]}}),
            "/spec/containers",
            json!([{"name": "z"}]),
        ),
        (json!({"spec": {"tolerations": [{"key": "n"}]}}), "/spec/tolerations", json!([{"key": "n"}])),
        (
            json!({"spec": {"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/"}}]}}),
            "/spec/volumes/0",
            json!({"name": "v", "hostPath": {"path": "/"}}),
        ),
        (
            json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"], "finalizers": ["c"]}}),
            "/metadata/finalizers",
            json!(["c", "b"]),
        ),
        (json!({"metadata": {"$patch": "delete"}}), "/metadata", json!({})),
        (json!({"metadata": {"$patch": "replace", "name": "n"}}), "/metadata", json!({"name": "n"})),
        (json!({"metadata": null}), "/metadata", Value::Null),
    ];
    for (patch, path, expected) in table {
        let after = pod(PatchKind::Strategic, &before, &patch).unwrap();
        assert_eq!(after.pointer(path).unwrap_or(&Value::Null), &expected, "{patch}");
    }
    let refused = [
        (json!({"spec": {"containers": [{"image": "x"}]}}), "does not contain declared merge key: name"),
        (json!({"metadata": {"$patch": "x"}}), "unknown patch type: x in map"),
        (
            json!({"spec": {"volumes": [{"name": "v", "$retainKeys": "x"}]}}),
            "invalid patch format of retainKeys",
        ),
        (
            json!({"spec": {"$setElementOrder/containers": [{"name": "b"}], "containers": [{"name": "c"}]}}),
            "doesn't match $setElementOrder list",
        ),
    ];
    for (patch, words) in refused {
        let refused = pod(PatchKind::Strategic, &before, &patch).unwrap_err();
        assert!(refused.message.contains(words), "{patch}: {refused}");
    }
}

/// Made by the strategic merge of apimachinery 0.34 from made-up objects and patches.
#[test]
fn strategic_patches_agree_with_the_original() {
    let kinds = [
        ("Pod", "v1"),
        ("Node", "v1"),
        ("Service", "v1"),
        ("Deployment", "apps/v1"),
        ("PodDisruptionBudget", "policy/v1"),
    ];
    let text = include_str!("vectors.jsonl");
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let kind = case["kind"].as_str().unwrap();
        let version = kinds.iter().find(|(name, _)| *name == kind).unwrap().1;
        let place = Schema::builtin().root(version, kind);
        let body = case["patch"].to_string();
        let done = patched(PatchKind::Strategic, &case["before"], body.as_bytes(), place);
        match (case.get("after"), done) {
            (Some(after), Ok(done)) => assert_eq!(&done, after, "{line}"),
            (None, Err(_)) => {}
            (Some(_), Err(refused)) => panic!("refused: {refused}\n{line}"),
            (None, Ok(done)) => panic!("accepted: {done}\n{line}"),
        }
    }
}

/// Merge patches as RFC 7386 has them; strategic ones the same where they say no more; JSON patches undo each other.
#[test]
fn patches_agree_with_their_slow_twins() {
    let keys = [
        "metadata",
        "spec",
        "containers",
        "name",
        "env",
        "$patch",
        "replace",
        "delete",
        "$retainKeys",
        "finalizers",
        "$setElementOrder/containers",
        "$deleteFromPrimitiveList/finalizers",
        "op",
        "path",
        "/spec/-",
        "add",
        "volumes",
    ];
    let mut dice = Dice::new(11);
    for _ in 0..20_000 {
        let before = json!({"metadata": dice.value(&keys, 2), "spec": dice.value(&keys, 4)});
        let patch = dice.value(&keys, 5);
        let merged = twins::merged(&before, &patch);
        assert_eq!(pod(PatchKind::Merge, &before, &patch).ok(), merged, "{before} {patch}");
        let strategic = pod(PatchKind::Strategic, &before, &patch);
        if patch.is_object() && twins::is_plain(&patch) && !twins::has_null(&before) {
            assert_eq!(strategic.ok(), merged, "{before} {patch}");
        }
        let place = Schema::builtin().root("v1", "Pod");
        twins::json_patches_keep_their_laws(&before, &patch, &mut dice, place);
        if !patch.as_array().is_some_and(Vec::is_empty) {
            assert!(pod(PatchKind::Json, &before, &patch).is_err(), "no operation in it has a path: {patch}");
        }
    }
}

#[test]
fn a_patch_done_twice_changes_nothing_more() {
    let mut dice = Dice::new(12);
    let keys = ["name", "labels", "x", "y", "annotations"];
    for _ in 0..2_000 {
        let before = json!({"metadata": dice.value(&keys, 3)});
        let patch = json!({"metadata": dice.value(&keys, 3)});
        let once = pod(PatchKind::Merge, &before, &patch).unwrap();
        assert_eq!(pod(PatchKind::Merge, &once, &patch), Ok(once.clone()), "{before} {patch}");
    }
}
