//! A lab with nodes runs an application.

use replank_lab::{Lab, Node, Settings};
use std::time::Duration;

const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];

#[test]
fn an_application_runs_on_nodes_in_three_zones() {
    let lab = Lab::start(&Settings::default()).unwrap();
    let names = lab.add_nodes(&Node::spread("workers", &ZONES, 6)).unwrap();
    assert_eq!(names.len(), 6);
    lab.wait_for_ready_nodes(6).unwrap();
    let version = lab.api().get("/version").unwrap();
    assert_eq!(version["gitVersion"], "v1.34.4");
    let mut create = lab.kubectl();
    create.args(["create", "deployment", "shop", "--image=shop:1", "--replicas=6"]);
    assert!(create.status().unwrap().success());
    lab.wait(Duration::from_mins(1), "the deployment", || {
        let shop = lab.api().get("/apis/apps/v1/namespaces/default/deployments/shop")?;
        Ok(shop["status"]["readyReplicas"] == 6)
    })
    .unwrap();
}
