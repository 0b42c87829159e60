//! What commands print as JSON is what `replank schema` says, judged by the validator `jsonschema`.

use std::process::Command;

use serde_json::{Value, json};

use crate::served::Up;
use crate::tool::{Ran, Scratch, ended, run, run_in};

/// Holds documents to schemas; prints what differs.
const JUDGE: &str = r#"
import json, sys
from jsonschema import Draft202012Validator
wrong = 0
for schema, documents in json.load(open(sys.argv[1])):
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    for document in documents:
        for error in judge.iter_errors(document):
            wrong += 1
            print(schema["title"], error.json_path, error.message[:300])
sys.exit(1 if wrong else 0)
"#;

/// The documents of one command with the name of their schema.
type Printed = (&'static str, Vec<Value>);

#[test]
fn everything_is_printed_as_its_schema_says() {
    let scratch = Scratch::new("schemas");
    let mut printed = without_a_server();
    printed.extend(with_a_server(&scratch));
    let judged = judged(&scratch, &printed);
    assert_eq!(judged.code, Some(0), "{}{}", judged.out, judged.err);

    let names = run("schema").out;
    // They need a real cluster, or an upgrade that was run.
    let left = ["cluster-rehearsal", "drain-plan", "upgrade-history"];
    for name in names.lines().filter_map(|line| line.split_whitespace().next()) {
        let is_judged = printed.iter().any(|(of, documents)| *of == name && !documents.is_empty());
        assert!(is_judged || left.contains(&name), "{name}: nothing was printed to hold to it");
    }
}

#[test]
fn the_judge_sees_what_is_not_so() {
    let scratch = Scratch::new("schemas-planted");
    let mut plan = documents(&run("plan -o json")).remove(0);
    for (member, wrong) in
        [("phases", json!([["setup", 0]])), ("seconds", json!("684")), ("verdict", json!(null))]
    {
        let right = std::mem::replace(&mut plan[member], wrong);
        let judged = judged(&scratch, &[("plan", vec![plan.clone()])]);
        assert_eq!(judged.code, Some(1), "{member}");
        assert!(judged.out.contains(&format!("$.{member}")), "{member}: {}", judged.out);
        plan[member] = right;
    }
}

fn without_a_server() -> Vec<Printed> {
    vec![("plan", documents(&run("plan -o json"))), ("demo-line", documents(&run("demo -o json")))]
}

fn with_a_server(scratch: &Scratch) -> Vec<Printed> {
    let up = Up::start(scratch.path(), "--speed 600x --port 0 --kubernetes-port 0");
    let says = |arguments: &str| documents(&up.replank(arguments));
    let live = scratch.path().join("live.snapshot");
    up.client(env!("CARGO_BIN_EXE_replank"), &["snapshot", "-o", &live.display().to_string()]);
    let mut printed = vec![
        ("check", documents(&run_in(scratch.path(), "check --snapshot live.snapshot -o json"))),
        ("rehearsal", documents(&run_in(scratch.path(), "rehearse live.snapshot -o json"))),
        ("clusters", says("get clusters -o json")),
        ("nodegroups", says("get nodegroups -o json")),
        ("images", says("get images -o json")),
        ("nodes", says("get nodes -o json")),
        ("time", says("world -o json")),
        ("plan", says("upgrade nodegroup default -o json")),
        ("upgrade-plan", says("upgrade cluster eks-workshop -o json")),
        ("begun", says("upgrade nodegroup default --approve --no-wait -o json")),
        ("command", says("pause -o json")),
        ("why", says("why -o json")),
        ("updates", says("get updates -o json")),
        ("act", says("world do zone-capacity zone=us-west-2a instances=9 -o json")),
        ("link", says("dashboard -o json")),
        ("command", says("resume -o json")),
    ];
    let mut lines = says("follow -o json");
    printed.push(("last-line", lines.pop().into_iter().collect()));
    printed.push(("line", lines));
    printed.push(("history", says("history -o json")));
    printed.push(("updates", says("get updates -o json")));
    assert_eq!(up.end("-TERM"), Some(0));
    printed
}

/// Every JSON document of an output, on a line or over many.
fn documents(ran: &Ran) -> Vec<Value> {
    let all: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&ran.out).into_iter().collect();
    let all = all.expect("JSON");
    assert!(!all.is_empty(), "{}", ran.err);
    all
}

fn judged(scratch: &Scratch, printed: &[Printed]) -> Ran {
    let schema = |name: &str| documents(&run(&format!("schema {name}"))).remove(0);
    let all: Vec<Value> = printed.iter().map(|(name, documents)| json!([schema(name), documents])).collect();
    scratch.write("judged.json", json!(all).to_string());
    let file = scratch.path().join("judged.json");
    ended(Command::new("python3").args(["-c", JUDGE]).arg(file).output())
}
