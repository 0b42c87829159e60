//! Cases of `yaml`: tables of what is given and what must come of it.

use serde_json::{Value, json};

use super::{Key, read, read_manifest};

fn values(text: &str) -> Vec<Value> {
    let docs = read("t.yaml", text.as_bytes());
    docs.expect("readable").into_iter().map(super::Doc::into_value).collect()
}

fn error(text: &str) -> String {
    read("t.yaml", text.as_bytes()).expect_err("refused").to_string()
}

#[test]
fn documents_are_read() {
    let table = [
        (
            "a: 1\n---\n---\n# nothing\n---\nb: [x, 'y']\n...\n",
            vec![json!({"a": 1}), json!({"b": ["x", "y"]})],
        ),
        ("\u{feff}a: 1\r\nb: 2\r\n", vec![json!({"a": 1, "b": 2})]),
        ("", vec![]),
        ("---\n", vec![]),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", vec![json!({"a": "x\ny\n", "b": "x y"})]),
        ("a: &v {x: 1}\nb: *v\n", vec![json!({"a": {"x": 1}, "b": {"x": 1}})]),
        (
            "a: &v {x: 1, z: 2}\nb:\n  <<: *v\n  x: 3\n",
            vec![json!({"a": {"x": 1, "z": 2}, "b": {"x": 3, "z": 2}})],
        ),
        (
            "a: &v {x: 1}\nb: &w {x: 2, z: 2}\nc:\n  <<: [*v, *w]\n",
            vec![json!({"a": {"x": 1}, "b": {"x": 2, "z": 2}, "c": {"x": 1, "z": 2}})],
        ),
        ("a: !!str 1\nb: !!int \"2\"\nc: !x y\n", vec![json!({"a": "1", "b": 2, "c": "y"})]),
        ("yes: 1\n2: x\n", vec![json!({"true": 1, "2": "x"})]),
        (
            "{\"a\": [1, {}], \"b\": \"\\ud83d\\ude80\"}\n{\"c\": null}",
            vec![json!({"a": [1, {}], "b": "\u{1f680}"}), json!({"c": null})],
        ),
        ("{a: 1}\n", vec![json!({"a": 1})]),
    ];
    for (text, expected) in table {
        assert_eq!(values(text), expected, "{text}");
    }
}

#[test]
fn a_manifest_takes_the_last_of_equal_keys() {
    for (text, expected, place) in [
        ("a: 1\nb: 2\na: 3\n", json!({"a": 3, "b": 2}), "t.yaml:3:1"),
        ("{\"a\": {\"x\": 1},\n \"a\": 3, \"b\": 2}", json!({"a": 3, "b": 2}), "t.yaml:2:2"),
        ("a:\n  x: 1\na: 3\nb: 2\n", json!({"a": 3, "b": 2}), "t.yaml:3:1"),
    ] {
        let docs = read_manifest("t.yaml", text.as_bytes()).expect("readable");
        assert_eq!(docs[0].root().get("a").key_place().to_string(), place, "{text}");
        assert_eq!(docs[0].root().value(), Some(&expected), "{text}");
    }
}

#[test]
fn what_cannot_be_read_names_its_place() {
    let table = [
        ("a: 1\nb: 2\na: 3\n", "t.yaml:3:1: key \"a\" is already set in this mapping, at line 1"),
        ("{\"a\": 1,\n \"a\": 2}", "t.yaml:2:2: key \"a\" is already set in this mapping, at line 1"),
        ("a: *x\n", "t.yaml:1:4: while parsing node, found unknown anchor"),
        ("a: &x [*x]\n", "t.yaml:1:8: an alias inside the value it stands for"),
        ("<<: 3\n", "t.yaml:1:1: a merge key `<<` takes a mapping or a list of mappings"),
        ("[a]: 3\n", "t.yaml:1:1: a key must be a text, not a list or a mapping"),
        ("a: .nan\n", "t.yaml:1:4: .nan cannot be written as JSON"),
        ("a: !!int x\n", "t.yaml:1:4: this cannot be decoded as a !!int"),
        ("a: [1\n", "t.yaml:2:1: while parsing a flow sequence, expected ',' or ']'"),
        ("a:\n\t- b\n", "t.yaml:2:2: tabs disallowed within this context (block indentation)"),
    ];
    for (text, expected) in table {
        assert_eq!(error(text), expected, "{text}");
    }
    let not_utf8 = read("t.yaml", b"a: 1\nb: \xff\n").expect_err("refused").to_string();
    assert_eq!(not_utf8, "t.yaml:2:4: the text is not UTF-8");
    let json = read("t.json", b"{\"a\": 1,\n \"b\": [1, 2}}").expect_err("refused").to_string();
    assert_eq!(json, "t.json:2:12: `,` or `]` is expected");
}

#[test]
fn small_texts_stay_small() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]".to_owned();
    for (last, next) in ["a", "b", "c", "d", "e", "f", "g"].windows(2).map(|pair| (pair[0], pair[1])) {
        let items = vec![format!("*{last}"); 9].join(", ");
        bomb += &["\n", next, ": &", next, " [", &items, "]"].concat();
    }
    assert_eq!(error(&bomb), "t.yaml:6:8: aliases stand for more than 100000 values");
    assert_eq!(error(&"[".repeat(200)), "t.yaml:1:101: nested deeper than 100");
    let json = format!("{{\"a\": {}", "[".repeat(200));
    assert!(error(&json).contains("nested deeper than 100"));
}

#[test]
fn fields_know_their_path_and_place() {
    let text = "spec:\n  containers:\n  - name: web\n    resources:\n      cpu: x\nlabels:\n  a.b/c: d\n";
    let doc = read("t.yaml", text.as_bytes()).expect("readable").remove(0);
    let root = doc.root();
    let cpu = root.get("spec").get("containers").item(0).get("resources").get("cpu");
    assert_eq!(cpu.error("bad").to_string(), "t.yaml:5:12: spec.containers[0].resources.cpu: bad");
    assert_eq!(root.get("labels").get("a.b/c").path(), "labels[a.b/c]");
    let missing = root.get("spec").get("containers").item(0).get("image");
    assert!(missing.is_absent());
    assert_eq!(missing.error("bad").to_string(), "t.yaml:3:5: spec.containers[0].image: bad");
    let by_path = doc.at([Key::Name("spec"), Key::Name("containers"), Key::Index(0), Key::Name("name")]);
    assert_eq!(by_path.text(), Some("web"));
}

#[test]
fn lists_come_apart() {
    let text = "kind: List\nitems:\n- kind: A\n- kind: B\n  x: 1\n";
    let parts = read("t.yaml", text.as_bytes()).expect("readable").remove(0).into_list("items");
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[1].root().get("x").error("bad").to_string(), "t.yaml:5:6: x: bad");
}

#[test]
fn broken_texts_are_refused_and_never_panic() {
    let texts = [
        "a: &v {x: 1, w: [1, 2]}\nb:\n  <<: *v\n  z: |\n    text\n    more\nc: \"q\\u00e9\"\n---\n- 'x'\n- >-\n  f\n",
        "{\"a\": [1, 2.5e3, {\"b\": \"\\ud83d\\ude80\"}], \"c\": null, \"d\": true}",
        "%YAML 1.1\n---\n? k\n: v\nx: !!int 3 # note\n",
    ];
    let mut state = 7u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize) % below
    };
    let odd = b"{}[]:,-?&*!|>'\"%@`#\t\n \\<~0\xff\xc3";
    for round in 0..6000 {
        let mut bytes = texts[round % texts.len()].as_bytes().to_vec();
        for _ in 0..=draw(4) {
            let at = draw(bytes.len());
            match draw(4) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = odd[draw(odd.len())],
                2 => bytes.insert(at, odd[draw(odd.len())]),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                bytes.push(b'a');
            }
        }
        let _ = read("t.yaml", &bytes);
    }
}
