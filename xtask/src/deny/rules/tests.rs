//! Each rule of the policy sees its violation in a small graph.

use super::super::graph::Graph;
use super::super::policy::{Apart, Layer, Policy};
use super::{allowed, violations};
use serde_json::{Value, json};

const APART: Apart = Apart {
    real: &["kube"],
    simulator: &["sim"],
    bridges: &[],
    wiring_crate: "crates/x/src/",
    wiring: "real",
    doors: &[],
    why: "",
};

const POLICY: Policy = Policy {
    banned: &[("ring", "one provider")],
    unnamed: &[("time", "one time library")],
    licenses: &["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"],
    several_versions: &[],
    for_tests: &[("lab", "judges")],
    in_tests: &[("engine", "sim", "a world to act on")],
    apart: APART,
    layers: &[
        Layer { name: "core", below: &[], only: Some(&["jiff"]), never: &["serde"], why: "pure" },
        Layer { name: "engine", below: &["core"], only: None, never: &["aws-*"], why: "ports" },
        Layer { name: "lab", below: &[], only: None, never: &["core"], why: "judges" },
    ],
};

/// A package is `name@version license`, ours when it has no license, and no release when it is called a branch; an arrow is `from > to`, with `dev` for tests.
fn graph(packages: &[&str], arrows: &[&str]) -> Graph {
    let parts = |text: &str| {
        let (id, license) = text.split_once(' ').unwrap_or((text, ""));
        let (name, version) = id.split_once('@').unwrap_or((id, "0.1.0"));
        (id.to_owned(), name.to_owned(), version.to_owned(), license.to_owned())
    };
    let package = |text: &&str| {
        let (id, name, version, license) = parts(text);
        let source = match (&*license, &*name) {
            ("", _) => Value::Null,
            (_, "branch") => json!("git+somewhere#1"),
            _ => json!("registry+somewhere"),
        };
        json!({"id": id, "name": name, "version": version, "license": license, "source": source})
    };
    let node = |text: &&str| {
        let (id, ..) = parts(text);
        let own = arrows.iter().filter(|arrow| arrow.split(' ').next() == Some(&id));
        let deps = own.map(|arrow| {
            let kind = if arrow.ends_with(" dev") { json!("dev") } else { Value::Null };
            json!({"pkg": arrow.split(' ').nth(2), "dep_kinds": [{"kind": kind}]})
        });
        json!({"id": id, "deps": deps.collect::<Vec<_>>()})
    };
    let json = json!({
        "packages": packages.iter().map(package).collect::<Vec<_>>(),
        "resolve": {"nodes": packages.iter().map(node).collect::<Vec<_>>()},
    });
    Graph::parse(&json).unwrap()
}

#[test]
fn each_rule_sees_its_violation() {
    let packages = ["core", "engine", "lab", "jiff@1 MIT", "serde@1 MIT", "aws-sdk@1 MIT", "ring@1 MIT"];
    for (arrows, more, expected) in [
        (vec!["core > jiff@1", "engine > core", "engine > serde@1"], None, vec![]),
        (vec!["core > aws-sdk@1"], None, vec!["core may not name aws-sdk: pure"]),
        (vec!["core > jiff@1", "jiff@1 > serde@1"], None, vec!["core may never know serde: pure"]),
        (vec!["core > engine dev"], None, vec!["core may not use engine: pure"]),
        (vec!["engine > lab dev"], None, vec![]),
        (vec!["engine > lab"], None, vec!["engine may not use lab: ports"]),
        (vec!["engine > aws-sdk@1 dev"], None, vec!["engine may never know aws-sdk: ports"]),
        (vec!["engine > jiff@1", "jiff@1 > serde@1 dev", "serde@1 > aws-sdk@1"], None, vec![]),
        (vec![], Some("other"), vec!["other: the policy has no layer for this crate of ours"]),
        (vec![], Some("gnu@1 GPL-3.0"), vec!["gnu 1 is under GPL-3.0"]),
        (
            vec!["engine > branch@1"],
            Some("branch@1 MIT"),
            vec!["branch 1 is no release of a registry; brought in by engine 0.1.0"],
        ),
        (
            vec!["engine > jiff@1", "core > jiff@2"],
            Some("jiff@2 MIT"),
            vec!["jiff comes in several versions: 1 for engine 0.1.0; 2 for core 0.1.0"],
        ),
    ] {
        let all: Vec<&str> = packages[..6].iter().copied().chain(more).collect();
        assert_eq!(violations(&graph(&all, &arrows), &POLICY), expected, "{arrows:?} {more:?}");
    }
    let found = violations(&graph(&packages, &["engine > ring@1"]), &POLICY);
    assert_eq!(found, ["ring is banned (one provider); brought in by engine 0.1.0"]);
    let packages = ["core", "engine", "lab", "jiff@1 MIT", "time@1 MIT"];
    assert!(violations(&graph(&packages, &["engine > jiff@1", "jiff@1 > time@1"]), &POLICY).is_empty());
    let found = violations(&graph(&packages, &["engine > time@1"]), &POLICY);
    assert_eq!(found, ["engine may not name time: one time library"]);
}

#[test]
fn an_exception_that_nothing_needs_is_named() {
    let policy = Policy { several_versions: &[("jiff", "no reason left")], ..POLICY };
    let found = violations(&graph(&["core", "jiff@1 MIT"], &["core > jiff@1"]), &policy);
    assert_eq!(found, ["jiff comes in one version: remove its exception"]);
}

#[test]
fn license_expressions() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND OpenSSL", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0 WITH other", false),
        ("(MIT", false),
        ("", false),
    ] {
        assert_eq!(allowed(expression, POLICY.licenses), expected, "{expression}");
    }
}

#[test]
fn who_reaches_a_real_cluster_and_the_simulator_is_a_bridge() {
    let layer = |name| Layer { name, below: &["core", "sim", "kwok"], only: None, never: &[], why: "" };
    let policy = |bridges| Policy {
        apart: Apart { bridges, ..APART },
        layers: Box::leak(Box::new(["core", "sim", "kwok", "server"].map(layer))),
        ..POLICY
    };
    let all = ["core", "sim", "kwok", "server", "kube@1 MIT"];
    let arrows = ["kwok > sim", "kwok > kube@1"];
    let found = violations(&graph(&all, &arrows), &policy(&[]));
    assert_eq!(found, ["kwok reaches kube and sim: what works on real clusters knows no simulator"]);
    let kwok: &[(&str, &str)] = &[("kwok", "shows instances")];
    assert_eq!(violations(&graph(&all, &arrows), &policy(kwok)), Vec::<String>::new());
    for planted in ["server > kwok", "server > kwok dev"] {
        let found = violations(&graph(&all, &[&arrows[..], &[planted]].concat()), &policy(kwok));
        assert_eq!(found, ["server reaches kube and sim: what works on real clusters knows no simulator"]);
    }
    let found = violations(&graph(&all, &arrows[..1]), &policy(kwok));
    assert_eq!(found, ["kwok is no bridge to the simulator any more: remove it"]);
}
