//! What becomes of an update when its replicas die, lose their Lease, their rights or the API server: under the roles that
//! are shipped, judged by the audit log.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use replank_lab::{Event, Mark, Part};
use serde_json::json;

use super::fleet::{Fleet, LEASES, Replica};
use crate::faults::judge;

/// Where a process may die in a turn.
const BOUNDARIES: [&str; 6] = ["observed", "decided", "recorded", "performing", "performed", "published"];
const BUDGET: &str = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";
const ACCOUNT: &str = "system:serviceaccount:replank:replank-operator";
/// Another replica goes on after this at the latest.
const TAKES_OVER: Duration = Duration::from_secs(15);
/// One that is asked to end gives its Lease back, and nobody waits for it to run out.
const HANDS_OVER: Duration = Duration::from_secs(6);
/// A process that should end has ended by then.
const ENDS: Duration = Duration::from_mins(2);

impl Replica {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{name}");
    }

    /// Waits until it ends by itself.
    fn ended(&mut self, fleet: &Fleet) {
        let begun = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < ENDS, "it goes on: {}", fleet.log("one"));
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Fleet {
    /// A replica under the roles that are shipped and no more.
    fn ours(&self, name: &str, port: u16, dies_at: Option<&str>) -> Replica {
        let access = self.lab.service_account("replank", "replank-operator").unwrap();
        let mut command = self.command(name, port, &access.kubeconfig);
        if let Some(boundary) = dies_at {
            command.env("REPLANK_DIE_AT", format!("{boundary}:3"));
        }
        let child: Child = command.spawn().unwrap();
        Replica(child)
    }

    fn acts(&self, name: &str) {
        self.until(&format!("{name} acts"), || self.log(name).contains(&format!("Replica {name} acts.")));
    }

    /// Whether anything may leave.
    fn budget(&self, unavailable: u32) {
        self.lab.api().merge(BUDGET, &json!({"spec": {"maxUnavailable": unavailable}})).unwrap();
    }
}

#[test]
fn an_update_ends_well_whatever_becomes_of_its_replicas() {
    let fleet = Fleet::launch();
    fleet.install();
    let before = fleet.nodes();
    fleet.declare("roll", &json!({"approved": true, "maxUnavailable": 1}));

    let mut deaths = 0;
    for boundary in BOUNDARIES {
        let mut replica = fleet.ours("one", 18_401, Some(boundary));
        replica.ended(&fleet);
        deaths += 1;
        if fleet.status("roll")["nodes"]["replaced"].as_u64() >= Some(2) {
            break;
        }
    }
    assert!(deaths >= 3, "{deaths} processes died");

    // From here on nothing can leave, so that the update is under way throughout.
    fleet.budget(0);
    let one = fleet.ours("one", 18_401, None);
    fleet.acts("one");
    fleet.works("one", "workers");
    // Whoever takes its place and is never heard of again is given up, and it takes another place.
    let place = format!("{LEASES}/replank.operator-1");
    fleet.lab.api().merge(&place, &json!({"spec": {"holderIdentity": "a thief"}})).unwrap();
    let holder = |place: &str| fleet.lab.api().get(place).unwrap()["spec"]["holderIdentity"].clone();
    fleet.until("another place", || {
        let another = fleet.lab.api().get(&format!("{LEASES}/replank.operator-2"));
        another.is_ok_and(|it| it["spec"]["holderIdentity"] == "one")
    });
    fleet.until("the thief is given up", || holder(&place).is_null());
    fleet.works("one", "workers");

    fleet.kubectl(&["delete", "clusterrolebinding", "replank-operator-act"]);
    std::thread::sleep(Duration::from_secs(3));
    fleet.install();
    fleet.lab.kill(Part::ApiServer).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    fleet.lab.start_again(Part::ApiServer).unwrap();
    fleet.until("the API server", || fleet.lab.api().get(LEASES).is_ok());

    fleet.hands_over(one);
    fleet.kubectl(&["wait", "--for=condition=Succeeded", "--timeout=300s", "ngu/roll"]);
    assert!(fleet.nodes().is_disjoint(&before));
    assert_eq!(fleet.marks(), Vec::<String>::new());
    fleet.judged();
}

impl Fleet {
    /// What one that comes is to do is handed to it. One that is stopped like a machine that hangs is replaced, and does
    /// nothing of that when it wakes; one that is asked to end gives way at once.
    fn hands_over(&self, _one: Replica) {
        self.works("one", "workers");
        let two = self.ours("two", 18_402, None);
        self.acts("two");
        // Between these two it is the second one's, by their names.
        let took = self.works("two", "workers");
        assert!(took < HANDS_OVER, "it took {took:?}");

        two.signal("-STOP");
        let took = self.works("one", "workers");
        assert!(took < TAKES_OVER, "it took {took:?}");
        two.signal("-CONT");
        self.works("two", "workers");

        two.signal("-TERM");
        let took = self.works("one", "workers");
        assert!(took < HANDS_OVER, "it took {took:?}");
        self.budget(1);
        self.kubectl(&["wait", "--for=condition=Succeeded", "--timeout=300s", "ngu/roll"]);
    }

    /// No pod was deleted outright, and no node went with a pod on it. The log lacks what a killed server was writing.
    fn judged(&self) {
        let (events, _) = self.lab.audit().since(Mark::default()).unwrap();
        let ours: Vec<&Event> = events.iter().filter(|event| event.user() == ACCOUNT).collect();
        let done = |event: &&&Event| event.status() < 300;
        let deleted =
            ours.iter().filter(done).filter(|it| it.verb().starts_with("delete") && it.resource() == "pods");
        assert_eq!(deleted.count(), 0, "pods leave by eviction only");
        assert!(ours.iter().filter(done).any(|it| it.resource() == "pods/eviction"), "nothing was judged");
        judge::no_node_went_with_a_pod(
            &self.lab,
            &ours.iter().map(|it| judge::id(it)).collect::<Vec<_>>(),
            1,
        );
    }
}
