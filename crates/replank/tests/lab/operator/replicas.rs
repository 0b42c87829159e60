//! Two replicas: one acts, and the other takes over from it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::fleet::Fleet;

/// A replica that was killed is replaced within this.
const TAKES_OVER: Duration = Duration::from_secs(15);

#[test]
fn a_killed_replica_is_replaced_in_time_and_the_update_ends_well() {
    let fleet = Fleet::launch();
    let first = fleet.replica("first", 18_395, &[]);
    fleet.until("the first one acts", || fleet.log("first").contains("Replica first acts."));
    let _second = fleet.replica("second", 18_396, &[]);
    let before = fleet.nodes();
    fleet.declare("roll", &json!({"approved": true}));
    fleet.until("a node in work", || fleet.status("roll")["nodes"]["inWork"].as_u64() > Some(0));
    assert!(!fleet.log("second").contains("acts."), "one acts at a time");

    drop(first);
    let killed = Instant::now();
    let generation = || {
        let lease = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/replank-workers";
        fleet.lab.api().get(lease).unwrap()["metadata"]["resourceVersion"].clone()
    };
    let held = generation();
    // The lease of the node group is written again by who takes over, before its first act.
    fleet.until("the second one acts", || generation() != held);
    let took = killed.elapsed();
    assert!(took < TAKES_OVER, "it took {took:?}");
    fleet.kubectl(&["wait", "--for=condition=Succeeded", "--timeout=300s", "ngu/roll"]);
    assert!(fleet.nodes().is_disjoint(&before));
    assert_eq!(fleet.marks(), Vec::<String>::new());
    println!("a killed replica was replaced after {:.1} s", took.as_secs_f64());
}
