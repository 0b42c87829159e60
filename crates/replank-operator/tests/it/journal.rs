//! It keeps to the contract of stores, and no object of it comes near the 1 MiB that one may have.

use std::time::Duration;

use kube::Client;
use replank_engine::journal::contract;
use replank_engine::journal::store::{Added, NewFact, NewRow, Store};
use replank_kube::{Access, connect};
use replank_lab::{Lab, Settings};
use replank_operator::api::definitions;
use replank_operator::journal::ClusterStore;
use serde_json::Value;
use tokio::runtime::Runtime;

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const RECORDS: &str = "/apis/replank.dev/v1alpha1/updaterecords";
const UPDATES: &str = "/apis/replank.dev/v1alpha1/nodegroupupdates";
/// Most bytes of an object, half of what etcd takes by default.
const OBJECT_MAX: usize = 512 << 10;

struct Place {
    lab: Lab,
    client: Client,
    runtime: Runtime,
}

impl Place {
    fn made() -> Self {
        let lab = Lab::start(&Settings::default()).unwrap();
        for definition in definitions() {
            lab.api().create(DEFINITIONS, &definition).unwrap();
        }
        // The API server says for a while that its storage of a new kind is coming up.
        for kind in [RECORDS, UPDATES] {
            lab.wait(Duration::from_mins(1), "the definitions", || Ok(lab.api().get(kind).is_ok())).unwrap();
        }
        let runtime = Runtime::new().unwrap();
        let access = Access { kubeconfig: Some(lab.kubeconfig()), context: None };
        let client = runtime.block_on(connect::connect(&access)).unwrap().client;
        Self { lab, client, runtime }
    }

    fn store(&self) -> ClusterStore {
        ClusterStore::new(self.client.clone(), self.runtime.handle().clone())
    }

    fn records(&self) -> Vec<Value> {
        self.lab.api().get(RECORDS).unwrap()["items"].as_array().unwrap().clone()
    }
}

#[test]
fn the_journal_in_a_cluster_keeps_to_the_contract_and_its_objects_are_bounded() {
    let place = Place::made();
    assert_eq!(contract::check(&mut place.store(), &mut place.store()), Ok(()));

    // An update of 5,000 nodes: batches of 100 nodes, whose facts of a turn are a few hundred.
    let mut store = place.store();
    let row = NewRow {
        id: "5f0c2b9e-7d5c-4f7e-9d2b-0c1a2b3c4d5e",
        workflow: "node_group",
        cluster: "c",
        group: "large",
        version: 1,
        spec: "{}",
        started_at: "2026-11-30T10:00:00Z",
    };
    assert_eq!(store.add(&row).unwrap(), Added::Yes);
    let fact = "{\"drained\":{\"instance\":\"i-0123456789abcdef0\"}}".repeat(3);
    let fact = NewFact { at: "2026-11-30T10:00:01.123456789Z".into(), version: 1, fact };
    let batch = vec![fact; 500];
    for turn in 0..50 {
        assert_eq!(store.append(row.id, turn * 500, &batch, None).unwrap(), Added::Yes, "turn {turn}");
    }
    let read = place.store().facts(row.id, 0).unwrap();
    assert_eq!(read.len(), 25_000);
    let largest = place.records().iter().map(|record| record.to_string().len()).max().unwrap();
    assert!(largest < OBJECT_MAX, "{largest} bytes");
    println!("{} objects, the largest of {largest} bytes", place.records().len());
}

#[test]
fn records_go_with_the_object_that_asked_for_the_update() {
    let place = Place::made();
    let object = serde_json::json!({
        "apiVersion": "replank.dev/v1alpha1", "kind": "NodeGroupUpdate", "metadata": {"name": "u"},
        "spec": {"nodeGroup": "g"},
    });
    let made = place.lab.api().create(UPDATES, &object).unwrap();
    let id = made["metadata"]["uid"].as_str().unwrap();
    let started_at = "2026-11-30T10:00:00Z";
    let (workflow, cluster, group) = ("node_group", "c", "g");
    let row = NewRow { id, workflow, cluster, group, version: 1, spec: "{}", started_at };
    let mut store = place.store();
    assert_eq!(store.add(&row).unwrap(), Added::Yes);
    let fact = NewFact { at: started_at.into(), version: 1, fact: "\"x\"".into() };
    assert_eq!(store.append(id, 0, &[fact], None).unwrap(), Added::Yes);
    assert_eq!(place.records().len(), 2);
    place.lab.api().delete(&format!("{UPDATES}/u")).unwrap();
    place
        .lab
        .wait(Duration::from_mins(2), "the collection of garbage", || Ok(place.records().is_empty()))
        .unwrap();
}
