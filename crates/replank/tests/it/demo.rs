//! The demo in a pipe.

use std::io::{BufRead, BufReader};

use crate::tool::{Scratch, command, ended, run, run_in, spawned};

#[test]
fn a_pipe_gets_a_line_for_every_event_and_a_summary() {
    let ran = run("demo");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let mut after = 0;
    let landmarks = [
        "00:00:00 sizes    min 3, desired 3, max 6\n",
        "phase \"Scale up\" begins",
        "sizes    min 3, desired 6, max 9\n",
        "every node the group is asked for is Ready",
        "phase \"Guard\" begins",
        "phase \"Upgrade\" begins",
        "is picked: it is old",
        "phase \"Scale down\" begins",
        "is picked: the group has more nodes than before",
        "sizes    min 3, desired 3, max 9\n",
        "sizes    min 3, desired 3, max 6\n",
        "update   the update succeeded\n",
        "The update of node group default succeeded after ",
        "  phases    Setup ",
        "  nodes     3 replaced, 3 surplus removed\n",
        "Pods moved:\n",
        "shop/catalog-mysql StatefulSet",
        "Deepest dip of each budget:\n  kube-system/coredns: 1 of 2 healthy at the lowest, 1 wanted\n",
        "Waited for longest:\n",
    ];
    for landmark in landmarks {
        let found = ran.out[after..].find(landmark);
        after += found.unwrap_or_else(|| panic!("{landmark:?} does not come, or not in its place"));
    }
}

#[test]
fn lines_are_in_the_order_of_time_and_end_in_a_word() {
    let ran = run("demo --world ../replank-formats/worlds/two-groups.yaml");
    let events: Vec<&str> = ran.out.lines().take_while(|line| !line.is_empty()).collect();
    assert!(events.len() > 100);
    assert!(events.is_sorted_by_key(|line| &line[..8]), "times go back");
    for line in events {
        let last = line.rsplit(' ').next().unwrap_or_default();
        assert!(!["on", "from", ""].contains(&last), "{line:?}");
    }
}

#[test]
fn a_wait_is_told_once_when_it_begins() {
    let ran = run("demo --world ../replank-formats/worlds/stuck.yaml");
    let held = ran
        .out
        .lines()
        .filter(|line| line.contains(" wait ") && line.contains("is held by budget legacy/importer"));
    assert_eq!(held.count(), 1, "{}", ran.out);
}

#[test]
fn acts_of_the_world_file_are_told_with_what_became_of_them() {
    let scratch = Scratch::new("acts");
    let world = "clusters: [{nodeGroups: [{}]}]\nacts:\n- {at: 0s, do: hold-node, node: old 2}\n\
                 - {at: 1s, do: delete-budget, object: shop/cart}\n- {at: 9m, do: release-node, node: old 2}\n\
                 - {at: 1m, do: cordon, node: old 9}\n- {at: 2m, do: pause}\n- {at: 3m, do: resume}\n";
    scratch.write("acts.yaml", world);
    let ran = run_in(scratch.path(), "demo --world acts.yaml");
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    let told: Vec<&str> =
        ran.out.lines().filter_map(|line| line.split_once(" script   ")).map(|(_, act)| act).collect();
    let not_found =
        "delete-budget (object shop/cart): refused: poddisruptionbudgets.policy \"cart\" not found";
    assert_eq!(
        told,
        [
            "hold-node (node old 2): done",
            not_found,
            "cordon (node old 9): nothing is done: what it names is not there",
            "pause: asked for",
            "resume: asked for",
            "release-node (node old 2): done",
        ]
    );
    // The hold came before Setup had pointed the group, and it held.
    assert!(ran.out.contains("is on hold (held by the script)"), "{}", ran.out);
    let json = run_in(scratch.path(), "demo --world acts.yaml --output json").json();
    assert_eq!(json.iter().filter(|line| line["type"] == "script").count(), 6);
    let plan = run_in(scratch.path(), "plan --world acts.yaml");
    let note =
        "note: a plan looks at the world as it stands: the acts and faults of the world file are left out\n";
    assert_eq!((plan.code, plan.err.as_str()), (Some(0), note));
}

#[test]
fn a_further_update_in_the_same_world_counts_its_own_cost() {
    let scratch = Scratch::new("further");
    assert_eq!(run_in(scratch.path(), "demo --data data").code, Some(0));
    let again = run_in(scratch.path(), "demo --data data --output json").summary();
    assert_eq!((&again["replaced"], &again["evicted"]), (&0.into(), &0.into()));
    assert_eq!(again["moved"].as_array().map(Vec::len), Some(0));
}

#[test]
fn images_of_ones_own_are_launched() {
    let scratch = Scratch::new("custom");
    let world = "clusters: [{nodeGroups: [{imageType: CUSTOM, image: ami-0a}]}]\nupdate: {image: ami-0b}\n";
    scratch.write("custom.yaml", world);
    let ran = run_in(scratch.path(), "demo --world custom.yaml");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    assert!(ran.out.contains("  nodes     3 replaced, 3 surplus removed\n"), "{}", ran.out);
}

#[test]
fn every_group_is_named_and_summed_up() {
    let ran = run("demo --world ../replank-formats/worlds/two-groups.yaml");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for landmark in [
        "sizes    [general] min 3, desired 3, max 6\n",
        "sizes    [memory] min 2, desired 2, max 4\n",
        "The update of node group general succeeded",
        "  nodes     3 replaced, 3 surplus removed\n",
        "The update of node group memory succeeded",
        "  nodes     2 replaced, 0 surplus removed\n",
    ] {
        assert!(ran.out.contains(landmark), "{landmark:?} is missing");
    }
}

#[test]
fn json_is_one_object_per_line_of_a_documented_type() {
    let ran = run("demo --output json");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let page = run("reference events").out;
    let lines = ran.json();
    for line in &lines {
        let kind = line["type"].as_str().unwrap_or_else(|| panic!("no type: {line}"));
        assert!(page.contains(&format!("| `{kind}` |")), "{kind} is not documented");
        if kind == "pod" {
            let what = line["what"].as_str().unwrap_or_else(|| panic!("{line}"));
            assert!(page.contains(&format!("`{what}`")), "{what} is not documented");
            assert!(line["node"].is_string(), "{line}");
        }
    }
    for kind in ["fact", "act", "pod", "report", "summary"] {
        assert!(lines.iter().any(|line| line["type"] == kind), "{kind} never comes");
    }
    let summary = ran.summary();
    assert_eq!((&summary["outcome"], &summary["replaced"]), (&"succeeded".into(), &3.into()));
    let sizes: Vec<i64> =
        lines.iter().filter_map(|line| line["report"]["sizes"]["desired"].as_i64()).collect();
    assert_eq!((sizes.first(), sizes.iter().max(), sizes.last()), (Some(&3), Some(&6), Some(&3)));
}

#[test]
fn a_seed_repeats_a_run_to_the_byte() {
    let once = run("demo --seed 7");
    assert_eq!(once.out, run("demo --seed 7").out);
    assert_ne!(once.out, run("demo --seed 8").out);
}

#[test]
fn the_speed_changes_nothing_but_the_speed() {
    assert_eq!(run("demo --speed 36000x").out, run("demo --speed max").out);
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = spawned(&mut command("demo"));
    let mut first = String::new();
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    reader.read_line(&mut first).expect("a line");
    drop(reader);
    let ran = ended(child.wait_with_output());
    assert!(first.starts_with("00:00:00 "), "{first}");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

#[test]
fn an_interrupt_leaves_and_says_how_it_goes_on() {
    let mut child = spawned(&mut command("demo --speed real"));
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    lines.read_line(&mut String::new()).expect("a line");
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args(["-INT", &child.id().to_string()]).status().expect("kill runs").success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut lines, &mut rest).expect("text");
    let ran = ended(child.wait_with_output());
    assert_eq!((ran.code, ran.err.as_str()), (Some(3), ""), "{rest}");
    assert!(rest.contains("The update of node group default is not over after "), "{rest}");
}
