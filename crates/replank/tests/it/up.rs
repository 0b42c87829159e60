//! `replank up` as unmodified clients meet it: `aws`, boto3, and a kill in the middle.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::served::{PATIENCE, Up};
use crate::tool::{Scratch, command, ended};

/// The operations of the service as boto3 calls them, each response held to the service's own model.
#[test]
fn boto3_finds_what_its_model_says() {
    let scratch = Scratch::new("up-boto3");
    let up = Up::start(scratch.path(), "--speed 200x --port 0 --kubernetes-port 0");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/eks.py");
    let printed = up.client("python3", &[script]);
    assert!(printed.contains("operations called"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// Node groups on launch templates of the user's own.
#[test]
fn boto3_brings_its_own_launch_templates() {
    let scratch = Scratch::new("up-templates");
    let up = Up::start(scratch.path(), "--speed 200x --port 0 --kubernetes-port 0");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/templates.py");
    let printed = up.client("python3", &[script]);
    assert!(printed.contains("operations called"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// What eksctl asks, in its own order and wire form.
#[test]
fn eksctl_finds_every_member_it_follows() {
    let scratch = Scratch::new("up-eksctl");
    let up = Up::start(scratch.path(), "--speed 200x --port 0 --kubernetes-port 0");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/eksctl.py");
    let printed = up.client("python3", &[script]);
    assert!(printed.contains("every request answered"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A world file's launch template is one of the user's own, and its custom image is updated by the next version.
#[test]
fn a_custom_image_of_a_world_file() {
    let scratch = Scratch::new("up-custom");
    let world = scratch.path().join("world.yaml");
    let text = "clusters: [{nodeGroups: [{imageType: CUSTOM, image: ami-0aaaaaaaaaaaaaaaa, \
                launchTemplate: {name: golden, version: 7}}]}]\nupdate: {image: ami-0bbbbbbbbbbbbbbbb}\n";
    std::fs::write(&world, text).expect("a file");
    let flags = format!("--speed 200x --port 0 --kubernetes-port 0 --world {}", world.display());
    let up = Up::start(scratch.path(), &flags);
    let group = "--cluster-name CLUSTER --nodegroup-name GROUP";
    let describe = format!("eks describe-nodegroup {group}");
    let shown = "nodegroup.[amiType,releaseVersion,launchTemplate.name,launchTemplate.version]";
    let row = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(row(&up.aws(&describe, shown)), ["CUSTOM", "ami-0aaaaaaaaaaaaaaaa", "golden", "7"]);
    let change = format!("eks update-nodegroup-version {group} --launch-template name=golden,version=8");
    assert_eq!(up.aws(&change, "update.type"), "VersionUpdate");
    up.until_active();
    assert_eq!(row(&up.aws(&describe, shown)), ["CUSTOM", "ami-0bbbbbbbbbbbbbbbb", "golden", "8"]);
    let label = "jsonpath={.items[*].metadata.labels.eks\\.amazonaws\\.com/sourceLaunchTemplateVersion}";
    up.until_nodes(3);
    assert_eq!(row(&up.client("kubectl", &["get", "nodes", "-o", label])), ["8", "8", "8"]);
    assert_eq!(up.end("-TERM"), Some(0));
}

/// Every waiter, every paginator, every refused operation of the model.
#[test]
fn boto3_waits_and_turns_pages() {
    let scratch = Scratch::new("up-pages");
    let up = Up::start(scratch.path(), "--speed 200x --port 0 --kubernetes-port 0");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/pages.py");
    let printed = up.client("python3", &[script]);
    assert!(printed.contains("operations called"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// What is only kept on record: its rules, what goes together, and what insights make of it.
#[test]
fn boto3_keeps_records() {
    let scratch = Scratch::new("up-records");
    let up = Up::start(scratch.path(), "--speed 200x --port 0 --kubernetes-port 0");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/records.py");
    let printed = up.client("python3", &[script]);
    assert!(printed.contains("operations called"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// The Kubernetes client for Python: reads, patches, evictions, custom resources, a whole update under a watch.
#[test]
fn the_kubernetes_client_for_python() {
    let scratch = Scratch::new("up-python");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/clients/kubernetes_client.py");
    let printed = up.client("python3", &[script]);
    assert!(printed.ends_with("all good\n"), "{printed}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// The lab, letter for letter: 3 nodes, 6, each old one cordoned before it is gone, 3 again, all of the new image.
#[test]
fn the_lab_of_the_documents() {
    let scratch = Scratch::new("up-lab");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
    let old = up.until_nodes(3);
    let script = format!(
        "cd {} && . {}/tests/it/clients/lab.sh",
        scratch.path().display(),
        env!("CARGO_MANIFEST_DIR")
    );
    let printed = up.client("bash", &["-c", &script]);
    let images: Vec<&str> = printed.lines().filter(|line| line.starts_with("ami-")).collect();
    let [.., wanted] = images[..] else { panic!("no images: {printed}") };
    assert_eq!(images.len(), 3, "{printed}");

    let update = std::fs::read_to_string(scratch.path().join("update.json")).expect("an update");
    let id = update.split("\"id\": \"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id");
    let describe = format!("eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id {id}");
    assert_eq!(up.aws(&describe, "update.status"), "Successful");
    let group = "eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP";
    let sizes = "nodegroup.scalingConfig.[minSize,desiredSize,maxSize]";
    assert_eq!(up.aws(group, sizes).split_whitespace().collect::<Vec<_>>(), ["3", "3", "6"]);
    let label = "jsonpath={.items[*].metadata.labels.eks\\.amazonaws\\.com/nodegroup-image}";
    up.until_nodes(3);
    let run = up.client("kubectl", &["get", "nodes", "-o", label]);
    assert_eq!(run.split_whitespace().collect::<Vec<_>>(), [wanted; 3]);

    let watched = std::fs::read_to_string(scratch.path().join("watch.txt")).expect("a watch");
    let seen = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let all: BTreeSet<String> = watched.lines().skip(1).map(seen).collect();
    assert!(all.len() >= 6 && up.until_nodes(3).is_disjoint(&old), "{watched}");
    for name in &old {
        let cordoned = |line: &str| line.starts_with(name.as_str()) && line.contains("SchedulingDisabled");
        assert!(watched.lines().any(cordoned), "{name} was never cordoned: {watched}");
    }
    assert!(!watched.contains("<invalid>"), "{watched}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// An update that a kill interrupts is finished by the next process, under the same id.
#[test]
fn a_kill_in_the_middle_of_an_update() {
    let scratch = Scratch::new("up-kill");
    let up = Up::start(scratch.path(), "--speed 20x --port 0 --kubernetes-port 0");
    let group = "--cluster-name CLUSTER --nodegroup-name GROUP";
    let update = up.aws(&format!("eks update-nodegroup-version {group}"), "update.id");
    let begun = Instant::now();
    while !up.client("kubectl", &["get", "nodes"]).contains("SchedulingDisabled") {
        assert!(begun.elapsed() < PATIENCE, "no node is ever cordoned");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(up.end("-KILL"), None);

    let up = Up::start(scratch.path(), "--speed 200x");
    up.until_active();
    let describe = "eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id";
    assert_eq!(up.aws(&format!("{describe} {update}"), "update.status"), "Successful");
    let list = "eks list-updates --name CLUSTER --nodegroup-name GROUP";
    assert_eq!(up.aws(list, "updateIds"), update);
    up.until_nodes(3);
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A cluster that was made has its world and its endpoint back after a kill; one that was deleted stays away, the
/// first one too.
#[test]
fn clusters_that_come_and_go() {
    let scratch = Scratch::new("up-clusters");
    let up = Up::start(scratch.path(), "--speed 300x --port 0 --kubernetes-port 0");
    let make = "eks create-cluster --name made --role-arn arn:aws:iam::111122223333:role/r --resources-vpc-config \
                subnetIds=subnet-1,subnet-2";
    assert_eq!(up.aws(make, "cluster.status"), "CREATING");
    let status =
        |up: &Up, name: &str| up.aws(&format!("eks describe-cluster --name {name}"), "cluster.status");
    let until = |wanted: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !wanted() {
            assert!(begun.elapsed() < PATIENCE, "it never comes to that");
            std::thread::sleep(Duration::from_millis(300));
        }
    };
    until(&|| status(&up, "made") == "ACTIVE");
    let group = "--cluster-name made --nodegroup-name n";
    let new = format!(
        "eks create-nodegroup {group} --subnets subnet-1 subnet-2 --node-role arn:aws:iam::111122223333:role/n"
    );
    up.aws(&new, "nodegroup.status");
    let active = |up: &Up| up.aws(&format!("eks describe-nodegroup {group}"), "nodegroup.status") == "ACTIVE";
    until(&|| active(&up));
    let config = scratch.path().join("made");
    let config = config.to_str().expect("a plain path");
    up.aws(&format!("eks update-kubeconfig --name made --kubeconfig {config}"), "x");
    let nodes = |up: &Up| up.client("kubectl", &["--kubeconfig", config, "get", "nodes", "-o", "name"]);
    let before = nodes(&up);
    assert_eq!(before.lines().count(), 2, "{before}");
    assert_eq!(up.end("-KILL"), None);

    let up = Up::start(scratch.path(), "--speed 300x");
    assert_eq!(nodes(&up), before);
    let first = "--cluster-name CLUSTER --nodegroup-name GROUP";
    up.aws(&format!("eks delete-nodegroup {first}"), "nodegroup.status");
    let groups = |up: &Up| up.aws("eks list-nodegroups --cluster-name CLUSTER", "nodegroups");
    until(&|| groups(&up).is_empty());
    assert_eq!(up.aws("eks delete-cluster --name CLUSTER", "cluster.status"), "DELETING");
    until(&|| up.aws("eks list-clusters", "clusters") == "made");
    assert_eq!(up.end("-TERM"), Some(0));
    let up = Up::start(scratch.path(), "--speed 300x");
    assert_eq!(up.aws("eks list-clusters", "clusters"), "made");
    assert_eq!(nodes(&up), before);
    assert_eq!(up.end("-TERM"), Some(0));
}

/// `kubectl` with a token of `aws eks get-token`, as `aws eks update-kubeconfig` sets it up.
#[test]
fn kubectl_with_a_token_of_eks() {
    let scratch = Scratch::new("up-token");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0");
    let file = scratch.path().join("of-eks");
    let file = file.to_str().expect("a plain path");
    up.aws(&format!("eks update-kubeconfig --name CLUSTER --kubeconfig {file}"), "x");
    let nodes = up.client("kubectl", &["--kubeconfig", file, "get", "nodes", "-o", "name"]);
    assert_eq!(nodes.lines().count(), 3, "{nodes}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A zone that is short of instances shows in the health of the group while it is, and not afterwards.
#[test]
fn a_short_zone_shows_in_the_health() {
    let scratch = Scratch::new("up-short");
    let world = concat!(env!("CARGO_MANIFEST_DIR"), "/../replank-formats/worlds/zone-short.yaml");
    let up = Up::start(scratch.path(), &format!("--speed 60x --port 0 --kubernetes-port 0 --world {world}"));
    let group = "--cluster-name CLUSTER --nodegroup-name GROUP";
    let issue = || {
        let describe = format!("eks describe-nodegroup {group}");
        up.aws(&describe, "nodegroup.health.issues[0].[code,message]")
    };
    // It lasts ten minutes of the world, however long a look takes here.
    up.says("world pause");
    up.aws(&format!("eks update-nodegroup-version {group}"), "update.id");
    up.advance_until("the health tells", || issue().starts_with("AsgInstanceLaunchFailures"));
    let seen = issue();
    assert!(seen.contains("us-west-2b"), "{seen}");
    up.says("world resume");
    up.until_active();
    assert_eq!(issue(), "None");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A launch template that somebody edits past EKS degrades the group until it is put back; an update puts it back too.
#[test]
fn an_edited_launch_template_shows_in_the_health() {
    let scratch = Scratch::new("up-edited");
    let up = Up::start(scratch.path(), "--speed 200x --port 0 --kubernetes-port 0");
    let group = "--cluster-name CLUSTER --nodegroup-name GROUP";
    let describe = format!("eks describe-nodegroup {group}");
    let until = |wanted: &str| {
        let begun = Instant::now();
        loop {
            let health = up.aws(&describe, "nodegroup.[status,health.issues[0].code]");
            if health.split_whitespace().collect::<Vec<_>>().join(" ") == wanted {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "it never shows {wanted}: {health}");
            std::thread::sleep(Duration::from_millis(300));
        }
    };
    let edit = "world do edit-template instanceType=m5.xlarge";
    up.says(edit);
    until("DEGRADED Ec2LaunchTemplateVersionMismatch");
    up.says("world do revert-template");
    until("ACTIVE None");
    up.says(edit);
    until("DEGRADED Ec2LaunchTemplateVersionMismatch");
    up.aws(&format!("eks update-nodegroup-version {group}"), "update.id");
    until("ACTIVE None");
    let label = "jsonpath={.items[*].metadata.labels.node\\.kubernetes\\.io/instance-type}";
    up.until_nodes(3);
    let types = up.client("kubectl", &["get", "nodes", "-o", label]);
    assert_eq!(types.split_whitespace().collect::<Vec<_>>(), ["m5.large"; 3]);
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A target image that is gone: the health says so, and the update fails for nodes that do not come.
#[test]
fn an_image_that_is_gone() {
    let scratch = Scratch::new("up-image-gone");
    scratch.write(
        "world.yaml",
        "clusters: [{nodeGroups: [{name: default}]}]\nacts: [{when: phase scale-up, do: image-disappears}]\n",
    );
    let up = Up::start(scratch.path(), "--speed 600x --port 0 --kubernetes-port 0 --world world.yaml");
    let group = "--cluster-name CLUSTER --nodegroup-name GROUP";
    let issue = format!("eks describe-nodegroup {group}");
    // The health tells it until the update fails, a quarter of an hour of the world.
    up.says("world pause");
    let update = up.aws(&format!("eks update-nodegroup-version {group}"), "update.id");
    let told = || up.aws(&issue, "nodegroup.health.issues[0].code") == "AmiIdNotFound";
    up.advance_until("the health tells", told);
    up.says("world resume");
    let begun = Instant::now();
    let describe = format!("eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id {update}");
    while up.aws(&describe, "update.status") == "InProgress" {
        assert!(begun.elapsed() < PATIENCE, "it never ends");
        std::thread::sleep(Duration::from_millis(300));
    }
    let said = up.aws(&describe, "update.[status,errors[0].errorCode]");
    assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["Failed", "NodeCreationFailure"]);
    assert_eq!(up.end("-TERM"), Some(0));
}

/// An update that budgets hold up fails as that of EKS does, and says who held it, which EKS does not.
#[test]
fn a_failure_names_who_held_the_node() {
    let scratch = Scratch::new("up-stuck");
    let world = concat!(env!("CARGO_MANIFEST_DIR"), "/../replank-formats/worlds/stuck.yaml");
    let up = Up::start(scratch.path(), &format!("--speed 600x --port 0 --kubernetes-port 0 --world {world}"));
    let group = "--cluster-name CLUSTER --nodegroup-name GROUP";
    let update = up.aws(&format!("eks update-nodegroup-version {group}"), "update.id");
    up.until_active();
    let describe = format!("eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id {update}");
    assert_eq!(up.aws(&describe, "update.status"), "Failed");
    assert_eq!(up.aws(&describe, "update.errors[0].errorCode"), "PodEvictionFailure");
    let message = up.aws(&describe, "update.errors[0].errorMessage");
    let said = "Reached max retries while trying to evict pods from nodes in node group default: node ";
    assert!(message.starts_with(said) && message.contains("is held by budget"), "{message}");
    assert_eq!(up.end("-TERM"), Some(0));
}

/// Servers side by side: each is asked for by its directory, and the one that stays is found again.
#[test]
fn several_servers_are_listed_and_none_hides_another() {
    let scratch = Scratch::new("up-several");
    let start =
        |data: &str| Up::start_with_data(scratch.path(), data, "--speed real --port 0 --kubernetes-port 0");
    let asked = || {
        let mut command = command("env");
        ended(command.current_dir(scratch.path()).env("XDG_STATE_HOME", scratch.path()).output())
    };
    let first = start("one");
    assert!(asked().out.contains(first.told("AWS_ENDPOINT_URL")), "the only one is meant");
    let second = start("other");
    let several = asked();
    assert_eq!(several.code, Some(2), "{}", several.out);
    for words in [
        "several replank up run here",
        "one   # cluster eks-workshop at",
        "other   # cluster eks-workshop at",
    ] {
        assert!(several.err.contains(words), "{words} in {}", several.err);
    }
    assert_eq!(second.end("-TERM"), Some(0));
    assert!(asked().out.contains(first.told("AWS_ENDPOINT_URL")), "the one that stays is found");
    assert_eq!(first.end("-TERM"), Some(0));
    let over = asked();
    assert!(over.err.contains("this replank up has ended"), "{}", over.err);
}
