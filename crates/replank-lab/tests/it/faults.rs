//! Parts of a control plane fail and come back, and two labs do not feel each other.

use super::{PATIENCE, ZONES, until};
use replank_lab::{Lab, Node, Part, Settings};
use serde_json::json;

#[test]
fn what_was_killed_comes_back_and_the_neighbour_does_not_notice() {
    let neighbour = Lab::start(&Settings { name: "neighbour".to_owned(), ..Settings::default() }).unwrap();
    let lab = Lab::start(&Settings::default()).unwrap();
    assert_ne!(lab.server(), neighbour.server());
    assert_ne!(lab.directory(), neighbour.directory());
    let names = lab.add_nodes(&Node::spread("workers", &ZONES, 2)).unwrap();
    lab.wait_for_ready_nodes(2).unwrap();
    assert_eq!(neighbour.api().get("/api/v1/nodes").unwrap()["items"], json!([]));

    let mark = lab.audit().mark().unwrap();
    let server = lab.server().to_owned();
    lab.kill(Part::ApiServer).unwrap();
    assert!(lab.api().get("/api/v1/nodes").is_err());
    assert!(neighbour.api().get("/api/v1/nodes").is_ok());
    assert_eq!(lab.ended().len(), 1, "{:?}", lab.ended());
    lab.start_again(Part::ApiServer).unwrap();
    assert_eq!(lab.server(), server);

    // What was there is there, and the controllers go on: a new node joins.
    lab.remove_node(&names[0]).unwrap();
    lab.add_nodes(&Node::spread("workers", &ZONES, 2)).unwrap();
    lab.wait_for_ready_nodes(3).unwrap();
    let (events, _) = lab.audit().since(mark).unwrap();
    assert!(events.iter().any(|it| (it.verb(), it.name()) == ("delete", names[0].as_str())));

    lab.kill(Part::Etcd).unwrap();
    let ready =
        || lab.api().request("GET", "/readyz", "", &serde_json::Value::Null).map(|(status, _)| status);
    assert_eq!(ready().unwrap(), 500);
    lab.start_again(Part::Etcd).unwrap();
    lab.wait(PATIENCE, "the store", || Ok(ready()? == 200)).unwrap();
    lab.wait_for_ready_nodes(3).unwrap();

    lab.hang(Part::Kubelets).unwrap();
    let late = lab.add_nodes(&[Node::new("workers", ZONES[0])]).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let path = format!("/api/v1/nodes/{}", late[0]);
    assert!(!replank_lab::is_ready(&lab.api().get(&path).unwrap()));
    lab.go_on(Part::Kubelets).unwrap();
    until(&lab, &path, "the late node", replank_lab::is_ready);
    assert_eq!(lab.ended(), Vec::<String>::new());
}

#[test]
fn a_silent_node_is_lost() {
    let quick = [
        (Part::Kubelets, "--node-lease-duration-seconds=8"),
        (Part::ControllerManager, "--node-monitor-grace-period=10s"),
    ];
    let arguments = quick.map(|(part, argument)| (part, argument.to_owned())).into();
    let lab = Lab::start(&Settings { arguments, ..Settings::default() }).unwrap();
    let names = lab.add_nodes(&Node::spread("workers", &ZONES, 2)).unwrap();
    lab.wait_for_ready_nodes(2).unwrap();
    let path = |at: usize| format!("/api/v1/nodes/{}", names[at]);
    until(
        &lab,
        &format!("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{}", names[0]),
        "a lease",
        |it| it["spec"]["leaseDurationSeconds"] == 8,
    );
    lab.silence_node(&names[0]).unwrap();
    until(&lab, &path(0), "the node to be lost", |node| {
        let taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
        taints.iter().any(|it| it["key"] == "node.kubernetes.io/unreachable" && it["effect"] == "NoExecute")
    });
    assert!(replank_lab::is_ready(&lab.api().get(&path(1)).unwrap()));
}
