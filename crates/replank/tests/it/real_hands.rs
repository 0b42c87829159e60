//! Other hands on the nodes of a real update: one that blinks, one that somebody deleted, closed or opened. None of it
//! ends the update or counts against the image, and each is named with who did it.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use std::collections::BTreeSet;
use std::fs::File;
use std::process::Child;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use replank_lab::is_ready;
use serde_json::{Value, json};

use crate::tool::command;
use crate::yard::{WORLD, Yard};

/// How long a launch has to join here: several times what it takes, and short, so that who counts it from the launch of
/// nodes that joined is soon out of patience.
const JOIN: SignedDuration = SignedDuration::from_secs(20);
/// What everything here may take: a node that is lost is replaced after `JOIN`.
const PATIENCE: Duration = Duration::from_mins(5);
const JOIN_SECONDS: &str = "lab.replank.dev/join-seconds";
const BUDGET: &str = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";
const AUTOSCALER: &str = "cluster-autoscaler";
const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";

/// A process that ends with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// An update that a budget holds: one old node is cordoned and cannot be emptied, and the new nodes are up.
struct Held {
    yard: Yard,
    update: Running,
    /// The old node that is being emptied.
    draining: String,
    /// The new nodes.
    new: BTreeSet<String>,
}

impl Held {
    fn begin(name: &str) -> Self {
        let yard = Yard::new(name);
        let limits = format!("deregistrationDelay: 1s, join: {}s", JOIN.as_secs());
        yard.scratch.write("world.yaml", WORLD.replace("deregistrationDelay: 1s", &limits));
        let told = File::create(yard.scratch.path().join("told")).unwrap();
        let mut update = command("upgrade nodegroup default --approve --cloud kwok -o json --stalls-from 0s");
        update.arg("--kubeconfig").arg(&yard.user).args(["--data", "data", "--world", "world.yaml"]);
        update.current_dir(yard.scratch.path()).stdout(told.try_clone().unwrap()).stderr(told);
        yard.lab.api().merge(BUDGET, &allowed(0)).unwrap();
        let update = Running(update.spawn().unwrap());
        let mut held = Self { yard, update, draining: String::new(), new: BTreeSet::new() };
        held.until_told(&["default/web"]);
        held.until("the new nodes", |held| held.ready_new().len() >= 3);
        held.new = held.ready_new();
        held.draining = held.yard.old.iter().find(|name| held.is_cordoned(name)).unwrap().clone();
        held
    }

    /// A node as it is; null when it is gone.
    fn node(&self, name: &str) -> Value {
        self.yard.lab.api().get(&format!("/api/v1/nodes/{name}")).unwrap_or_default()
    }

    fn zone(&self, name: &str) -> Value {
        self.node(name)["metadata"]["labels"]["topology.kubernetes.io/zone"].clone()
    }

    fn is_cordoned(&self, name: &str) -> bool {
        self.node(name)["spec"]["unschedulable"] == true
    }

    fn ready_new(&self) -> BTreeSet<String> {
        let ready = self.yard.nodes().into_iter().filter(is_ready);
        let names = ready.map(|node| node["metadata"]["name"].as_str().unwrap().to_owned());
        names.filter(|name| !self.yard.old.contains(name) && !self.yard.others.contains(name)).collect()
    }

    fn told(&self) -> String {
        std::fs::read_to_string(self.yard.scratch.path().join("told")).unwrap()
    }

    /// Waits until it is so.
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let lab = &self.yard.lab;
        let found = lab.wait(PATIENCE, what, || Ok(done(self)));
        assert!(found.is_ok(), "{found:?}: {}", self.told());
    }

    /// Waits until one line has all these words. An update that is over says nothing any more.
    fn until_told(&mut self, words: &[&str]) {
        let is_told = |told: &str| told.lines().any(|line| words.iter().all(|word| line.contains(word)));
        let begun = std::time::Instant::now();
        loop {
            let over = self.update.0.try_wait().unwrap().is_some();
            let told = self.told();
            if is_told(&told) {
                return;
            }
            assert!(!over && begun.elapsed() < PATIENCE, "never told: {words:?}\n{told}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Changes a node as a field manager of that name does, from what it is by then.
    fn change(&self, name: &str, by: &str, patch: impl Fn(&Value) -> Value) {
        let path = format!("/api/v1/nodes/{name}?fieldManager={by}");
        self.yard.until("the change is taken", || {
            let node = self.node(name);
            let mut patch = patch(&node);
            patch["metadata"]["resourceVersion"] = node["metadata"]["resourceVersion"].clone();
            let kind = "application/merge-patch+json";
            self.yard.lab.api().request("PATCH", &path, kind, &patch).unwrap().0 == 200
        });
    }

    /// Closes a node as a Cluster Autoscaler does that is about to remove it.
    fn close(&self, name: &str) {
        self.change(name, AUTOSCALER, |node| {
            let mut taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
            let value = Timestamp::now().as_second().to_string();
            taints.push(json!({"key": TO_BE_DELETED, "value": value, "effect": "NoSchedule"}));
            json!({"spec": {"unschedulable": true, "taints": taints}})
        });
    }

    /// Opens it, as one does whose drain failed.
    fn open(&self, name: &str) {
        // Managed fields count in seconds: two changes of one manager in one second are one.
        std::thread::sleep(Duration::from_millis(1_100));
        self.change(name, AUTOSCALER, |node| {
            let mut taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
            taints.retain(|taint| taint["key"] != TO_BE_DELETED);
            json!({"spec": {"unschedulable": null, "taints": taints}})
        });
    }

    /// Lets pods leave, one at a time.
    fn let_go(&self) {
        self.yard.lab.api().merge(BUDGET, &allowed(1)).unwrap();
    }

    /// Waits for the end, which is a good one: every node is new and open, the sizes are those from before, and nothing
    /// was held against the image. Answers what held it up, each by its kind and its node.
    fn ends_well(&mut self) -> BTreeSet<(String, String)> {
        self.until_told(&["\"type\":\"end\""]);
        let told = self.told();
        assert!(self.update.0.wait().unwrap().success(), "{told}");
        assert!(!told.contains("NodeCreationFailure"), "{told}");
        let nodes = self.yard.nodes();
        for node in &nodes {
            assert!(
                node["spec"].get("unschedulable").is_none() && node["spec"].get("taints").is_none(),
                "{node}"
            );
        }
        let ours = self.yard.ours();
        assert!(ours.len() == 3 && ours.is_disjoint(&self.yard.old), "{ours:?}");
        let end: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        let stalls = end["update"]["stalls"].as_array().unwrap().iter();
        stalls.map(|stall| (text(&stall["kind"]), text(&stall["node"]))).collect()
    }
}

fn allowed(count: u32) -> Value {
    json!({"spec": {"maxUnavailable": count}})
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn held_by(kind: &str, node: &str) -> (String, String) {
    (kind.to_owned(), node.to_owned())
}

/// One new node is deleted by somebody, another is not Ready for a moment, long after both had joined.
#[test]
fn a_new_node_that_blinks_or_is_deleted_is_no_fault_of_the_image() {
    let mut ship = Held::begin("real-hands-lost");
    let mut new = ship.new.clone().into_iter();
    let (deleted, blinks) = (new.next().unwrap(), new.next().unwrap());
    let instance = text(&ship.node(&deleted)["spec"]["providerID"]).rsplit('/').next().unwrap().to_owned();
    ship.yard.lab.remove_node(&deleted).unwrap();
    ship.until_told(&[&deleted, "had joined and is lost: its Node object was deleted"]);

    let is_older = |ship: &Held| {
        let made: Timestamp =
            ship.node(&blinks)["metadata"]["creationTimestamp"].as_str().unwrap().parse().unwrap();
        Timestamp::now().duration_since(made) > JOIN
    };
    ship.until("the node is older than its time to join", is_older);
    ship.change(&blinks, "somebody", |_| json!({"metadata": {"annotations": {JOIN_SECONDS: "never"}}}));
    ship.until_told(&[&blinks, "had joined and is lost: it is not Ready"]);
    ship.change(&blinks, "somebody", |_| json!({"metadata": {"annotations": {JOIN_SECONDS: null}}}));
    ship.until("the node is Ready again", |ship| is_ready(&ship.node(&blinks)));

    ship.let_go();
    ship.until_told(&[&format!("instance {instance} (no node, "), "it was lost and did not come back"]);
    let stalls = ship.ends_well();
    assert!(stalls.contains(&held_by("lost", &deleted)), "{stalls:?}");
    assert!(stalls.contains(&held_by("lost", &blinks)), "{stalls:?}");
}

/// An autoscaler opens an old node that is being emptied, and closes a new one.
#[test]
fn nodes_that_somebody_opens_or_closes_are_named_with_who_did_it() {
    let mut ship = Held::begin("real-hands-closed");
    let draining = ship.draining.clone();
    ship.close(&draining);
    ship.open(&draining);
    let opened = format!("node {draining} was cordoned for its drain and opened by {AUTOSCALER} at ");
    ship.until_told(&[&opened]);
    ship.until("it is cordoned again", |ship| ship.is_cordoned(&draining));

    // A zone whose old node nobody has touched yet.
    let others: BTreeSet<String> = ship
        .yard
        .names()
        .into_iter()
        .filter(|name| ship.yard.old.contains(name) && *name != draining)
        .collect();
    let old = others.first().unwrap().clone();
    let zone = ship.zone(&old);
    let closed = ship.new.iter().find(|name| ship.zone(name) == zone).unwrap().clone();
    ship.close(&closed);
    let what = format!("taint {TO_BE_DELETED}:NoSchedule by {AUTOSCALER}");
    ship.until_told(&[
        &format!("node {closed} is up and closed to pods"),
        &what,
        &format!("cordoned by {AUTOSCALER} at "),
    ]);

    ship.let_go();
    ship.until("the one in work is gone", |ship| !ship.yard.names().contains(&draining));
    ship.until_told(&["no further node is picked"]);
    // Its replacement comes, and nothing else goes while the new node of the zone serves nobody.
    ship.until("its replacement", |ship| ship.ready_new().len() > ship.new.len());
    std::thread::sleep(Duration::from_secs(3));
    assert!(ship.yard.names().is_superset(&others), "{}", ship.told());
    assert!(!others.iter().any(|name| ship.is_cordoned(name)), "{}", ship.told());

    ship.open(&closed);
    let stalls = ship.ends_well();
    assert!(stalls.contains(&held_by("uncordoned", &draining)), "{stalls:?}");
    assert!(stalls.contains(&held_by("closed", &closed)), "{stalls:?}");
    a_drain_by_hand_names_who_opened_its_node(&ship);
}

/// The same for `replank drain`, which closes the node again too.
fn a_drain_by_hand_names_who_opened_its_node(ship: &Held) {
    let lab = &ship.yard.lab;
    lab.api().merge(BUDGET, &allowed(0)).unwrap();
    let pods = lab.api().get("/api/v1/namespaces/default/pods").unwrap();
    let hosts: BTreeSet<String> =
        pods["items"].as_array().unwrap().iter().map(|pod| text(&pod["spec"]["nodeName"])).collect();
    let node = ship.yard.ours().into_iter().find(|name| hosts.contains(name)).unwrap();
    let path = ship.yard.scratch.path().join("drained");
    let out = File::create(&path).unwrap();
    let mut drain = command(&format!("drain {node} --approve --timeout 5m --kubeconfig"));
    drain.arg(&ship.yard.user).stdout(out.try_clone().unwrap()).stderr(out);
    let mut drain = Running(drain.spawn().unwrap());
    let until = |words: &str| {
        let told = || std::fs::read_to_string(&path).unwrap();
        let said = lab.wait(PATIENCE, words, || Ok(told().contains(words)));
        assert!(said.is_ok(), "{said:?}: {}", told());
    };
    until("is held by budget default/web");
    ship.close(&node);
    ship.open(&node);
    until(&format!("node {node} was cordoned for its drain and opened by {AUTOSCALER} at "));
    ship.yard.until("it is cordoned again", || ship.is_cordoned(&node));
    ship.let_go();
    until("Every node is drained and stays cordoned.");
    assert!(drain.0.wait().unwrap().success());
    let shown = ship.node(&node);
    assert!(shown["spec"]["unschedulable"] == true, "{shown}");
    assert!(
        shown["metadata"]["annotations"].get("replank.dev/marks").is_none(),
        "no update opens it: {shown}"
    );
}
