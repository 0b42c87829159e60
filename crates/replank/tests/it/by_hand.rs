//! Two acts of ours on one node know of each other: drains by hand, and whoever acts on a node group. The API server is
//! that of an embedded cluster, the leases in it are those of any.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use replank_core::names::{NodeGroupName, NodeName};
use replank_core::observed::{Hold, Observation};
use replank_engine::ports::Cluster;
use replank_kube::hand;
use replank_kube::lease::Lease;
use replank_kube::{Access, Cache, Connection, KubeClusterPort, NodeScope, connect};
use tokio::runtime::Runtime;

use crate::served::{PATIENCE, Up};
use crate::tool::{Ran, Scratch, ended};

/// A cluster that is served, and us before its API server.
struct Harbour {
    up: Up,
    runtime: Runtime,
    connection: Connection,
    nodes: Vec<String>,
}

impl Harbour {
    fn new(scratch: &Scratch) -> Self {
        let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
        let runtime = Runtime::new().unwrap();
        let access = Access { kubeconfig: Some(PathBuf::from(up.told("KUBECONFIG"))), context: None };
        let connection = runtime.block_on(connect::connect(&access)).unwrap();
        let nodes = runtime.block_on(replank_kube::nodes::names(&connection.client, None)).unwrap();
        let nodes = nodes.iter().map(ToString::to_string).collect();
        Self { up, runtime, connection, nodes }
    }

    fn drain(&self, node: &str, more: &str) -> Ran {
        ended(self.up.command(&format!("drain {node} {more} --delete-emptydir-data --force")).output())
    }

    fn notes(&self) -> Vec<hand::HandDrain> {
        self.runtime.block_on(hand::drains(&self.connection.client)).unwrap()
    }

    fn is_cordoned(&self, node: &str) -> bool {
        let said = self.up.client("kubectl", &["get", "node", node, "-o", "jsonpath={.spec.unschedulable}"]);
        said.contains("true")
    }

    /// Lets the last word of every note be an hour old, as after a kill.
    fn silence(&self) {
        let names = self.up.client("kubectl", &["-n", "kube-system", "get", "lease", "-o", "name"]);
        for name in names.lines().filter(|name| name.contains("replank")) {
            let patch = "{\"spec\": {\"renewTime\": \"2026-01-01T00:00:00.000000Z\"}}";
            self.up.client("kubectl", &["-n", "kube-system", "patch", name, "--type", "merge", "-p", patch]);
        }
    }
}

#[test]
fn a_drain_refuses_what_an_update_or_another_drain_acts_on() {
    let scratch = Scratch::new("by-hand");
    let harbour = Harbour::new(&scratch);
    let client = &harbour.connection.client;
    let node = harbour.nodes[0].as_str();

    // An update, or the deletion of the group, holds the group.
    let lease = harbour.runtime.block_on(Lease::take(client, "default", "ship-7")).unwrap();
    let planned = harbour.drain(node, "");
    assert_eq!(planned.code, Some(4), "{}{}", planned.out, planned.err);
    let refused = harbour.drain(node, "--approve");
    let said = "1 of the cluster's 3 nodes:\n";
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), said), "{}", refused.err);
    for said in [planned.out, refused.err] {
        let wanted = format!("node {node} belongs to node group default, and ship-7 acts on that group");
        assert!(said.contains(&wanted) && said.contains("leave the node out"), "{said}");
    }
    assert!(!harbour.is_cordoned(node), "nothing was touched");
    assert_eq!(harbour.notes(), [], "its note is taken back");
    harbour.runtime.block_on(lease.release());

    // Another drain has the node; a third one of another node is nobody's business.
    let nodes = BTreeSet::from([NodeName::from(node)]);
    let note = harbour.runtime.block_on(hand::note(client, "process 1 on ship", &nodes)).unwrap();
    let refused = harbour.drain(node, "--approve");
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    let wanted = format!("node {node} is being drained by process 1 on ship since ");
    assert!(refused.err.contains(&wanted), "{}", refused.err);
    // Whether its pods find another node in time is not the question: it begins.
    let begins = |ran: &Ran| ran.out.contains("is cordoned") && matches!(ran.code, Some(0 | 1));
    let other = harbour.drain(&harbour.nodes[1], "--approve --timeout 1s");
    assert!(begins(&other), "{}{}", other.out, other.err);
    assert_eq!(harbour.notes().len(), 1, "ended drains are forgotten");

    // Its process is killed: nobody waits for it for ever. The next drain writes over its note.
    drop(note);
    harbour.silence();
    let drained = harbour.drain(node, "--approve --timeout 1s");
    assert!(begins(&drained), "{}{}", drained.out, drained.err);
    let left = harbour.up.client("kubectl", &["-n", "kube-system", "get", "lease", "-o", "name"]);
    assert!(left.matches("replank.drain-").count() <= 2, "{left}");
}

#[test]
fn a_drain_that_is_killed_is_forgotten_and_one_that_lives_is_not() {
    let scratch = Scratch::new("by-hand-killed");
    let harbour = Harbour::new(&scratch);
    let node = harbour.nodes[0].as_str();
    // Nothing of the shop may leave, so that the drain waits.
    let patch = "{\"spec\": {\"minAvailable\": 99, \"maxUnavailable\": null}}";
    for budget in harbour.up.client("kubectl", &["-n", "shop", "get", "pdb", "-o", "name"]).lines() {
        harbour.up.client("kubectl", &["-n", "shop", "patch", budget, "--type", "merge", "-p", patch]);
    }
    let mut first = harbour.up.command(&format!("drain {node} --approve --delete-emptydir-data --force"));
    let mut first = first.stdout(std::process::Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while harbour.notes().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "the drain is never noted");
        std::thread::sleep(Duration::from_millis(50));
    }
    let by = format!("process {} on ", first.id());
    let second = harbour.drain(node, "--approve");
    assert_eq!(second.code, Some(2), "{}", second.err);
    assert!(second.err.contains(&by), "{}", second.err);
    first.kill().unwrap();
    let _killed = first.wait();
    assert!(harbour.notes().iter().any(|drain| drain.by.starts_with(&by)), "it said so a moment ago");
    harbour.silence();
    assert_eq!(harbour.notes(), []);
    let third = harbour.drain(node, "--approve --timeout 1s");
    assert_eq!(third.code, Some(1), "{}{}", third.out, third.err);
}

#[test]
fn an_update_sees_a_drain_by_hand_until_it_ends() {
    let scratch = Scratch::new("by-hand-seen");
    let harbour = Harbour::new(&scratch);
    let client = &harbour.connection.client;
    let node = NodeName::from(harbour.nodes[0].as_str());
    let cache = Cache::start(client, harbour.runtime.handle());
    let mut side =
        KubeClusterPort::new(client.clone(), cache, NodeScope::Group(NodeGroupName::from("default")));
    let mut seen = Observation::default();
    let held = |seen: &Observation| -> Vec<(NodeName, Hold)> {
        let nodes = seen.members.iter().filter_map(|(_, member)| member.node.as_ref());
        nodes.filter_map(|node| Some((node.name.clone(), node.hold.clone()?))).collect()
    };
    let nodes = BTreeSet::from([node.clone()]);
    let note = harbour.runtime.block_on(hand::note(client, "process 1 on ship", &nodes)).unwrap();
    harbour.runtime.block_on(side.observe(&mut seen)).unwrap();
    assert_eq!(held(&seen), [], "nobody looked");
    side.look_for_drains();
    harbour.runtime.block_on(side.observe(&mut seen)).unwrap();
    let found = held(&seen);
    assert!(
        matches!(&found[..], [(name, Hold::Drain { by, .. })] if *name == node && by == "process 1 on ship"),
        "{found:?}"
    );
    // It goes on looking by itself, and a drain that ended holds nothing.
    harbour.runtime.block_on(note.release());
    let begun = Instant::now();
    while !held(&seen).is_empty() {
        assert!(begun.elapsed() < PATIENCE, "the node is held for ever");
        std::thread::sleep(Duration::from_millis(200));
        harbour.runtime.block_on(side.observe(&mut seen)).unwrap();
    }
}
