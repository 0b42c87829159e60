//! A cluster with a node group and the custom resources, and replicas of the operator.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use replank_lab::build::Minor;
use replank_lab::{Lab, Node, Settings};
use serde_json::{Value, json};

use crate::objects::{budget, deployment, template};

const WORLD: &str = "
timings: {launch: 500ms, boot: 1s, join: 0s, terminate: 1s}
update: {limits: {deregistrationDelay: 1s}}
";
/// Path of the updates that are declared.
pub(super) const UPDATES: &str = "/apis/replank.dev/v1alpha1/nodegroupupdates";
/// Path of the leases.
pub(super) const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
/// What is not there by then does not come.
const PATIENCE: Duration = Duration::from_mins(5);

/// The cluster.
pub(super) struct Fleet {
    pub(super) lab: Lab,
}

/// A replica of the operator; it ends with this.
pub(super) struct Replica(pub(super) Child);

impl Drop for Replica {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Fleet {
    /// A cluster without nodes, and the custom resources as they are printed.
    pub(super) fn bare() -> Self {
        Self::of(Minor::default())
    }

    /// The same of a minor.
    pub(super) fn of(minor: Minor) -> Self {
        let fleet = Self { lab: Lab::start(&Settings { minor, ..Settings::default() }).unwrap() };
        let printed = Command::new(env!("CARGO_BIN_EXE_replank")).arg("crds").output().unwrap();
        let (went_well, said) = fleet.apply(&String::from_utf8(printed.stdout).unwrap());
        assert!(went_well, "{said}");
        let crds = ["nodegroupupdates", "updatepolicies", "updaterecords", "snapshots"]
            .map(|it| it.to_owned() + ".replank.dev");
        let mut wait = vec!["wait", "--for=condition=Established", "--timeout=60s", "crd"];
        wait.extend(crds.iter().map(String::as_str));
        fleet.kubectl(&wait);
        fleet
    }

    /// The same with four nodes and an application with a budget.
    pub(super) fn launch() -> Self {
        Self::bare().filled()
    }

    /// The same without the custom resources.
    pub(super) fn launch_without_definitions() -> Self {
        Self { lab: Lab::start(&Settings::default()).unwrap() }.filled()
    }

    fn filled(self) -> Self {
        let fleet = self;
        let lab = &fleet.lab;
        lab.add_nodes(&Node::spread("workers", &["us-west-2a", "us-west-2b"], 4)).unwrap();
        lab.wait_for_ready_nodes(4).unwrap();
        let short = json!({"terminationGracePeriodSeconds": 2});
        let objects = [
            deployment("web", 6, template("web", 100, &short)),
            budget("web", "web", ("maxUnavailable", json!(1))),
        ];
        for (path, object) in objects {
            lab.api().create(&path, &object).unwrap();
        }
        fleet.until("the application", || {
            let web = lab.api().get("/apis/apps/v1/namespaces/default/deployments/web").unwrap();
            web["status"]["availableReplicas"] == 6
        });
        fs::write(lab.directory().join("world.yaml"), WORLD).unwrap();
        fleet
    }

    /// Starts a replica, with more flags.
    pub(super) fn replica(&self, name: &str, port: u16, more: &[&str]) -> Replica {
        Replica(self.command(name, port, &self.lab.kubeconfig()).args(more).spawn().unwrap())
    }

    /// A replica that is not started yet, as somebody whom a kubeconfig names.
    pub(super) fn command(&self, name: &str, port: u16, kubeconfig: &Path) -> Command {
        let directory = self.lab.directory();
        let log = fs::File::create(directory.join(format!("{name}.log"))).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_replank"));
        command.args(["operator", "--cloud", "kwok", "--replica", name, "--kubeconfig"]);
        command.arg(kubeconfig).arg("--data").arg(directory.join("ship"));
        command.arg("--world").arg(directory.join("world.yaml"));
        command.args(["--listen", &format!("127.0.0.1:{port}")]);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        command
    }

    /// Applies the plain manifests of the operator as they are shipped.
    pub(super) fn install(&self) {
        let manifests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/operator.yaml");
        let (went_well, said) = self.apply(&fs::read_to_string(manifests).unwrap());
        assert!(went_well, "{said}");
    }

    /// What a replica printed.
    pub(super) fn log(&self, name: &str) -> String {
        fs::read_to_string(self.lab.directory().join(format!("{name}.log"))).unwrap()
    }

    /// `kubectl apply` of a text: whether it was taken, and what was said.
    pub(super) fn apply(&self, text: &str) -> (bool, String) {
        let mut command = self.lab.kubectl();
        command.args(["apply", "-f", "-"]).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.success(), String::from_utf8(said).unwrap())
    }

    /// Output of a `kubectl` that has to succeed.
    pub(super) fn kubectl(&self, arguments: &[&str]) -> String {
        let ended = self.lab.kubectl().args(arguments).output().unwrap();
        assert!(ended.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).unwrap()
    }

    /// Declares an update, with more in its spec.
    pub(super) fn declare(&self, name: &str, more: &Value) {
        let mut spec = json!({"nodeGroup": "workers", "maxUnavailable": 2});
        for (key, value) in more.as_object().into_iter().flatten() {
            spec[key] = value.clone();
        }
        let object = json!({
            "apiVersion": "replank.dev/v1alpha1", "kind": "NodeGroupUpdate", "metadata": {"name": name}, "spec": spec,
        });
        self.lab.api().create(UPDATES, &object).unwrap();
    }

    /// The status of an update.
    pub(super) fn status(&self, name: &str) -> Value {
        self.lab.api().get(&format!("{UPDATES}/{name}")).unwrap()["status"].clone()
    }

    /// Waits until an update is in a phase.
    pub(super) fn until_phase(&self, name: &str, phase: &str) {
        self.until(&format!("{name} {phase}"), || self.status(name)["phase"] == phase);
    }

    /// Changes the spec of an update.
    pub(super) fn wish(&self, name: &str, spec: &Value) {
        self.lab.api().merge(&format!("{UPDATES}/{name}"), &json!({"spec": spec})).unwrap();
    }

    /// Waits for something.
    pub(super) fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let waited = self.lab.wait(PATIENCE, what, || Ok(holds()));
        if let Err(why) = waited {
            let logs = fs::read_dir(self.lab.directory()).unwrap().flatten().map(|entry| entry.path());
            let logs = logs.filter(|path| path.extension().is_some_and(|it| it == "log"));
            let logs = logs.filter_map(|path| fs::read_to_string(path).ok()).collect::<Vec<_>>().join("\n");
            let updates = self.lab.api().get(UPDATES).unwrap_or_default();
            panic!("{why:#}\n{logs}\n{updates:#}");
        }
    }

    /// Names of the nodes.
    pub(super) fn nodes(&self) -> BTreeSet<String> {
        let nodes = self.lab.api().get("/api/v1/nodes").unwrap();
        let nodes = nodes["items"].as_array().unwrap().iter();
        nodes.map(|node| node["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Marks of ours that are left on nodes: cordons, taints and annotations.
    pub(super) fn marks(&self) -> Vec<String> {
        let nodes = self.lab.api().get("/api/v1/nodes").unwrap();
        let marked = nodes["items"].as_array().unwrap().iter().filter(|node| {
            node["spec"]["unschedulable"] == true || node["spec"]["taints"].to_string().contains("replank")
        });
        marked.map(|node| node["metadata"]["name"].to_string()).collect()
    }
}
