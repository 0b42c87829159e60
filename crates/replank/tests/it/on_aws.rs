//! `--cloud aws` against the Auto Scaling, EC2 and EKS endpoints of `replank up`: a group that EKS does not know is
//! planned, updated, killed and gone on with; one of EKS's is left to EKS and explained. `aws` and `kubectl` are the
//! witnesses.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::served::Up;
use crate::tool::{Ran, Scratch, ended};

/// A group of EKS's beside one of the user's own, both behind the newest release.
const WORLD: &str = "\
clusters:
- name: shop
  version: '1.32'
  nodeGroups:
  - {name: default, release: newest-1, size: {min: 2, desired: 2, max: 4}, zones: [us-west-2a]}
  - name: workers
    selfManaged: true
    release: newest-1
    zones: [us-west-2a]
    size: {min: 1, desired: 2, max: 3}
";
const UP: &str = "--port 0 --kubernetes-port 0 --world w.yaml --speed";
/// How long an update may take here: the pauses of a drain are those of the wall clock.
const PATIENCE: Duration = Duration::from_mins(8);

fn up(name: &str, speed: &str) -> (Scratch, Up) {
    let scratch = Scratch::new(name);
    scratch.write("w.yaml", WORLD);
    let up = Up::start(scratch.path(), &format!("{UP} {speed}"));
    (scratch, up)
}

/// Sizes, template version and suspended processes of the user's group, as `aws` tells them.
fn group(up: &Up) -> String {
    up.aws(
        "autoscaling describe-auto-scaling-groups --auto-scaling-group-names workers",
        "AutoScalingGroups[0].[MinSize,DesiredCapacity,MaxSize,LaunchTemplate.Version,length(SuspendedProcesses)]",
    )
}

fn images(up: &Up) -> Vec<String> {
    let listed = up.aws(
        "ec2 describe-instances --filters Name=tag:aws:autoscaling:groupName,Values=workers \
         Name=instance-state-name,Values=running",
        "Reservations[].Instances[].ImageId",
    );
    listed.split_whitespace().map(str::to_owned).collect()
}

fn upgrade(up: &Up, arguments: &str) -> Ran {
    up.replank(&format!("upgrade nodegroup {arguments} --cloud aws --cluster shop"))
}

#[test]
fn groups_are_listed_planned_and_refused_by_what_they_are() {
    let (_scratch, up) = up("aws-plan", "100x");
    let listed: Value = serde_json::from_str(&up.says("get nodegroups --cloud aws -o json")).expect("JSON");
    let rows: Vec<(&str, &str, u64)> = listed["nodegroups"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| {
            let text = |member: &str| row[member].as_str().unwrap_or_default();
            (text("name"), text("kind"), row["oldNodes"].as_u64().unwrap_or(99))
        })
        .collect();
    assert_eq!(rows, [("default", "EKS-managed", 0), ("workers", "self-managed", 0)]);
    let before = group(&up);
    let plan = |arguments: &str| {
        let ran = upgrade(&up, &format!("{arguments} -o json"));
        let plan: Value = serde_json::from_str(&ran.out).expect("JSON");
        (ran.code, plan["numbers"]["old"].as_u64())
    };
    assert_eq!(plan("workers"), (Some(0), Some(0)), "every node runs what the group launches");
    assert_eq!(plan("workers --kubernetes-version 1.32"), (Some(0), Some(2)));
    assert_eq!(plan("default"), (Some(0), Some(2)), "EKS would go to the newest release");
    for (wrong, said) in [
        ("nope", "there is no node group nope of cluster shop in us-west-2; there are workers, default"),
        ("workers --kubernetes-version 1.33", "1.33 > 1.32; accepted are 1.29 to 1.32"),
        ("workers --image-id ami-0", "image ami-0 does not exist in us-west-2"),
        ("workers --launch-template-version 9", "has no version 9"),
        ("workers --release-version newest", "releases of amazon-linux-2023/x86_64/standard are such as"),
        ("workers --assist --approve", "--assist: workers is yours"),
        ("workers --suspend-autoscaler nowhere", "\"nowhere\" is no NAMESPACE/NAME"),
        ("default --suspend-autoscaler", "EKS lets an autoscaler be"),
        ("workers --engine eks", "EKS knows no node group workers"),
        ("default --engine replank", "is EKS's, which puts back what others change"),
        ("default --max-unavailable 2", "EKS takes it from the group"),
        ("workers --world w.yaml", "AWS itself tells sizes and targets"),
        ("workers --no-wait --approve", "only with a server"),
    ] {
        let ran = upgrade(&up, wrong);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{wrong}: {}", ran.err);
    }
    let other = up.replank("upgrade nodegroup workers --cloud aws --cluster other");
    assert!(other.err.contains("node group workers is of cluster shop, not of other"), "{}", other.err);
    assert_eq!(group(&up), before, "nothing of that changed anything");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// Killed right after the group was pointed at the new version, then gone on with to its end.
#[test]
fn a_group_of_the_users_own_is_updated_and_a_kill_leaves_nothing_behind() {
    let (scratch, up) = up("aws-update", "100x");
    let newest = up.aws(
        "ssm get-parameter --name \
         /aws/service/eks/optimized-ami/1.32/amazon-linux-2023/x86_64/standard/recommended/image_id",
        "Parameter.Value",
    );
    assert!(!images(&up).contains(&newest));
    let data = scratch.path().join("update").display().to_string();
    let command = format!(
        "upgrade nodegroup workers --cloud aws --cluster shop --kubernetes-version 1.32 --max-unavailable 2 --approve \
         --limits deregistrationDelay=1s --data {data}"
    );
    let killed = ended(up.command(&command).env("REPLANK_DIE_AT", "performed:3").output());
    assert_eq!(killed.code, None, "{}{}", killed.out, killed.err);
    let begun = Instant::now();
    let ran = up.replank(&command);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(begun.elapsed() < PATIENCE);
    assert!(ran.out.contains("succeeded"), "{}", ran.out);
    assert_eq!(group(&up).split_whitespace().collect::<Vec<_>>(), ["1", "2", "3", "2", "0"]);
    assert_eq!(images(&up), [newest.clone(), newest]);
    let versions = up.aws(
        "ec2 describe-launch-template-versions --launch-template-name workers",
        "LaunchTemplateVersions[].VersionNumber",
    );
    assert_eq!(versions.split_whitespace().count(), 2, "one version was made, not two: {versions}");
    let marked = up.client("kubectl", &["get", "nodes", "-o", "json"]);
    for mark in ["replank.dev/marks", "\"unschedulable\": true", "exclude-from-external-load-balancers"] {
        assert!(!marked.contains(mark), "{mark} was left behind");
    }
    assert_eq!(up.end("-TERM"), Some(0));
}

/// EKS updates its own group; what keeps a pod on a node is told with the budget, and it ends once that is mended.
#[test]
fn a_group_of_eks_is_left_to_eks_and_its_stall_explained() {
    let (_scratch, up) = up("aws-managed", "10x");
    up.client("kubectl", &["create", "deployment", "web", "--replicas=2", "--image=web"]);
    up.client("kubectl", &["wait", "--for=condition=Available", "deployment/web", "--timeout=60s"]);
    up.client(
        "kubectl",
        &["create", "poddisruptionbudget", "web", "--selector=app=web", "--min-available=2"],
    );
    let upgrade = "upgrade nodegroup default --cloud aws --cluster shop --approve";
    let mut child = up.command(upgrade).stdout(Stdio::piped()).spawn().expect("the command");
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let told = lines.take_while(|line| !line.contains("is held by budget default/web")).count();
    // EKS gives up after a quarter of an hour, which is one and a half minutes here.
    up.client("kill", &["-INT", &child.id().to_string()]);
    assert!(child.wait().is_ok() && told > 0, "it goes on without whoever follows it");
    for (wrong, said) in [
        ("--raise web", "--raise: \"web\" is no NAMESPACE/NAME"),
        ("--raise default/nope", "there is no Deployment default/nope"),
    ] {
        let ran = up.replank(&format!("{upgrade} --assist {wrong}"));
        assert!(ran.code == Some(2) && ran.err.contains(said), "{wrong}: {}", ran.err);
    }
    let ran = up.replank(&format!("{upgrade} --assist --raise default/web"));
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("Deployment default/web gets one replica more"), "{}", ran.out);
    assert!(ran.out.contains("of node group default by EKS: succeeded"), "{}", ran.out);
    let web = up.client("kubectl", &["get", "deployment", "web", "-o", "json"]);
    assert!(web.contains("\"replicas\": 2") && !web.contains("replank.dev"), "given back: {web}");
    let status =
        up.aws("eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP", "nodegroup.status");
    assert_eq!(status, "ACTIVE");
    assert_eq!(up.end("-TERM"), Some(0));
}
