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
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/auto_scaling.py");
    let printed = up.client("python3", &[script]);
    assert!(printed.contains("operations called"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}
