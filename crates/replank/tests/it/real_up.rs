//! `replank up` in front of a real control plane, as unmodified clients of EKS and Kubernetes meet it.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use replank_lab::{Event, Lab, Node, Settings};
use serde_json::{Value, json};

use crate::served::Up;
use crate::tool::{Scratch, command};

/// Everything that waits, made short.
const WORLD: &str = "
timings: {launch: 1s, boot: 2s, join: 0s, terminate: 1s}
clusters:
- nodeGroups:
  - {name: default, size: {min: 3, desired: 3, max: 6}}
update: {limits: {settle: 1s}}
";
/// An image of the cluster's version, and not its newest.
const IMAGE: &str = "ami-0ad55d29d859cd22e";
const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];

/// A control plane with two node groups and an application under a budget.
struct Yard {
    scratch: Scratch,
    lab: Lab,
    /// The kubeconfig of a service account that may do what `replank rbac` says, and what the lab does by kubectl.
    user: PathBuf,
    old: BTreeSet<String>,
    others: BTreeSet<String>,
}

impl Yard {
    fn new(name: &str) -> Self {
        let scratch = Scratch::new(name);
        let lab = Lab::start(&Settings::default()).unwrap();
        let nodes = |group, count| {
            let nodes = Node::spread(group, &ZONES, count).into_iter();
            let nodes: Vec<Node> = nodes.map(|node| Node { image: IMAGE.into(), ..node }).collect();
            BTreeSet::from_iter(lab.add_nodes(&nodes).unwrap())
        };
        let (old, others) = (nodes("default", 3), nodes("other", 1));
        lab.wait_for_ready_nodes(4).unwrap();
        scratch.write("world.yaml", WORLD);
        let user = user(&lab);
        let yard = Self { scratch, lab, user, old, others };
        yard.run("default", "web", 4);
        yard.run("kube-system", "cluster-autoscaler", 1);
        let budget = json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}},
        });
        let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
        yard.lab.api().create(budgets, &budget).unwrap();
        yard
    }

    /// Runs a deployment and waits until it serves.
    fn run(&self, namespace: &str, name: &str, replicas: u32) {
        let labels = json!({"app": name});
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels},
                "spec": {"terminationGracePeriodSeconds": 2, "containers": [{"name": name, "image": "it:1"}]},
            }},
        });
        let path = format!("/apis/apps/v1/namespaces/{namespace}/deployments");
        self.lab.api().create(&path, &deployment).unwrap();
        self.until("the application serves", || {
            let found = self.lab.api().get(&format!("{path}/{name}")).unwrap();
            found["status"]["availableReplicas"] == replicas
        });
    }

    fn up(&self) -> Up {
        let kubeconfig = &self.user;
        let flags = format!("--cloud kwok --kubeconfig {} --world world.yaml --port 0", kubeconfig.display());
        Up::start(self.scratch.path(), &flags)
    }

    fn nodes(&self) -> Vec<Value> {
        self.lab.api().get("/api/v1/nodes").unwrap()["items"].as_array().unwrap().clone()
    }

    fn names(&self) -> BTreeSet<String> {
        self.nodes().iter().map(|node| node["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The nodes that are not of the other group.
    fn ours(&self) -> BTreeSet<String> {
        self.names().difference(&self.others).cloned().collect()
    }

    fn until(&self, what: &str, done: impl Fn() -> bool) {
        self.lab.wait(Duration::from_mins(5), what, || Ok(done())).unwrap();
    }
}

/// A user with the roles that are shipped, and with what the commands of the lab need by themselves.
fn user(lab: &Lab) -> PathBuf {
    let access = lab.service_account("default", "replank").unwrap();
    let roles = command("rbac").output().unwrap().stdout;
    let kubectl = |arguments: &str, input: &[u8]| {
        let mut child = lab.kubectl();
        child.args(arguments.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = child.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        assert!(child.wait().unwrap().success(), "{arguments}");
    };
    kubectl("apply -f -", &roles);
    let to = "--serviceaccount=default:replank";
    kubectl(&format!("create clusterrolebinding replank --clusterrole=replank {to}"), b"");
    kubectl(&format!("create clusterrolebinding replank-kwok --clusterrole=replank-kwok {to}"), b"");
    kubectl(&format!("create rolebinding replank --role=replank -n kube-system {to}"), b"");
    let scale = "--verb=get,patch --resource=deployments --resource=deployments/scale";
    kubectl(&format!("create role scale -n kube-system {scale}"), b"");
    kubectl(&format!("create rolebinding scale --role=scale -n kube-system {to}"), b"");
    access.kubeconfig
}

/// What replank changed.
fn changes(event: &Event) -> bool {
    let reads = ["get", "list", "watch"];
    let ours =
        event.user() == "system:serviceaccount:default:replank" && !event.agent().starts_with("kubectl");
    ours && event.complete() && event.status() < 300 && !reads.contains(&event.verb())
}

#[test]
fn the_lab_of_the_documents_on_a_real_control_plane() {
    let yard = Yard::new("real-up-lab");
    let mark = yard.lab.audit().mark().unwrap();
    let up = yard.up();
    let (directory, package) = (yard.scratch.path().display(), env!("CARGO_MANIFEST_DIR"));
    let script = format!("cd {directory} && . {package}/tests/it/clients/real-lab.sh");
    let printed = up.client("bash", &["-c", &script]);
    let images: Vec<&str> = printed.lines().filter(|line| line.starts_with("ami-")).collect();
    let [_, wanted] = images[..] else { panic!("not two images: {printed}") };
    let absent = std::fs::read_to_string(yard.scratch.path().join("absent.txt")).unwrap();
    assert!(absent.contains("ParameterNotFound"), "{absent}");

    let update = std::fs::read(yard.scratch.path().join("update.json")).unwrap();
    let update: Value = serde_json::from_slice(&update).unwrap();
    let id = update["update"]["id"].as_str().unwrap();
    let describe = format!("eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id {id}");
    assert_eq!(up.aws(&describe, "update.status"), "Successful");
    let group = "eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP";
    let sizes = up.aws(group, "nodegroup.scalingConfig.[minSize,desiredSize,maxSize]");
    assert_eq!(sizes.split_whitespace().collect::<Vec<_>>(), ["3", "3", "6"]);

    yard.until("the nodes from before are gone", || yard.ours().is_disjoint(&yard.old));
    let ours = yard.ours();
    assert_eq!(ours.len(), 3);
    for node in yard.nodes() {
        let name = node["metadata"]["name"].as_str().unwrap().to_owned();
        let image = &node["metadata"]["labels"]["eks.amazonaws.com/nodegroup-image"];
        assert_eq!(image, if ours.contains(&name) { wanted } else { IMAGE }, "{name}");
        assert!(node["spec"].get("unschedulable").is_none(), "{name}");
    }
    let watched = std::fs::read_to_string(yard.scratch.path().join("watch.txt")).unwrap();
    let seen: BTreeSet<&str> =
        watched.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(seen.len() >= 7, "3 nodes, 6, and the other group's: {watched}");
    for name in &yard.old {
        let cordoned = |line: &str| line.starts_with(name.as_str()) && line.contains("SchedulingDisabled");
        assert!(watched.lines().any(cordoned), "{name} was never cordoned: {watched}");
    }
    assert_eq!(up.end("-TERM"), Some(0));

    let (events, _) = yard.lab.audit().since(mark).unwrap();
    let inside = |event: &Event| match (event.verb(), event.resource().as_str()) {
        ("patch" | "create" | "delete", "nodes") => !yard.others.contains(event.name()),
        ("create", "pods/eviction") => event.namespace() == "default" && event.name().starts_with("web-"),
        ("create" | "patch" | "update", "leases") => event.name() == "replank-default",
        ("create" | "patch", "events") | ("create", "selfsubjectaccessreviews") => true,
        _ => false,
    };
    let changed: Vec<&Event> = events.iter().filter(|event| changes(event)).collect();
    for event in &changed {
        assert!(inside(event), "{} {} {}", event.verb(), event.resource(), event.uri());
    }
    let count = |verb, resource| {
        changed.iter().filter(|event| event.verb() == verb && event.resource() == resource).count()
    };
    assert!(count("create", "pods/eviction") > 0 && count("patch", "nodes") > 0);
    assert_eq!((count("delete", "pods"), count("delete", "nodes")), (0, count("create", "nodes")));
}
