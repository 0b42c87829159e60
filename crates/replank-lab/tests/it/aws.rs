//! The account of moto, faults in front of it, and its instances as nodes: judged by `aws`, `kubectl` and boto3.

use super::machine::listens;
use super::{PATIENCE, deployment, until};
use replank_lab::aws::{Account, Autoscaler, Faults, Group, Joins, Kubelets, Launches, Moto, Pace, images};
use replank_lab::{Lab, Settings, is_ready};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const QUICK: Joins = Joins::After(Duration::ZERO);

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// Instances of the nodes that are Ready.
fn ready(lab: &Lab) -> BTreeSet<String> {
    let nodes = lab.api().get("/api/v1/nodes").unwrap();
    let ready = items(&nodes["items"]).iter().filter(|node| is_ready(node));
    ready
        .map(|node| node["spec"]["providerID"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
        .collect()
}

/// Members of a group that serve, with the zone of each.
fn serving(account: &Account, group: &str) -> Vec<(String, String)> {
    let group = account.group(group).unwrap();
    let serving = items(&group["Instances"]).iter().filter(|it| it["LifecycleState"] == "InService");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    serving.map(|it| (text(&it["InstanceId"]), text(&it["AvailabilityZone"]))).collect()
}

fn node_of(lab: &Lab, instance: &str) -> Value {
    let nodes = lab.api().get("/api/v1/nodes").unwrap();
    let ends = |node: &&Value| node["spec"]["providerID"].as_str().unwrap().ends_with(instance);
    items(&nodes["items"]).iter().find(ends).unwrap().clone()
}

/// What an operator does without replank: more nodes of a new template version, the old ones drained and terminated.
#[test]
fn a_group_whose_nodes_are_replaced_by_hand() {
    let lab = Lab::start(&Settings::default()).unwrap();
    let moto = Moto::start(Pace::default()).unwrap();
    let account = Account::at(moto.url());
    let kubelets = Kubelets::start(&lab, &moto, QUICK).unwrap();
    let made = Group::new("workers", 3).create(&account).unwrap();
    lab.wait_for_ready_nodes(3).unwrap();
    let old = ready(&lab);
    let zones: BTreeSet<String> = serving(&account, "workers").into_iter().map(|(_, zone)| zone).collect();
    assert_eq!(zones.len(), 3, "balanced: {zones:?}");
    assert_node_is_its_instance(&lab, &account, old.first().unwrap());
    lab.api()
        .create("/apis/apps/v1/namespaces/default/deployments", &deployment("web", 3, &json!({})))
        .unwrap();

    let template = &made.template;
    account
        .aws(&format!(
            "ec2 create-launch-template-version --launch-template-id {template} --source-version 1 \
             --launch-template-data ImageId={}",
            images::NEW
        ))
        .unwrap();
    let update = "autoscaling update-auto-scaling-group --auto-scaling-group-name workers";
    account.aws(&format!("{update} --launch-template LaunchTemplateId={template},Version=2")).unwrap();
    account.aws(&format!("{update} --min-size 3 --max-size 6 --desired-capacity 6")).unwrap();
    lab.wait_for_ready_nodes(6).unwrap();
    for id in &old {
        let node = node_of(&lab, id);
        let drain = lab
            .kubectl()
            .args([
                "drain",
                node["metadata"]["name"].as_str().unwrap(),
                "--ignore-daemonsets",
                "--timeout=60s",
            ])
            .output()
            .unwrap();
        assert!(drain.status.success(), "{}", String::from_utf8_lossy(&drain.stderr));
        account
            .aws(&format!(
                "autoscaling terminate-instance-in-auto-scaling-group --instance-id {id} \
                 --should-decrement-desired-capacity"
            ))
            .unwrap();
    }
    lab.wait(PATIENCE, "the old nodes to go", || Ok(ready(&lab).is_disjoint(&old))).unwrap();
    assert_eq!(account.sizes("workers").unwrap(), [3, 3, 6]);
    assert_eq!(ready(&lab).len(), 3);
    let told =
        account.aws("ec2 describe-instances --filters Name=instance-state-name,Values=running").unwrap();
    for instance in items(&told["Reservations"]).iter().flat_map(|it| items(&it["Instances"])) {
        assert_eq!(instance["ImageId"], images::NEW);
        assert_eq!(items(&instance["SecurityGroups"]).len(), 1, "carried over: {instance}");
        let tags = items(&instance["Tags"]);
        assert!(
            tags.iter().any(|tag| tag["Key"] == "team" && tag["Value"] == "shop"),
            "carried over: {tags:?}"
        );
    }
    let refused = account.aws(&format!("{update} --min-size 4 --max-size 3")).unwrap_err().to_string();
    assert!(refused.contains("ValidationError"), "{refused}");
    assert_deleted_versions_are_gone(&account, template);
    assert_eq!(kubelets.trouble(), Vec::<String>::new());
}

/// Version 2, which a group points at, is deleted all the same, as on AWS; the default is not.
fn assert_deleted_versions_are_gone(account: &Account, template: &str) {
    let versions = format!("--launch-template-id {template} --versions");
    let deleted = account.aws(&format!("ec2 delete-launch-template-versions {versions} 1 2")).unwrap();
    assert_eq!(items(&deleted["SuccessfullyDeletedLaunchTemplateVersions"])[0]["VersionNumber"], 2);
    assert_eq!(
        items(&deleted["UnsuccessfullyDeletedLaunchTemplateVersions"])[0]["VersionNumber"],
        1,
        "the default"
    );
    let left = account.aws(&format!("ec2 describe-launch-template-versions {versions} $Latest")).unwrap();
    assert_eq!(left["LaunchTemplateVersions"][0]["VersionNumber"], 1);
    assert!(account.aws(&format!("ec2 describe-launch-template-versions {versions} 2")).is_err());
}

/// Name, zone, provider id and labels of a node are those that EC2 tells of its instance.
fn assert_node_is_its_instance(lab: &Lab, account: &Account, id: &str) {
    let told = account.aws(&format!("ec2 describe-instances --instance-ids {id}")).unwrap();
    let instance = &told["Reservations"][0]["Instances"][0];
    let node = node_of(lab, id);
    let name = &instance["PrivateDnsName"];
    let zone = instance["Placement"]["AvailabilityZone"].as_str().unwrap();
    assert!(name.as_str().unwrap().ends_with(".us-west-2.compute.internal"), "{name}");
    assert_eq!(node["metadata"]["name"], *name);
    assert_eq!(node["spec"]["providerID"], format!("aws:///{zone}/{id}"));
    let labels = &node["metadata"]["labels"];
    assert_eq!(labels["topology.kubernetes.io/zone"], zone);
    assert_eq!(labels["kubernetes.io/hostname"], *name);
    assert_eq!(labels["node.kubernetes.io/instance-type"], instance["InstanceType"]);
    assert!(labels.get("eks.amazonaws.com/nodegroup").is_none(), "EKS does not manage it: {labels}");
}

/// Images whose nodes never come, an autoscaler's acts, and what else a group can launch from.
#[test]
fn instances_that_never_become_nodes_and_an_autoscaler() {
    let lab = Lab::start(&Settings::default()).unwrap();
    let moto = Moto::start(Pace { pending: 0.5, terminating: 0.5 }).unwrap();
    let account = Account::at(moto.url());
    let kubelets = Kubelets::start(&lab, &moto, QUICK).unwrap();
    kubelets.image(images::OWN, Joins::Never);
    kubelets.image(images::FAR_BEHIND, Joins::NeverReady(Duration::ZERO));
    let mixed = Launches::Mixed(vec!["m5.large".into(), "m6i.large".into()]);
    Group { launches: mixed, sizes: [0, 1, 3], ..Group::new("mixed", 1) }.create(&account).unwrap();
    let one_zone = vec!["us-west-2b".to_owned()];
    let own = Group { image: images::OWN.into(), zones: one_zone, sizes: [1, 2, 4], ..Group::new("own", 1) };
    own.create(&account).unwrap();
    let launches = Launches::Configuration;
    Group { launches, image: images::FAR_BEHIND.into(), ..Group::new("lc", 1) }.create(&account).unwrap();
    lab.wait(PATIENCE, "members", || {
        let nodes = lab.api().get("/api/v1/nodes")?;
        Ok(items(&nodes["items"]).len() == 2 && ready(&lab).len() == 1 && serving(&account, "own").len() == 2)
    })
    .unwrap();
    assert!(serving(&account, "own").iter().all(|(_, zone)| zone == "us-west-2b"));

    let beside = Autoscaler { api: lab.api(), account: &account, group: "own" };
    assert_eq!(beside.remove_unregistered().unwrap().len(), 1, "down to the minimum and no further");
    assert_eq!(account.sizes("own").unwrap(), [1, 1, 4]);
    let beside = Autoscaler { group: "mixed", ..beside };
    beside.grow(1).unwrap();
    assert_eq!(account.sizes("mixed").unwrap(), [0, 2, 3]);
    lab.wait_for_ready_nodes(2).unwrap();
    let launch = "autoscaling launch-instances --auto-scaling-group-name mixed --requested-capacity 1";
    let launched =
        |zone: &str| account.aws(&format!("{launch} --client-token t-{zone} --availability-zones {zone}"));
    let tag = "Key=moto-world:no-capacity,Value=us-west-2c,PropagateAtLaunch=false";
    let of = "ResourceId=mixed,ResourceType=auto-scaling-group";
    account.aws(&format!("autoscaling create-or-update-tags --tags {of},{tag}")).unwrap();
    assert_eq!(launched("us-west-2c").unwrap()["Errors"][0]["ErrorCode"], "InsufficientInstanceCapacity");
    let once = launched("us-west-2a").unwrap();
    assert_eq!(once["Instances"][0]["AvailabilityZone"], "us-west-2a");
    assert_eq!(launched("us-west-2a").unwrap(), once, "one token, one launch");
    assert_eq!(account.sizes("mixed").unwrap(), [0, 3, 3]);
    assert!(launched("us-west-2b").is_err(), "no room");
    lab.wait_for_ready_nodes(3).unwrap();
    let kept = node_of(&lab, &serving(&account, "mixed")[0].0);
    let kept = kept["metadata"]["name"].as_str().unwrap();
    let disabled = json!({"metadata": {"annotations": {"cluster-autoscaler.kubernetes.io/scale-down-disabled": "true"}}});
    lab.api().merge(&format!("/api/v1/nodes/{kept}"), &disabled).unwrap();
    let there: BTreeSet<String> = serving(&account, "mixed").into_iter().map(|it| it.0).collect();
    let removed = beside.remove_unneeded(&there).unwrap().unwrap();
    assert_ne!(removed, kept);
    until(&lab, "/api/v1/nodes", "its node to go", |nodes| {
        items(&nodes["items"]).iter().all(|node| node["metadata"]["name"] != *removed)
    });
    beside.remove_unneeded(&there).unwrap().unwrap();
    assert_eq!(beside.remove_unneeded(&there).unwrap(), None, "only the one that is forbidden is left");
    assert_eq!(account.sizes("mixed").unwrap(), [0, 1, 3]);
    assert_eq!(kubelets.trouble(), Vec::<String>::new());
}

#[test]
fn faults_are_what_clients_take_for_those_of_aws_and_each_call_is_noted() {
    let moto = Moto::as_released().unwrap();
    let throttled = json!({"service": "autoscaling", "operation": "DescribeAutoScalingGroups",
        "error": {"code": "Throttling"}, "times": 1});
    let lost =
        json!({"service": "ec2", "operation": "CreateKeyPair", "response": {"abort_frac": 0.0}, "times": 1});
    let faults = Faults::before(&moto, &[throttled, lost]).unwrap();
    let account = Account::at(faults.url());
    // Its own retries pass over both; the second time the key is there already.
    let told = account.aws("autoscaling describe-auto-scaling-groups").unwrap();
    assert_eq!(told["AutoScalingGroups"], json!([]));
    let refused = account.aws("ec2 create-key-pair --key-name lost").unwrap_err().to_string();
    assert!(refused.contains("InvalidKeyPair.Duplicate"), "{refused}");
    let calls = faults.calls().unwrap();
    let told: Vec<(&str, bool)> =
        calls.iter().map(|it| (it.operation.as_str(), it.fault.is_some())).collect();
    let twice = |operation| [(operation, true), (operation, false)];
    assert_eq!(told, [twice("DescribeAutoScalingGroups"), twice("CreateKeyPair")].concat());
    faults.forget().unwrap();
    assert_eq!(faults.calls().unwrap(), []);
    let urls = [faults.url(), moto.url()].map(str::to_owned);
    drop((faults, moto));
    for url in urls {
        assert!(!listens(&url), "{url} is left");
    }
}
