//! The commands that speak to a running server: from the plan to the record, from several terminals, through kills.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStderr, ChildStdout, Command};

use serde_json::Value;

use crate::served::Up;
use crate::tool::{Ran, Scratch, ended, spawned};

const PORTS: &str = "--port 0 --kubernetes-port 0";

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// A command that follows an update in a terminal of its own.
struct Terminal {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Terminal {
    fn open(mut command: Command) -> Self {
        let mut child = spawned(&mut command);
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, lines }
    }

    /// Reads until a line that has this in it.
    fn until(&mut self, wanted: &str) -> String {
        let found = self.lines.find_map(|line| line.ok().filter(|line| line.contains(wanted)));
        found.expect(wanted)
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
    }

    /// Waits for its end; what it still printed.
    fn end(mut self) -> Ran {
        let out: Vec<String> = self.lines.by_ref().map_while(Result::ok).collect();
        let mut err = String::new();
        let stderr: Option<ChildStderr> = self.child.stderr.take();
        std::io::Read::read_to_string(&mut stderr.expect("a pipe"), &mut err).expect("text");
        Ran { code: self.child.wait().expect("it ends").code(), out: out.join("\n"), err }
    }
}

/// The id of the only update under way.
fn running(up: &Up) -> String {
    let list = json(&up.says("get updates --running -o json"));
    let updates = list["updates"].as_array().expect("a list");
    assert_eq!(updates.len(), 1, "{list}");
    updates[0]["update"].as_str().expect("an id").to_owned()
}

#[test]
fn from_the_plan_to_the_record() {
    let scratch = Scratch::new("remote-plan");
    let up = Up::start(scratch.path(), &format!("--speed 600x {PORTS}"));
    let plan = up.replank("upgrade nodegroup default --max-unavailable 2");
    assert_eq!(plan.code, Some(0), "{}", plan.err);
    assert!(plan.out.starts_with("Plan for node group default of cluster eks-workshop\n"), "{}", plan.out);
    assert!(plan.out.ends_with("It would succeed.\n"), "{}", plan.out);
    assert!(plan.err.contains("The same command with --approve does it."), "{}", plan.err);
    let plan = json(&up.says("upgrade nodegroup default --max-unavailable 2 -o json"));
    assert_eq!(plan["numbers"]["batch"], 2, "{plan}");
    assert_eq!(json(&up.says("get updates -o json"))["updates"], json("[]"), "a plan leaves nothing behind");

    let done = up.replank("upgrade nodegroup default --max-unavailable 2 --approve");
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let said =
        ["phase \"Scale up\" begins", "pod      shop/", "wait     ", "sizes    min 3, desired 6, max 9"];
    for line in said {
        assert!(done.out.contains(line), "{line}: {}", done.out);
    }
    assert!(done.out.starts_with("00:00:00 "), "{}", done.out);
    assert!(done.out.contains("\nThe update of node group default succeeded after "), "{}", done.out);
    assert!(done.out.contains("3 replaced, 3 surplus removed"), "{}", done.out);

    let list = json(&up.says("get updates -o json"));
    assert_eq!(list["updates"][0]["status"], "Successful", "{list}");
    let history = json(&up.says("history default -o json"));
    let picked = history["events"].as_array().expect("a list").iter().filter_map(|event| {
        let picked = &event["fact"]["picked"];
        (picked["purpose"] == "replace").then(|| picked["node"].as_str().expect("a node").to_owned())
    });
    assert_eq!(Value::from(picked.collect::<Vec<_>>()), plan["order"], "the plan showed another order");
    up.until_nodes(3);
    let nodes = json(&up.says("get nodes -o json"));
    let releases: Vec<&Value> =
        nodes["nodes"].as_array().expect("a list").iter().map(|node| &node["release"]).collect();
    assert_eq!(releases, [&plan["release"]; 3], "{nodes}");
    assert!(up.says("why").starts_with("No update is under way.\n"));
    // What is over can be followed again.
    let again = up.replank("follow");
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert!(again.out.contains("phase \"Scale up\" begins"), "{}", again.out);

    // A shell is offered what the server and the cluster have.
    let id = list["updates"][0]["update"].as_str().expect("an id");
    let node = nodes["nodes"][0]["name"].as_str().expect("a name");
    let rows = [
        ("follow de", "default"),
        (&*format!("history {}", &id[..6]), id),
        ("get nodes --nodegroup de", "default"),
        ("get updates --cluster eks", "eks-workshop"),
        ("upgrade nodegroup de", "default"),
        ("upgrade cluster eks", "eks-workshop"),
        (&*format!("drain {}", &node[..8]), node),
    ];
    for (words, wanted) in rows {
        let at = words.split_whitespace().count().to_string();
        let mut asked = up.command(&format!("-- replank {words}"));
        asked.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", at).env("_CLAP_IFS", "\n");
        let ran = ended(asked.output());
        assert!(ran.out.lines().any(|line| line == wanted), "{words}: {}{}", ran.out, ran.err);
    }
    assert_eq!(up.end("-TERM"), Some(0));
}

/// Four node groups of two nodes each.
const GROUPS: &str = "\
clusters:
- name: shop
  nodeGroups:
  - {name: web, size: {min: 2, desired: 2, max: 4}, zones: [us-west-2a, us-west-2b]}
  - {name: jobs, size: {min: 2, desired: 2, max: 4}, zones: [us-west-2a, us-west-2b]}
  - {name: one, size: {min: 2, desired: 2, max: 4}, zones: [us-west-2a, us-west-2b]}
  - {name: two, size: {min: 2, desired: 2, max: 4}, zones: [us-west-2a, us-west-2b]}
";

#[test]
fn several_groups_are_updated_one_after_the_other_or_at_once() {
    let scratch = Scratch::new("remote-several");
    scratch.write("w.yaml", GROUPS);
    let up = Up::start(scratch.path(), &format!("--world w.yaml --speed 300x {PORTS}"));
    let plans = up.replank("upgrade nodegroup --all");
    assert_eq!(plans.code, Some(0), "{}", plans.err);
    for group in ["web", "jobs", "one", "two"] {
        assert!(plans.out.contains(&format!("Plan for node group {group} of cluster shop")), "{}", plans.out);
    }
    for (wrong, said) in [
        ("upgrade nodegroup", "required arguments were not provided"),
        ("upgrade nodegroup web --all", "cannot be used with"),
        ("upgrade nodegroup web --parallel 0", "0 is not in 1..=32"),
        ("upgrade nodegroup web nope --approve", "node group nope: there is none of that name"),
    ] {
        let ran = up.replank(wrong);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{wrong}: {}", ran.err);
    }
    assert_eq!(json(&up.says("get updates -o json"))["updates"], json("[]"), "a wrong name begins nothing");

    let done = up.replank("upgrade nodegroup web jobs --approve");
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    let at = |words: &str| done.out.find(words).unwrap_or_else(|| panic!("{words}: {}", done.out));
    assert!(at("The update of node group web succeeded") < at("[jobs] phase \"Scale up\" begins"));

    let mut both = Terminal::open(up.command("upgrade nodegroup one two --parallel 2 --approve"));
    both.until("phase \"Scale up\" begins");
    let begun = std::time::Instant::now();
    while json(&up.says("get updates --running -o json"))["updates"].as_array().map(Vec::len) != Some(2) {
        assert!(begun.elapsed() < crate::served::PATIENCE, "both at once");
    }
    let paused = up.says("pause --all");
    assert!(paused.contains("group one is paused") && paused.contains("group two is paused"), "{paused}");
    assert_eq!(up.replank("pause --all").code, Some(2), "they are");
    assert_eq!(up.says("resume --all").lines().count(), 2);
    let ended = both.end();
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    for group in ["one", "two"] {
        assert!(ended.out.contains(&format!("The update of node group {group} succeeded")), "{}", ended.out);
    }
    assert_eq!(up.replank("cancel --all").code, Some(2), "none is under way");
    assert_eq!(up.end("-TERM"), Some(0));
}

#[test]
fn every_list_prints_in_every_format() {
    let scratch = Scratch::new("remote-lists");
    let up = Up::start(scratch.path(), PORTS);
    let rows = [
        ("clusters", "NAME", "eks-workshop"),
        ("nodegroups", "CLUSTER", "default"),
        ("nodes", "NAME", ".compute.internal"),
        ("images", "IMAGE", "ami-"),
    ];
    for (kind, head, cell) in rows {
        let table = up.says(&format!("get {kind}"));
        assert!(table.starts_with(head) && table.contains(cell), "{kind}: {table}");
        assert!(table.lines().count() > 1, "{kind}: {table}");
        let list = json(&up.says(&format!("get {kind} -o json")));
        assert_eq!(list[kind].as_array().map(Vec::len), Some(table.lines().count() - 1), "{list}");
        let yaml = up.says(&format!("get {kind} -o yaml"));
        assert!(yaml.starts_with(&format!("{kind}:\n- ")), "{yaml}");
    }
    assert!(up.says("get nodegroups -o wide").contains("INSTANCE TYPES"));
    assert_eq!(up.says("get nodegroups -o name"), "nodegroup/default\n");
    assert_eq!(up.says("get nodes -o name").lines().filter(|line| line.starts_with("node/ip-")).count(), 3);
    let refused = up.replank("why -o name");
    assert!(
        refused.code == Some(2) && refused.err.contains("[possible values: table, json, yaml]"),
        "{}",
        refused.err
    );
    let none = up.replank("get updates");
    assert_eq!((none.code, none.out.as_str(), none.err.as_str()), (Some(0), "", "there is none\n"));
    assert!(
        up.says("get images --type BOTTLEROCKET_x86_64 --kubernetes-version 1.32").contains("BOTTLEROCKET")
    );
    assert_eq!(up.end("-TERM"), Some(0));
}

#[test]
fn pause_why_resume_history_while_another_terminal_follows() {
    let scratch = Scratch::new("remote-pause");
    let up = Up::start(scratch.path(), &format!("--speed 10x {PORTS}"));
    let mut first = Terminal::open(up.command("upgrade nodegroup default --approve"));
    first.until("phase \"Scale up\" begins");
    let id = running(&up);
    assert!(up.says("pause").contains(&id));
    let again = up.replank("pause default");
    assert_eq!(again.code, Some(2), "{}", again.out);
    assert!(again.err.contains("is paused already"), "{}", again.err);
    first.until("paused");
    let why = up.says("why default");
    assert!(why.contains(&id) && why.contains("paused; go on with: replank resume"), "{why}");
    let why = json(&up.says("why -o json"));
    assert!(why["updates"][0]["report"]["waits"].is_array(), "{why}");

    // Whoever follows may die; the update does not.
    first.signal("-KILL");
    assert_eq!(first.end().code, None);
    up.says("world speed 600x");
    assert!(up.says(&format!("resume {id}")).contains("goes on"));
    let followed = up.replank("follow -o json");
    assert_eq!(followed.code, Some(0), "{}", followed.err);
    let lines = followed.json();
    let end = lines.last().expect("an end");
    assert_eq!((&end["type"], &end["update"]["outcome"]), (&"end".into(), &"succeeded".into()));
    let phases = end["update"]["phases"].as_array().expect("phases").iter();
    let phases: Vec<&str> = phases.map(|it| it["phase"].as_str().expect("a phase")).collect();
    assert_eq!(phases, ["setup", "scaleUp", "guard", "upgrade", "scaleDown"]);
    let facts = lines.iter().filter(|line| line["type"] == "update");
    let facts: Vec<&str> = facts.map(|line| line["text"].as_str().expect("text")).collect();
    let history = up.says("history");
    let told: Vec<&str> = history.lines().map(|line| line.split_once(' ').expect("a time").1).collect();
    assert_eq!(facts, told, "the lines and the record tell the same facts");
    for word in ["paused", "resumed"] {
        assert!(history.contains(word), "{word}: {history}");
    }
    assert_eq!(up.end("-TERM"), Some(0));
}

#[test]
fn ctrl_c_leaves_the_update_running_and_cancel_ends_it() {
    let scratch = Scratch::new("remote-ctrl-c");
    let up = Up::start(scratch.path(), &format!("--speed 10x {PORTS}"));
    let mut first = Terminal::open(up.command("upgrade nodegroup default --approve"));
    first.until("phase \"Scale up\" begins");
    first.signal("-INT");
    let left = first.end();
    assert_eq!(left.code, Some(3), "{}", left.err);
    let id = running(&up);
    assert!(left.err.contains(&format!("Come back with: replank follow {id}")), "{}", left.err);
    assert!(up.says("cancel --uncordon").contains("is being cancelled"));
    up.says("world speed 600x");
    let end = up.replank("follow default");
    assert_eq!(end.code, Some(3), "{}", end.out);
    assert!(end.out.contains("The update of node group default was cancelled"), "{}", end.out);
    let over = up.replank(&format!("resume {id}"));
    assert_eq!(over.code, Some(2));
    assert!(over.err.contains("is over"), "{}", over.err);
    assert_eq!(up.end("-TERM"), Some(0));
}

#[test]
fn a_server_that_is_killed_is_waited_for() {
    let scratch = Scratch::new("remote-kill");
    let up = Up::start(scratch.path(), &format!("--speed 10x {PORTS}"));
    let begun = up.says("upgrade nodegroup default --approve --no-wait");
    assert!(begun.contains("follow it with: replank follow "), "{begun}");
    let mut follower = Terminal::open(up.command("follow"));
    follower.until("phase \"Scale up\" begins");
    assert_eq!(up.end("-KILL"), None);
    let up = Up::start(scratch.path(), "--speed 600x");
    let end = follower.end();
    assert_eq!(end.code, Some(0), "{}{}", end.out, end.err);
    assert!(
        end.err.contains("goes on when it is back") && end.err.contains("the server is back"),
        "{}",
        end.err
    );
    let told = end.out.lines().filter(|line| line.contains(" update   ")).count();
    let history = up.says("history").lines().count();
    assert!(told < history && told > 5, "{told} of {history} facts: {}", end.out);
    assert_eq!(up.end("-TERM"), Some(0));
}

#[test]
fn an_update_that_cannot_succeed_says_so_before_and_after() {
    let scratch = Scratch::new("remote-stuck");
    let world = concat!(env!("CARGO_MANIFEST_DIR"), "/../replank-formats/worlds/stuck.yaml");
    let up = Up::start(scratch.path(), &format!("--speed 1200x {PORTS} --world {world}"));
    let plan = up.replank("upgrade nodegroup default");
    assert_eq!(plan.code, Some(4), "{}", plan.out);
    assert!(plan.out.contains("It would fail: PodEvictionFailure"), "{}", plan.out);
    let failed = up.replank("upgrade nodegroup default --approve");
    assert_eq!(failed.code, Some(1), "{}", failed.err);
    assert!(failed.out.contains("The update of node group default failed"), "{}", failed.out);
    assert!(failed.out.contains("  PodEvictionFailure: "), "{}", failed.out);
    assert!(failed.out.contains("Waited for longest:\n"), "{}", failed.out);
    assert!(up.says("why").contains("PodEvictionFailure"));
    assert_eq!(up.end("-TERM"), Some(0));
}

#[test]
fn the_world_does_what_it_is_told() {
    let scratch = Scratch::new("remote-world");
    let up = Up::start(scratch.path(), PORTS);
    let now = || up.world_time();
    assert!(up.says("world pause").contains("stands still"));
    let before = (0..50).map(|_| now()).zip((0..50).map(|_| now())).find(|(one, other)| one == other);
    let before = before.expect("it stands still").0;
    up.advance(10);
    assert_eq!(now(), before + jiff::SignedDuration::from_mins(10), "ten minutes pass, and not more");
    let nodes = json(&up.says("get nodes -o json"));
    let node = nodes["nodes"][0]["name"].as_str().expect("a name").to_owned();
    assert!(up.says(&format!("world do node-dies node={node}")).starts_with("done: node-dies"));
    up.advance(2);
    let nodes = up.says("get nodes");
    let dead = nodes.lines().find(|line| line.contains("NotReady"));
    assert!(dead.is_some_and(|line| line.contains(&node)), "{node} is still Ready: {nodes}");
    assert!(up.says("world do zone-capacity zone=us-west-2a instances=0").starts_with("done: zone-capacity"));
    assert!(up.says("world speed 120x").contains("stands still"));
    assert!(up.says("world resume").contains("goes 120"));
    let ran = ended(
        up.command("world do")
            .args([
                "add-budget",
                "object=shop/ui-2",
                "selector={\"app\":\"ui\"}",
                "budget={\"minAvailable\":1}",
            ])
            .output(),
    );
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    assert_eq!(up.end("-TERM"), Some(0));
}
