//! A scenario on a real control plane.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;

use replank_lab::{Lab, Settings, Timing};
use serde_json::Value;

use super::scenario::Scenario;
use super::told::{Told, blockers, outcome, workload};

/// How long kubelets take here.
const TIMING: Timing = Timing { join: 2.0, start: 1.0, ready: 1.0, stop: 1.0 };
/// Waits from so many seconds on are told; what counts as a blocker is decided where they are compared.
pub(crate) const TOLD_FROM: &str = "1s";

/// A cluster with everything of a scenario in it, at rest.
pub(crate) struct Ship {
    lab: Lab,
    old: BTreeSet<String>,
}

impl Ship {
    /// Sets a scenario up.
    pub(crate) fn launch(scenario: &Scenario) -> Self {
        let lab =
            Lab::start(&Settings { timing: TIMING, minor: scenario.minor, ..Settings::default() }).unwrap();
        let old = lab.add_nodes(&scenario.nodes).unwrap().into_iter().collect();
        lab.wait_for_ready_nodes(scenario.nodes.len()).unwrap();
        for (collection, object) in &scenario.objects {
            lab.api().create(collection, object).unwrap();
        }
        std::fs::write(lab.directory().join("world.yaml"), scenario.world()).unwrap();
        let ship = Self { lab, old };
        ship.lab.wait(Duration::from_mins(10), "all pods to run", || Ok(ship.is_at_rest(scenario))).unwrap();
        std::thread::sleep(Duration::from_secs(scenario.age));
        ship
    }

    /// Whether every pod that is wanted runs, is as ready as it gets, and is counted by its budgets.
    fn is_at_rest(&self, scenario: &Scenario) -> bool {
        let pods = self.list("/api/v1/pods");
        let condition = |pod: &Value, kind: &str| {
            let all = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
            all.iter().any(|it| it["type"] == kind && it["status"] == "True")
        };
        let never = |pod: &Value| pod["metadata"]["annotations"]["lab.replank.dev/ready-seconds"] == "never";
        let at_rest =
            |pod: &&Value| pod["status"]["phase"] == "Running" && (never(pod) || condition(pod, "Ready"));
        let ready: Vec<&Value> = pods.iter().filter(at_rest).collect();
        let healthy = |budget: &Value| {
            let of = &budget["spec"]["selector"]["matchLabels"]["app"];
            let own = ready.iter().filter(|pod| pod["metadata"]["labels"]["app"] == *of && !never(pod));
            budget["status"]["currentHealthy"].as_u64() == Some(own.count() as u64)
        };
        let settled =
            |budget: &Value| budget["status"]["observedGeneration"] == budget["metadata"]["generation"];
        // Two budgets on one pod, or a pod without a controller: such a budget is never worked out.
        let failed = |budget: &Value| {
            let all = budget["status"]["conditions"].as_array().cloned().unwrap_or_default();
            all.iter().any(|it| it["reason"] == "SyncFailed")
        };
        let budgets = self.list("/apis/policy/v1/poddisruptionbudgets");
        ready.len() == scenario.running
            && pods.len() == scenario.running
            && budgets
                .iter()
                .all(|budget| failed(budget) || settled(budget) && (healthy(budget) || budgets.len() > 1))
    }

    /// A file of the ship's own.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.lab.directory().join(name)
    }

    /// The lab's kubectl.
    pub(crate) fn kubectl(&self) -> Command {
        self.lab.kubectl()
    }

    /// What is left of the Jobs of all namespaces.
    pub(crate) fn jobs(&self) -> Vec<Value> {
        self.list("/apis/batch/v1/jobs")
    }

    /// The administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.lab.kubeconfig()
    }

    /// Takes a snapshot, as the user would.
    pub(crate) fn snapshot(&self) -> PathBuf {
        let file = self.file("cluster.snap");
        let mut command = Command::new(env!("CARGO_BIN_EXE_replank"));
        command.arg("snapshot").arg("--kubeconfig").arg(self.lab.kubeconfig()).arg("-o").arg(&file);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        file
    }

    /// Runs the update to its end.
    pub(crate) fn update(&self) -> Told {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replank"));
        command.args(["upgrade", "nodegroup", "workers", "--cloud", "kwok", "--approve", "-o", "json"]);
        command.args(["--stalls-from", TOLD_FROM, "--kubeconfig"]).arg(self.lab.kubeconfig());
        command.arg("--world").arg(self.file("world.yaml")).arg("--data").arg(self.file("ship"));
        let output = command.output().unwrap();
        let lines = String::from_utf8(output.stdout.clone()).unwrap();
        let end = lines.lines().rfind(|line| line.contains("\"type\":\"end\""));
        let Some(end) = end else { panic!("the update came to no end: {}", text(&output)) };
        let end: Value = serde_json::from_str(end).unwrap();
        self.told(&end["update"])
    }

    fn told(&self, end: &Value) -> Told {
        let phases = end["phases"].as_array().unwrap().iter();
        let phases =
            phases.map(|it| (it["phase"].as_str().unwrap().to_owned(), it["seconds"].as_i64().unwrap()));
        let nodes = self.list("/api/v1/nodes");
        let names = nodes.iter().map(|node| node["metadata"]["name"].as_str().unwrap().to_owned());
        let unplaced = self.list("/api/v1/pods").into_iter().filter(|pod| {
            let all = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
            all.iter().any(|it| it["type"] == "PodScheduled" && it["reason"] == "Unschedulable")
        });
        Told {
            outcome: outcome(end["outcome"].as_str().unwrap(), &end["failure"]),
            seconds: end["seconds"].as_i64().unwrap(),
            phases: phases.collect(),
            blockers: blockers(&end["stalls"]),
            old_left: names.filter(|name| self.old.contains(name)).collect(),
            unplaced: unplaced.map(|pod| workload(&name(&pod))).collect(),
        }
    }

    fn list(&self, path: &str) -> Vec<Value> {
        self.lab.api().get(path).unwrap()["items"].as_array().unwrap().clone()
    }
}

fn name(object: &Value) -> String {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text("namespace"), text("name"))
}

/// All that a command said.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
