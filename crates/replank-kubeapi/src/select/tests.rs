//! Selectors choose what the real ones choose, and refuse in the same words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{FieldSelector, LabelSelector};
use crate::fuzz::twins::{self, Term};
use crate::fuzz::{self, Dice};

#[test]
fn labels_are_chosen() {
    let object = json!({"metadata": {"labels": {"app": "web", "size": "12", "empty": "", "x.io/in": "in"}}});
    let table = [
        ("", true),
        ("app", true),
        ("!app", false),
        ("app=web", true),
        ("app == web , size", true),
        ("app!=web", false),
        ("none!=web", true),
        ("app in (web, db)", true),
        ("app notin (web,db)", false),
        ("none notin (a)", true),
        ("size>11", true),
        ("size<12", false),
        ("size>=1", false),
        ("empty=", true),
        ("empty in ()", true),
        ("empty in (,a)", true),
        ("empty,app=", false),
        ("x.io/in = in", true),
        ("x.io/in in (notin,in)", true),
    ];
    for (text, expected) in table {
        let chosen = text.parse::<LabelSelector>().map(|it| it.matches_object(&object));
        match text {
            "size>=1" => assert!(chosen.is_err(), "{text}"),
            _ => assert_eq!(chosen, Ok(expected), "{text}"),
        }
    }
}

#[test]
fn label_selectors_are_refused_in_known_words() {
    let table = [
        ("a===b", "unable to parse requirement: found '=', expected: identifier"),
        (",", "found ',', expected: !, identifier, or 'end of string'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
        ("a in (b,=)", "unable to parse requirement: found '=', expected: ',', or identifier"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        (
            "a>b",
            "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must \
             be an integer",
        ),
        ("/a", "unable to parse requirement: <nil>: Invalid value: \"/a\": prefix part must be non-empty"),
        (
            "a=b_",
            "unable to parse requirement: values[0][a]: Invalid value: \"b_\": a valid label must be an empty string \
             or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric \
             character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is \
             '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
    ];
    for (text, expected) in table {
        let refused = text.parse::<LabelSelector>().unwrap_err();
        assert_eq!((refused.code, refused.message.as_str()), (400, expected), "{text}");
    }
}

#[test]
fn fields_are_chosen() {
    let pod = json!({"metadata": {"name": "p", "namespace": "d"}, "spec": {"nodeName": "n1"},
        "status": {"phase": "Running", "podIPs": [{"ip": "10.0.0.1"}]}});
    let node = json!({"metadata": {"name": "n"}, "spec": {"unschedulable": true}});
    let event = json!({"involvedObject": {"name": "p", "uid": "u"}, "source": {"component": "kubelet"}});
    let newer = json!({"regarding": {"name": "p"}, "reportingComponent": "scheduler"});
    let table: [(&str, &Value, &str, bool); 14] = [
        ("Pod", &pod, "", true),
        ("Pod", &pod, "metadata.name=p", true),
        ("Pod", &pod, "metadata.name==p,spec.nodeName=n2", false),
        ("Pod", &pod, "spec.nodeName=n1,status.phase!=Succeeded,status.phase!=Failed", true),
        ("Pod", &pod, "spec.nodeName!=", true),
        ("Pod", &pod, "status.nominatedNodeName=", true),
        ("Pod", &pod, "spec.hostNetwork=false,status.podIPs=10.0.0.1", true),
        ("Node", &node, "spec.unschedulable=true", true),
        ("Node", &node, "spec.unschedulable=false", false),
        ("Event", &event, "involvedObject.uid=u,source=kubelet", true),
        ("Event", &newer, "involvedObject.name=p,source=scheduler", true),
        ("ConfigMap", &pod, "metadata.namespace=d", true),
        ("ConfigMap", &pod, "metadata.name=a\\,b", false),
        ("Job", &json!({}), "status.successful=0", true),
    ];
    for (kind, object, text, expected) in table {
        let selector: FieldSelector = text.parse().unwrap();
        selector.check(kind, &[]).unwrap();
        assert_eq!(selector.matches_object(kind, object), expected, "{kind} {text}");
    }
    let one: FieldSelector = "spec.nodeName!=a,metadata.name=p".parse().unwrap();
    assert_eq!((one.exactly("metadata.name"), one.exactly("spec.nodeName")), (Some("p"), None));
}

#[test]
fn field_selectors_are_refused_in_known_words() {
    let table = [
        ("Pod", "spec", "invalid selector: 'spec'; can't understand 'spec'"),
        ("Pod", "a=b=c", "invalid field selector: unescaped character in value: 61"),
        ("Pod", "a=\\x", "invalid field selector: invalid escape sequence: \\x"),
        ("Pod", "a=b\\", "invalid field selector: invalid escape sequence: \\"),
        ("Pod", "spec.x=1", "field label not supported: spec.x"),
        (
            "ConfigMap",
            "data=1",
            "\"data\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
        ),
        ("Shop", "spec.x=1", "field label not supported: spec.x"),
    ];
    for (kind, text, expected) in table {
        let declared: &[&str] = if kind == "Shop" { &["spec.colour"] } else { &[] };
        let read = text.parse::<FieldSelector>().and_then(|it| it.check(kind, declared));
        assert_eq!(read.unwrap_err().message, expected, "{kind} {text}");
    }
}

#[test]
fn a_label_selector_chooses_what_its_requirements_say() {
    let mut dice = Dice::new(13);
    for _ in 0..5_000 {
        let terms: Vec<Term> = (0..dice.below(4)).map(|_| Term::any(&mut dice)).collect();
        let written: Vec<String> = terms.iter().map(|term| term.written(&mut dice)).collect();
        let text = written.join(",");
        let selector = text.parse::<LabelSelector>().unwrap_or_else(|refused| panic!("{text}: {refused}"));
        for _ in 0..8 {
            let labels = twins::labels(&mut dice);
            let object = json!({"metadata": {"labels": labels}});
            let expected = terms.iter().all(|term| term.holds(&labels));
            assert_eq!(selector.matches_object(&object), expected, "{text:?} {labels:?}");
        }
    }
}

#[test]
fn any_selector_is_what_its_parts_are() {
    let object = json!({"metadata": {"labels": {"a": "b"}}});
    let values = BTreeMap::from([("a", "b"), ("b", ""), ("i", "=,\\")]);
    fuzz::texts("abin=!(),<> /_-.\\\0\u{e9}", 20_000, |text| {
        twins::is_all_of_its_parts(text, &object);
        twins::is_what_its_fields_say(text, &values);
    });
    fuzz::texts("ab=!,\\", 20_000, |text| twins::is_what_its_fields_say(text, &values));
    fuzz::texts("a b=!,()in", 20_000, |text| twins::is_all_of_its_parts(text, &object));
}
