//! A control plane for all tests of this file, with nodes and applications of their own for each.

use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use replank_core::names::{NodeGroupName, NodeName, ObjectName, Uid};
use replank_core::observed::Observation;
use replank_engine::ports::Cluster;
use replank_kube::{Access, Cache, Connection, KubeClusterPort, NodeScope, connect};
use replank_lab::{Lab, Node, Settings};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// What a cluster may take to show something.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The control plane that tests share which do not break it.
pub(crate) fn shared() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _first = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    BENCH.get_or_init(Bench::start)
}

/// A control plane, and us before it.
pub(crate) struct Bench {
    pub(crate) lab: Lab,
    pub(crate) runtime: Runtime,
    pub(crate) connection: Connection,
}

impl Bench {
    /// Starts a control plane and connects with the rights of the operator's service account.
    pub(crate) fn start() -> Self {
        let lab = Lab::start(&Settings::default()).unwrap();
        apply_roles(&lab);
        let account = lab.service_account("default", "replank").unwrap();
        let runtime = Runtime::new().unwrap();
        let access = Access { kubeconfig: Some(account.kubeconfig), context: None };
        let connection = runtime.block_on(connect::connect(&access)).unwrap();
        Self { lab, runtime, connection }
    }

    /// New nodes of a group that no other test uses.
    pub(crate) fn nodes(&self, group: &str, count: usize) -> Vec<NodeName> {
        let mut nodes = Node::spread(group, &["us-west-2a", "us-west-2b"], count);
        for node in &mut nodes {
            node.labels.insert("test".to_owned(), group.to_owned());
            // Other tests' pods stay away.
            node.taints.push(json!({"key": "test", "value": group, "effect": "NoSchedule"}));
        }
        let names = self.lab.add_nodes(&nodes).unwrap();
        self.wait("nodes to be ready", || {
            names.iter().all(|name| replank_lab::is_ready(&self.get(&format!("/api/v1/nodes/{name}"))))
        });
        names.iter().map(|name| NodeName::from(name.as_str())).collect()
    }

    /// A Deployment on the nodes of a group, under a budget, once it is available.
    pub(crate) fn deployment(&self, group: &str, replicas: usize, budget: &Value) {
        let labels = json!({"app": group});
        let toleration = json!({"key": "test", "operator": "Equal", "value": group, "effect": "NoSchedule"});
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": group, "namespace": "default"},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "terminationGracePeriodSeconds": 2, "nodeSelector": {"test": group},
                    "tolerations": [toleration], "containers": [{"name": "app", "image": "app:1"}],
                },
            }},
        });
        self.create("/apis/apps/v1/namespaces/default/deployments", &deployment);
        if !budget.is_null() {
            self.budget(group, group, budget);
        }
        self.wait("the deployment to be available", || {
            let path = format!("/apis/apps/v1/namespaces/default/deployments/{group}");
            self.get(&path)["status"]["availableReplicas"] == replicas
        });
    }

    /// A budget over the pods of a group.
    pub(crate) fn budget(&self, name: &str, group: &str, spec: &Value) {
        let mut spec = spec.clone();
        spec["selector"] = json!({"matchLabels": {"app": group}});
        let budget = json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
            "metadata": {"name": name, "namespace": "default"}, "spec": spec,
        });
        self.create("/apis/policy/v1/namespaces/default/poddisruptionbudgets", &budget);
        self.wait("the budget to be worked out", || {
            let path = format!("/apis/policy/v1/namespaces/default/poddisruptionbudgets/{name}");
            self.get(&path)["status"]["observedGeneration"] == 1
        });
    }

    /// The pods of a group with their nodes.
    pub(crate) fn pods(&self, group: &str) -> Vec<(ObjectName, Uid, String)> {
        let list = self.get(&format!("/api/v1/namespaces/default/pods?labelSelector=app%3D{group}"));
        let pods = list["items"].as_array().unwrap().iter().map(|pod| {
            let text = |at: &str| pod.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
            let uid = u128::from_str_radix(&text("/metadata/uid").replace('-', ""), 16).unwrap();
            (ObjectName::new("default", text("/metadata/name")), Uid(uid), text("/spec/nodeName"))
        });
        pods.collect()
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.lab.api().get(path).unwrap_or(Value::Null)
    }

    pub(crate) fn create(&self, path: &str, object: &Value) {
        self.lab.api().create(path, object).unwrap();
    }

    /// Waits until the cluster shows it.
    pub(crate) fn wait(&self, what: &str, done: impl Fn() -> bool) {
        self.lab.wait(PATIENCE, what, || Ok(done())).unwrap();
    }

    /// The side of a group, with a mirror of its own.
    pub(crate) fn side(&self, group: &str) -> KubeClusterPort {
        let mirror = Cache::start(&self.connection.client, self.runtime.handle());
        KubeClusterPort::new(
            self.connection.client.clone(),
            mirror,
            NodeScope::Group(NodeGroupName::from(group)),
        )
    }

    /// Looks until `done` sees what it wants.
    pub(crate) fn see(
        &self,
        side: &mut KubeClusterPort,
        what: &str,
        done: impl Fn(&Observation) -> bool,
    ) -> Observation {
        let mut seen = Observation::default();
        self.see_on(side, &mut seen, what, done);
        seen
    }

    /// Looks on, with what was seen so far.
    pub(crate) fn see_on(
        &self,
        side: &mut KubeClusterPort,
        seen: &mut Observation,
        what: &str,
        done: impl Fn(&Observation) -> bool,
    ) {
        let begun = Instant::now();
        loop {
            let read = self.runtime.block_on(side.observe(seen));
            if read.is_ok() && done(seen) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "did not see {what}: {read:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// Applies the roles we ship, and binds them to our service account.
fn apply_roles(lab: &Lab) {
    let mut apply = lab.kubectl();
    let mut apply = apply.args(["apply", "-f", "-"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(apply.stdin.as_mut().unwrap(), replank_kube::RBAC.as_bytes()).unwrap();
    assert!(apply.wait().unwrap().success());
    let account = "--serviceaccount=default:replank";
    let bindings: [&[&str]; 2] = [
        &["create", "clusterrolebinding", "replank", "--clusterrole=replank", account],
        &["-n", "kube-system", "create", "rolebinding", "replank", "--role=replank", account],
    ];
    for binding in bindings {
        assert!(lab.kubectl().args(binding).status().unwrap().success());
    }
}
