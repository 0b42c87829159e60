//! Two replicas share the updates: each runs some, and one goes on with those of the other when that is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use replank_lab::{Event, Mark, Node};
use serde_json::{Value, json};

use super::fleet::{Fleet, LEASES, Replica};

/// What a replica did that was killed is done by another one within this.
const TAKES_OVER: Duration = Duration::from_secs(15);

impl Fleet {
    /// Who holds the lease of a node group.
    pub(super) fn holder(&self, group: &str) -> Value {
        let lease = self.lab.api().get(&format!("{LEASES}/replank-{group}"));
        lease.map_or(Value::Null, |lease| lease["spec"]["holderIdentity"].clone())
    }

    /// Waits until a replica works on a node group; how long that took.
    pub(super) fn works(&self, replica: &str, group: &str) -> Duration {
        let (begun, wanted) = (Instant::now(), format!("replank operator {replica}"));
        self.until(&format!("{replica} works on {group}"), || self.holder(group) == wanted.as_str());
        begun.elapsed()
    }

    /// Which replica runs an update, as its object says it.
    fn replica_of(&self, update: &str) -> Option<String> {
        self.status(update)["replica"].as_str().map(str::to_owned)
    }
}

#[test]
fn updates_are_spread_and_those_of_a_killed_replica_end_well_at_the_other() {
    let fleet = Fleet::launch();
    fleet.lab.add_nodes(&Node::spread("gpu", &["us-west-2a", "us-west-2b"], 4)).unwrap();
    fleet.lab.wait_for_ready_nodes(8).unwrap();
    let first = fleet.replica("first", 18_395, &[]);
    let second = fleet.replica("second", 18_396, &["--dashboard", "127.0.0.1:18399"]);
    for name in ["first", "second"] {
        fleet.until(name, || fleet.log(name).contains(&format!("Replica {name} acts.")));
    }
    let before = fleet.nodes();
    let mark = fleet.lab.audit().mark().unwrap();
    for group in ["workers", "gpu"] {
        fleet.declare(group, &json!({"approved": true, "nodeGroup": group, "maxUnavailable": 1}));
    }
    // Who does what follows from the names of groups and replicas.
    fleet.works("second", "workers");
    fleet.works("first", "gpu");
    for (update, replica) in [("workers", "second"), ("gpu", "first")] {
        fleet.until("a node in work", || fleet.status(update)["nodes"]["inWork"].as_u64() > Some(0));
        assert_eq!(fleet.replica_of(update).as_deref(), Some(replica));
    }
    let shown = fleet.kubectl(&["get", "ngu"]);
    assert!(shown.contains("REPLICA") && shown.contains("first") && shown.contains("second"), "{shown}");
    fleet.says_who_runs_what();

    drop(first);
    let took = fleet.works("second", "gpu");
    assert!(took < TAKES_OVER, "it took {took:?}");
    fleet.kubectl(&["wait", "--for=condition=Succeeded", "--timeout=400s", "ngu/workers", "ngu/gpu"]);
    assert!(fleet.nodes().is_disjoint(&before));
    assert_eq!(fleet.marks(), Vec::<String>::new());
    drop::<Replica>(second);
    evicted_once(&fleet, mark);
    println!("what a killed replica did was gone on with after {:.1} s", took.as_secs_f64());
}

impl Fleet {
    /// The dashboard of one replica names the other one for what that runs.
    fn says_who_runs_what(&self) {
        let site = super::browser::Site(18_399);
        self.kubectl(&["create", "serviceaccount", "jim"]);
        let token = self.kubectl(&["create", "token", "jim"]).trim().to_owned();
        self.until("the dashboard", || {
            let page = site.with(&token, "GET", "/dashboard", "");
            page.body.contains("run by replica first")
        });
    }
}

/// No pod was evicted twice, by whomever.
fn evicted_once(fleet: &Fleet, mark: Mark) {
    let (events, _) = fleet.lab.audit().since(mark).unwrap();
    let evictions = events.iter().filter(|it| {
        it.complete() && it.verb() == "create" && it.resource() == "pods/eviction" && it.status() < 300
    });
    let names: Vec<&str> = evictions.map(Event::name).collect();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    names.iter().for_each(|name| *counts.entry(name).or_default() += 1);
    let twice: BTreeSet<&str> =
        counts.into_iter().filter(|(_, count)| *count > 1).map(|(it, _)| it).collect();
    assert!(names.len() >= 6 && twice.is_empty(), "evicted twice: {twice:?} of {names:?}");
}
