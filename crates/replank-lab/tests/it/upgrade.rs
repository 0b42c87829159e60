//! A running control plane goes to the next minor in place.

use super::{PATIENCE, PODS, ZONES, deployment, pod_ready, running, until};
use replank_lab::build::{Minor, kubernetes_version};
use replank_lab::{Lab, Node, Part, Settings};
use serde_json::{Value, json};

const SHOP: &str = "/apis/apps/v1/namespaces/default/deployments/shop";

fn version(lab: &Lab) -> Value {
    lab.api().get("/version").unwrap()["gitVersion"].clone()
}

fn kubelets(lab: &Lab) -> Vec<String> {
    let nodes = lab.api().get("/api/v1/nodes").unwrap();
    let nodes = nodes["items"].as_array().unwrap();
    nodes.iter().map(|it| it["status"]["nodeInfo"]["kubeletVersion"].as_str().unwrap().to_owned()).collect()
}

fn refused(lab: &Lab, minor: Minor) -> String {
    format!("{:#}", lab.upgrade(minor).unwrap_err())
}

#[test]
fn a_running_control_plane_goes_to_the_next_minor_and_what_is_in_it_stays() {
    let lab = Lab::start(&Settings::default()).unwrap();
    lab.add_nodes(&Node::spread("workers", &ZONES, 2)).unwrap();
    lab.wait_for_ready_nodes(2).unwrap();
    lab.api()
        .create("/apis/apps/v1/namespaces/default/deployments", &deployment("shop", 2, &json!({})))
        .unwrap();
    until(&lab, SHOP, "the shop", |it| it["status"]["readyReplicas"] == 2);
    let pods = lab.api().get(PODS).unwrap();
    let (server, old) = (lab.server().to_owned(), kubernetes_version(Minor::V1_34));

    for (minor, said) in [
        (Minor::V1_37, "a control plane of 1.34 goes to the next minor, which is 1.35, and not to 1.37"),
        (Minor::V1_34, "a control plane of 1.34 goes to the next minor, which is 1.35, and not to 1.34"),
    ] {
        assert_eq!(refused(&lab, minor), said);
    }
    assert_eq!(version(&lab), format!("v{old}"));

    lab.upgrade(Minor::V1_35).unwrap();
    let new = kubernetes_version(Minor::V1_35);
    assert_eq!((lab.minor(), lab.server()), (Minor::V1_35, server.as_str()));
    assert_eq!(version(&lab), format!("v{new}"));
    assert_eq!(kubelets(&lab), vec![format!("v{old}"); 2]);
    let identities = |list: &Value| -> Vec<Value> {
        list["items"].as_array().unwrap().iter().map(|it| it["metadata"]["uid"].clone()).collect()
    };
    assert_eq!(identities(&lab.api().get(PODS).unwrap()), identities(&pods));

    // All of it works: the kubelets follow the new server, controllers make pods and the scheduler binds them.
    lab.add_nodes(&[Node::new("workers", ZONES[2])]).unwrap();
    lab.wait_for_ready_nodes(3).unwrap();
    assert!(kubelets(&lab).contains(&format!("v{new}")));
    lab.api().merge(SHOP, &json!({"spec": {"replicas": 4}})).unwrap();
    lab.wait(PATIENCE, "the new pods", || {
        let pods = lab.api().get(PODS)?;
        let pods = pods["items"].as_array().cloned().unwrap_or_default();
        Ok(pods.len() == 4 && pods.iter().all(|pod| running(pod) && pod_ready(pod)))
    })
    .unwrap();
    assert_eq!(lab.ended(), Vec::<String>::new());
    assert_eq!(
        refused(&lab, Minor::V1_37),
        "a control plane goes to the next minor, and the lab has none after 1.35"
    );
}

#[test]
fn when_a_part_of_the_new_minor_does_not_start_the_old_one_runs_again() {
    // A gate that 1.35 does not know any more.
    let gate = "--feature-gates=CronJobsScheduledAnnotation=true".to_owned();
    let settings = Settings { arguments: vec![(Part::ControllerManager, gate)], ..Settings::default() };
    let lab = Lab::start(&settings).unwrap();
    let said = refused(&lab, Minor::V1_35);
    assert!(said.starts_with("Kubernetes 1.34 runs again: kube-controller-manager has ended"), "{said}");
    assert!(said.contains("CronJobsScheduledAnnotation"), "{said}");
    assert_eq!(lab.minor(), Minor::V1_34);
    assert_eq!(version(&lab), format!("v{}", kubernetes_version(Minor::V1_34)));
    lab.add_nodes(&[Node::new("workers", ZONES[0])]).unwrap();
    lab.wait_for_ready_nodes(1).unwrap();
    assert_eq!(lab.ended(), Vec::<String>::new());
}
