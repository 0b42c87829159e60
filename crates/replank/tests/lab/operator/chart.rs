//! The chart and the plain manifests: taken by a real API server, installed, upgraded and uninstalled by Helm itself.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use replank_lab::build::{Minor, Programs};

use super::browser::Site;
use super::fleet::Fleet;

const CHART: &str = "deploy/helm/replank-operator";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a program prints; none where it is not installed.
fn ran(program: &str, arguments: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root()).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().ok()?;
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Some(child.wait_with_output().unwrap())
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

impl Fleet {
    /// Helm, on this cluster.
    fn helm(&self, arguments: &[&str]) -> Option<Output> {
        let kubeconfig = self.lab.kubeconfig();
        let home = self.lab.directory().join("helm");
        // What the lab built goes before what the machine has.
        let program = replank_lab::build::built_helm().unwrap_or_else(|| "helm".into());
        let mut command = Command::new(program);
        for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(name, &home);
        }
        command.current_dir(root()).args(arguments).arg("--kubeconfig").arg(kubeconfig);
        command.stdin(Stdio::null()).output().ok()
    }
}

#[test]
fn the_manifests_are_taken() {
    let fleet = Fleet::bare();
    kubectl_has_it_as_a_plug_in(&fleet);
    fleet.install();
    let budget =
        fleet.kubectl(&["-n", "replank", "get", "pdb,networkpolicy,service,deployment", "-o", "name"]);
    assert_eq!(budget.lines().count(), 4, "{budget}");
}

/// Everything of a chart that has been installed, by kind and name.
const KINDS: &str = "clusterroles,clusterrolebindings,roles,rolebindings,validatingadmissionpolicies,\
    validatingadmissionpolicybindings,deployments,replicasets,services,serviceaccounts,configmaps,secrets,\
    poddisruptionbudgets,networkpolicies,nodegroupupdates,updatepolicies";

#[test]
fn helm_installs_upgrades_and_uninstalls_the_chart() {
    let fleet = Fleet::bare();
    let Some(version) = fleet.helm(&["version", "--template={{.Version}}"]) else {
        println!("helm is not there: the chart was not tried; cargo xtask lab build --helm");
        return;
    };
    assert!(said(&version).starts_with("v4."), "{}", said(&version));
    let refused = fleet.helm(&["template", "replank", CHART, "--set", "replica=3"]).unwrap();
    assert!(!refused.status.success() && said(&refused).contains("replica"), "{}", said(&refused));
    let every = [
        "--set",
        "monitoring.rules=true,monitoring.scrape=true,monitoring.board=true,notify.url=https://example.org/hook",
    ];
    let printed = fleet.helm(&[&["template", "replank", CHART], &every[..]].concat()).unwrap();
    assert!(printed.status.success(), "{}", said(&printed));
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(text.contains("kind: PrometheusRule") && text.contains("{{ $labels.nodegroup }}"), "{text}");

    fleet.takes_what_is_rendered();
    if Programs::built(Minor::V1_37).is_ok() {
        Fleet::of(Minor::V1_37).takes_what_is_rendered();
    } else {
        println!("the lab has no 1.37: the chart was not tried on it; cargo xtask lab build --minor 1.37");
    }

    let there = |fleet: &Fleet| {
        let all = fleet.kubectl(&["get", KINDS, "-A", "-o", "name"]);
        let ours = all.lines().filter(|name| name.contains("replank"));
        ours.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(there(&fleet), Vec::<String>::new(), "nothing was installed yet");
    let place = ["--namespace", "chart", "--create-namespace"];
    let board = ["--set", "monitoring.board=true"];
    let installed = fleet.helm(&[&["install", "replank", CHART], &place[..], &board[..]].concat()).unwrap();
    assert!(installed.status.success(), "{}", said(&installed));
    let board = fleet.kubectl(&[
        "-n",
        "chart",
        "get",
        "configmap",
        "replank-operator-board",
        "-o",
        "jsonpath={.data.replank\\.json}",
    ]);
    assert!(board.contains("\"legendFormat\": \"{{nodegroup}} {{stage}}\""), "{board}");
    let upgraded = fleet
        .helm(&[&["upgrade", "replank", CHART], &place[..2], &["--set", "replicas=3"]].concat())
        .unwrap();
    assert!(upgraded.status.success(), "{}", said(&upgraded));
    let replicas =
        ["-n", "chart", "get", "deployment", "replank-operator", "-o", "jsonpath={.spec.replicas}"];
    assert_eq!(fleet.kubectl(&replicas), "3");
    let gone = fleet.helm(&["uninstall", "replank", "--namespace", "chart"]).unwrap();
    assert!(gone.status.success(), "{}", said(&gone));
    fleet.until("everything is gone", || there(&fleet).is_empty());
    // What declares updates is not the chart's to take away, nor what is declared.
    for kind in ["nodegroupupdates", "snapshots", "updatepolicies", "updaterecords"] {
        fleet.kubectl(&["get", "crd", &format!("{kind}.replank.dev")]);
    }
}

impl Fleet {
    /// What is rendered is taken by the API server as it stands, monitoring's own kinds excepted.
    fn takes_what_is_rendered(&self) {
        let plain = self.helm(&["template", "replank", CHART, "--namespace", "default"]).unwrap();
        assert!(plain.status.success(), "{}", said(&plain));
        let rendered = self.lab.directory().join("rendered.yaml");
        std::fs::write(&rendered, plain.stdout).unwrap();
        self.kubectl(&["apply", "--dry-run=server", "--validate=strict", "-f", &rendered.to_string_lossy()]);
    }
}

/// `kubectl` finds plug-ins by the names of programs on `PATH`.
fn kubectl_has_it_as_a_plug_in(fleet: &Fleet) {
    let plugins = fleet.lab.directory().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_replank"), plugins.join("kubectl-replank")).unwrap();
    let kubectl = fleet.lab.kubectl();
    let output =
        Command::new(kubectl.get_program()).args(["replank", "get", "--help"]).env("PATH", plugins).output();
    let output = output.unwrap();
    assert!(output.status.success() && said(&output).contains("replank get [OPTIONS]"), "{}", said(&output));
}

#[test]
fn promtool_finds_nothing_wrong_with_rules_and_metrics() {
    let Some(version) = ran("promtool", &["--version"], "") else {
        println!("promtool is not installed: rules and metrics were not tried");
        return;
    };
    assert!(version.status.success(), "{}", said(&version));
    let rules = ran("promtool", &["check", "rules", "deploy/alerts.yaml"], "").unwrap();
    assert!(rules.status.success(), "{}", said(&rules));
    let fleet = Fleet::launch();
    let _replica = fleet.replica("one", 18_411, &[]);
    fleet.declare("roll", &serde_json::json!({"approved": true}));
    fleet.until("a node in work", || fleet.status("roll")["nodes"]["inWork"].as_u64() > Some(0));
    let site = Site(18_411);
    fleet.until("metrics of it", || {
        site.ask("GET", "/metrics", &[], "").body.contains("replank_update_nodes{")
    });
    let metrics = site.ask("GET", "/metrics", &[], "").body;
    let checked = ran("promtool", &["check", "metrics"], &metrics).unwrap();
    assert!(checked.status.success(), "{}\n{metrics}", said(&checked));
}
