//! `replank up` in front of a real control plane that is not there, or not for us.

use std::path::Path;

use replank_lab::{Lab, Node, Settings};

use crate::tool::{Scratch, command, ended};

/// Runs `replank up`, which must refuse with exit code 2; what it says.
fn refused(scratch: &Scratch, flags: &str) -> String {
    let mut up = command(&format!("up --data data {flags}"));
    let ran = ended(up.current_dir(scratch.path()).env("XDG_STATE_HOME", scratch.path()).output());
    assert_eq!(ran.code, Some(2), "{flags}: {}{}", ran.out, ran.err);
    ran.err
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn a_cluster_that_cannot_be_served_is_named_with_the_way_out() {
    let scratch = Scratch::new("real-up-errors");
    let lab = Lab::start(&Settings::default()).unwrap();
    let admin = shown(&lab.kubeconfig());
    let kwok = format!("--cloud kwok --kubeconfig {admin} --port 0");
    let said = refused(&scratch, &format!("--kubeconfig {admin}"));
    assert!(said.contains("--cloud is missing") && said.contains("replank drain"), "{said}");
    let said = refused(&scratch, &format!("--cloud aws --kubeconfig {admin}"));
    assert!(
        said.contains("EKS itself is the endpoint") && said.contains("replank upgrade nodegroup"),
        "{said}"
    );
    let said = refused(&scratch, &format!("{kwok} --context nope"));
    assert!(said.contains("--context nope") && said.contains("it has lab"), "{said}");
    let said = refused(&scratch, &format!("{kwok} --speed 60x"));
    assert!(said.contains("--speed") && said.contains("keeps its own time"), "{said}");
    let said = refused(&scratch, &kwok);
    assert!(said.contains("no nodes"), "{said}");

    let nodes = Node::spread("default", &["us-west-2a"], 1);
    lab.add_nodes(&nodes).unwrap();
    lab.wait_for_ready_nodes(1).unwrap();
    let nobody = lab.service_account("default", "nobody").unwrap().kubeconfig;
    let said = refused(&scratch, &format!("--cloud kwok --kubeconfig {}", shown(&nobody)));
    assert!(said.contains("create pods/eviction") && said.contains("kind: ClusterRole"), "{said}");
    assert!(said.contains("resources: [leases], verbs: [get, list, create, update, patch]"), "{said}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let said = refused(&scratch, &format!("--cloud kwok --kubeconfig {admin} --port {port}"));
    assert!(said.contains(&format!("--port {port}")), "{said}");

    let without_group = lab.add_nodes(&nodes).unwrap().remove(0);
    let said = refused(&scratch, &kwok);
    assert!(said.contains(&format!("knows nothing of {without_group}")), "{said}");

    let another = Lab::start(&Settings { name: "another".into(), ..Settings::default() }).unwrap();
    another.add_nodes(&nodes).unwrap();
    let said = refused(&scratch, &format!("--cloud kwok --kubeconfig {}", shown(&another.kubeconfig())));
    assert!(said.contains("the cloud of another cluster") && said.contains(lab.server()), "{said}");

    let text = std::fs::read_to_string(lab.kubeconfig()).unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    scratch.write("closed", text.replace(lab.server(), &format!("https://{closed}")));
    let said = refused(&scratch, "--cloud kwok --kubeconfig closed");
    assert!(said.contains(&closed.to_string()) && said.contains("context lab"), "{said}");
}
