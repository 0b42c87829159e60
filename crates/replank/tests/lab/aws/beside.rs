//! A mixed instances policy under an autoscaler: "what the group launches now" is the wish, the growth of the autoscaler
//! stays, it takes no new node before its time, and its Deployment stands still for as long as that was asked for.

use replank_lab::aws::{Autoscaler, Group, Launches, images};
use serde_json::{Value, json};

use super::stage::{Running, Stage, list};

/// The Deployment of an autoscaler that nobody runs here.
const DEPLOYMENT: &str = "-n kube-system create deployment cluster-autoscaler --replicas=2 \
                          --image=registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.1";

#[test]
fn the_growth_of_an_autoscaler_stays_and_it_removes_no_new_node() {
    let launches = Launches::Mixed(vec!["m6i.large".into(), "m5.large".into()]);
    let group = Group { launches, sizes: [2, 3, 8], version: "$Latest".into(), ..Group::new("workers", 3) };
    let stage = Stage::launch(group);
    stage.kubectl(DEPLOYMENT);
    stage.until("the Deployment", || stage.replicas() == (json!(2), json!(2)));
    let (template, data) = (&stage.made.template, format!("ImageId={}", images::NEW));
    let version = "ec2 create-launch-template-version --source-version 1 --launch-template-id";
    stage.account.aws(&format!("{version} {template} --launch-template-data {data}")).unwrap();

    let beside = Autoscaler { api: stage.lab.api(), account: &stage.account, group: "workers" };
    let mut update = stage.begin("--max-unavailable 2 --suspend-autoscaler");
    stage.until("a new node", || stage.instances_of_nodes().len() > 3);
    assert_eq!(stage.replicas().0, json!(0), "it stands still: {}", stage.told());
    beside.grow(1).unwrap();
    // Empty new nodes are what it removes first.
    while is_running(&mut update) {
        // Old ones in work may go to either: they are drained.
        let before = &stage.instances_of_nodes() - &stage.old;
        std::thread::sleep(std::time::Duration::from_secs(3));
        if is_running(&mut update) {
            assert_eq!(beside.remove_unneeded(&before).unwrap(), None, "{}", stage.told());
        }
    }
    assert_eq!(stage.ended(&mut update), Some(0), "{}", stage.told());
    stage.judge();
    assert_eq!(stage.account.sizes("workers").unwrap(), [2, 4, 8], "one more than before: {}", stage.told());
    stage.until("four nodes", || stage.members().len() == 4 && stage.instances_of_nodes() == stage.members());
    stage.nodes_are_open();
    assert_eq!(stage.replicas().0, json!(2), "given back: {}", stage.told());
    assert_eq!(stage.versions(), [1, 2], "there was a version for it, which is nobody's to delete");
    let group = stage.account.group("workers").unwrap();
    let policy = &group["MixedInstancesPolicy"]["LaunchTemplate"];
    assert_eq!(list(&policy["Overrides"]).len(), 2, "{group}");
    assert_eq!(policy["LaunchTemplateSpecification"]["Version"], "$Latest", "{group}");
}

fn is_running(update: &mut Running) -> bool {
    update.0.try_wait().unwrap().is_none()
}

impl Stage {
    /// Replicas that the autoscaler's Deployment asks for, and those that are ready.
    fn replicas(&self) -> (Value, Value) {
        let told = self
            .lab
            .api()
            .get("/apis/apps/v1/namespaces/kube-system/deployments/cluster-autoscaler")
            .unwrap();
        let noted = told["metadata"]["annotations"].as_object();
        let ours = noted.is_some_and(|noted| noted.keys().any(|key| key.starts_with("replank.dev/")));
        assert_eq!(
            ours,
            told["spec"]["replicas"] == json!(0),
            "a note for as long as it stands still: {told}"
        );
        (told["spec"]["replicas"].clone(), told["status"]["readyReplicas"].clone())
    }
}
