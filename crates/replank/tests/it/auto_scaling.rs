//! The Auto Scaling and EC2 APIs of `replank up`, over a group that EKS knows and one that the user keeps.

use crate::served::Up;
use crate::tool::Scratch;

/// A managed group beside one of the user's own, with labels, a taint and tags.
const WORLD: &str = "\
clusters:
- version: '1.31'
  nodeGroups:
  - {name: default, size: {min: 1, desired: 3, max: 6}}
  - name: workers
    selfManaged: true
    launchTemplate: {name: golden}
    size: {min: 1, desired: 3, max: 6}
    labels: {role: worker}
    taints: [{key: dedicated, value: work, effect: NoSchedule}]
    tags: {team: a}
";

/// What unmodified clients ask of Auto Scaling and EC2, each answer held to the service's own model.
#[test]
fn boto3_and_aws_drive_scaling_groups() {
    let scratch = Scratch::new("up-auto-scaling");
    let world = scratch.path().join("world.yaml");
    std::fs::write(&world, WORLD).expect("a file");
    let flags = format!("--speed 200x --port 0 --kubernetes-port 0 --world {}", world.display());
    let up = Up::start(scratch.path(), &flags);
    let nodes = up.says("get nodes");
    assert_eq!((nodes.matches(" default ").count(), nodes.matches(" workers ").count()), (3, 3), "{nodes}");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/auto_scaling.py");
    let printed = up.client("python3", &[script]);
    assert!(printed.contains("operations called"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A group that was made, its tags and switches, and what it launched are there after a kill.
#[test]
fn what_was_made_and_switched_outlives_a_kill() {
    let scratch = Scratch::new("up-auto-scaling-kill");
    let world = scratch.path().join("world.yaml");
    std::fs::write(&world, WORLD).expect("a file");
    let flags = format!("--speed 200x --port 0 --kubernetes-port 0 --world {}", world.display());
    let up = Up::start(scratch.path(), &flags);
    let aws = |up: &Up, arguments: &str, query: &str| up.aws(&format!("autoscaling {arguments}"), query);
    let (name, cluster) = ("--auto-scaling-group-name more", up.told("EKS_CLUSTER_NAME"));
    let create = format!(
        "create-auto-scaling-group {name} --min-size 1 --max-size 4 --availability-zones us-west-2a us-west-2b \
         --launch-template LaunchTemplateName=golden,Version=$Latest \
         --tags Key=kubernetes.io/cluster/{cluster},Value=owned,PropagateAtLaunch=true"
    );
    aws(&up, &create, "none");
    aws(&up, &format!("suspend-processes {name} --scaling-processes AZRebalance"), "none");
    let launch = format!(
        "launch-instances {name} --requested-capacity 1 --client-token once --availability-zones us-west-2b"
    );
    let launched = aws(&up, &launch, "Instances[0].InstanceIds[0]");
    let shown = "AutoScalingGroups[].[AutoScalingGroupARN,MinSize,DesiredCapacity,MaxSize,LaunchTemplate.Version,\
                 SuspendedProcesses[].ProcessName,Tags[].Key]";
    let before = aws(&up, "describe-auto-scaling-groups", shown);
    assert!(before.contains("AZRebalance"), "{before}");
    assert_eq!(up.end("-KILL"), None);
    let up = Up::start(scratch.path(), &flags);
    assert_eq!(aws(&up, "describe-auto-scaling-groups", shown), before);
    assert_eq!(aws(&up, &launch, "Instances[0].InstanceIds[0]"), launched, "the token is remembered");
    let of = format!("describe-auto-scaling-instances --instance-ids {launched}");
    assert_eq!(aws(&up, &of, "AutoScalingInstances[0].AutoScalingGroupName"), "more");
    assert_eq!(up.end("-TERM"), Some(0));
}
