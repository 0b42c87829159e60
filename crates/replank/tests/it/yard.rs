//! A real control plane with an application under a budget, and `replank up` in front of it.

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
pub(crate) const WORLD: &str = "
timings: {launch: 1s, boot: 2s, join: 0s, terminate: 1s}
clusters:
- nodeGroups:
  - {name: default, size: {min: 3, desired: 3, max: 6}}
update: {limits: {deregistrationDelay: 1s}}
";
/// An image of the cluster's version, and not its newest.
pub(crate) const IMAGE: &str = "ami-0ad55d29d859cd22e";
const ZONES: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];

/// A control plane with two node groups and an application under a budget.
pub(crate) struct Yard {
    /// Where `replank up` runs.
    pub(crate) scratch: Scratch,
    /// The control plane.
    pub(crate) lab: Lab,
    /// The kubeconfig of a service account that may do what `replank rbac` says, and what the lab does by kubectl.
    pub(crate) user: PathBuf,
    /// The nodes of the group `default`.
    pub(crate) old: BTreeSet<String>,
    /// Those of the other group.
    pub(crate) others: BTreeSet<String>,
}

impl Yard {
    /// Nodes and pods are there and serve.
    pub(crate) fn new(name: &str) -> Self {
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
    pub(crate) fn run(&self, namespace: &str, name: &str, replicas: u32) {
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

    /// Serves it.
    pub(crate) fn up(&self) -> Up {
        let kubeconfig = &self.user;
        let flags = format!("--cloud kwok --kubeconfig {} --world world.yaml --port 0", kubeconfig.display());
        Up::start(self.scratch.path(), &flags)
    }

    /// The nodes as they are.
    pub(crate) fn nodes(&self) -> Vec<Value> {
        self.lab.api().get("/api/v1/nodes").unwrap()["items"].as_array().unwrap().clone()
    }

    /// Names of the nodes as they are.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.nodes().iter().map(|node| node["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The nodes that are not of the other group.
    pub(crate) fn ours(&self) -> BTreeSet<String> {
        self.names().difference(&self.others).cloned().collect()
    }

    /// Waits until it is so.
    pub(crate) fn until(&self, what: &str, done: impl Fn() -> bool) {
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
    kubectl(&format!("create clusterrolebinding replank-snapshot --clusterrole=replank-snapshot {to}"), b"");
    let scale = "--verb=get,patch --resource=deployments --resource=deployments/scale";
    kubectl(&format!("create role scale -n kube-system {scale}"), b"");
    kubectl(&format!("create rolebinding scale --role=scale -n kube-system {to}"), b"");
    access.kubeconfig
}

/// What replank changed.
pub(crate) fn changes(event: &Event) -> bool {
    let reads = ["get", "list", "watch"];
    let ours =
        event.user() == "system:serviceaccount:default:replank" && !event.agent().starts_with("kubectl");
    ours && event.complete() && event.status() < 300 && !reads.contains(&event.verb())
}
