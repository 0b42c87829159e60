//! The plan: what an update would do, and whether it would reach its end.

use crate::tool::run;

#[test]
fn text_names_numbers_reasons_and_findings() {
    let ran = run("plan");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    for landmark in [
        "Plan for node group default of cluster eks-workshop\n",
        "  nodes     3 to replace, sizes min 3, desired 3, max 6\n",
        "  increment 3 extra nodes: the fewest that are certain to give every zone a new node",
        "  batch     1 at a time: maxUnavailable is 1\n",
        "  phases    Setup ",
        "6 nodes at the peak",
        "  order     ip-",
        "Good to know:\n",
        "It would succeed.\n",
    ] {
        assert!(ran.out.contains(landmark), "{landmark:?} is missing: {}", ran.out);
    }
}

#[test]
fn flags_change_the_plan() {
    let rows = [
        ("--max-unavailable 2", "  batch     2 at a time: "),
        ("--max-unavailable 67%", "  batch     2 at a time: "),
        ("--increment ceiling", "  increment 6 extra nodes: "),
        ("--strategy minimal", ", 3 nodes at the peak, "),
    ];
    for (flag, words) in rows {
        let ran = run(&format!("plan {flag}"));
        assert!(ran.out.contains(words), "{flag}: {}", ran.out);
    }
}

#[test]
fn json_says_the_same() {
    let ran = run("plan -o json");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let [plan] = &ran.json()[..] else { panic!("one plan for one group") };
    assert_eq!((&plan["group"], &plan["outcome"]), (&"default".into(), &"succeeded".into()));
    assert_eq!((&plan["numbers"]["old"], &plan["peak"]), (&3.into(), &6.into()));
    assert_eq!(plan["order"].as_array().map(Vec::len), Some(3));
}

#[test]
fn every_group_has_its_plan() {
    let ran = run("plan -o json --world ../replank-formats/worlds/two-groups.yaml");
    let groups: Vec<_> = ran.json().into_iter().map(|plan| plan["group"].clone()).collect();
    assert_eq!(groups, ["general", "memory"]);
    let one = run("plan -o json --world ../replank-formats/worlds/two-groups.yaml --nodegroup memory").json();
    assert_eq!(one.len(), 1);
}

#[test]
fn what_holds_an_update_up_is_foreseen_with_code_4() {
    let ran = run("plan --world ../replank-formats/worlds/stuck.yaml");
    assert_eq!(ran.code, Some(4), "{}", ran.out);
    for words in ["legacy/license-server", "legacy/importer", "It would fail: PodEvictionFailure: "] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    assert_eq!(run("demo --world ../replank-formats/worlds/stuck.yaml").code, Some(1));
}
