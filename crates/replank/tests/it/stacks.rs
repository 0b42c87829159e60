//! Stacks of node groups as the unmodified `aws` meets them, and a kill in the middle of one.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::served::{PATIENCE, Up};
use crate::tool::Scratch;

/// Stacks of node groups, from `aws cloudformation deploy` to their deletion.
#[test]
fn aws_deploys_stacks_of_node_groups() {
    let scratch = Scratch::new("up-stacks");
    let up = Up::start(scratch.path(), "--speed 200x --port 0 --kubernetes-port 0");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/stacks.py");
    let here = scratch.path().to_str().expect("a path");
    let printed = up.client("python3", &[script, here]);
    assert!(printed.contains("every stack as wanted"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A stack goes on after a kill, in its creation and in an update that replaces nodes, and nothing is done twice.
#[test]
fn a_kill_in_the_middle_of_a_stack() {
    let scratch = Scratch::new("up-stack-kill");
    let up = Up::start(scratch.path(), "--speed 100x --port 0 --kubernetes-port 0");
    let about = "eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP";
    let template = |disk: u32| {
        let mapping = json!({ "DeviceName": "/dev/xvda", "Ebs": { "VolumeSize": disk } });
        let data = json!({ "LaunchTemplateData": { "BlockDeviceMappings": [mapping] } });
        let nodes = json!({
            "ClusterName": up.told("EKS_CLUSTER_NAME"), "NodegroupName": "blue",
            "NodeRole": up.aws(about, "nodegroup.nodeRole"), "Subnets": [up.aws(about, "nodegroup.subnets[0]")],
            "LaunchTemplate": { "Id": { "Ref": "T" }, "Version": { "Fn::GetAtt": ["T", "LatestVersionNumber"] } },
        });
        let resources = json!({
            "T": { "Type": "AWS::EC2::LaunchTemplate", "Properties": data },
            "Nodes": { "Type": "AWS::EKS::Nodegroup", "Properties": nodes },
        });
        json!({ "Resources": resources }).to_string()
    };
    let (first, second) = (template(20), template(30));
    let act = |up: &Up, act: &str, body: &str| {
        up.client("aws", &["cloudformation", act, "--stack-name", "s", "--template-body", body])
    };
    let until = |up: &Up, wanted: &str| {
        let begun = Instant::now();
        while up.aws("cloudformation describe-stacks --stack-name s", "Stacks[0].StackStatus") != wanted {
            assert!(begun.elapsed() < PATIENCE, "the stack never is {wanted}");
            std::thread::sleep(Duration::from_millis(300));
        }
    };
    act(&up, "create-stack", &first);
    assert_eq!(up.end("-KILL"), None);
    let up = Up::start(scratch.path(), "--speed 100x");
    until(&up, "CREATE_COMPLETE");
    act(&up, "update-stack", &second);
    let updates = "eks list-updates --name CLUSTER --nodegroup-name blue";
    let begun = Instant::now();
    while up.aws(updates, "length(updateIds)") != "1" {
        assert!(begun.elapsed() < PATIENCE, "the group is never asked for an update");
    }
    assert_eq!(up.end("-KILL"), None);
    let up = Up::start(scratch.path(), "--speed 100x");
    until(&up, "UPDATE_COMPLETE");
    let blue = "eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name blue";
    assert_eq!(up.aws(blue, "nodegroup.launchTemplate.version"), "2");
    assert_eq!(up.aws(updates, "length(updateIds)"), "1");
    let own = "LaunchTemplates[?!starts_with(LaunchTemplateName,'eks-')].LatestVersionNumber";
    assert_eq!(up.aws("ec2 describe-launch-templates", own), "2");
    assert_eq!(up.end("-TERM"), Some(0));
}
