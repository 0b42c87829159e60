//! An update of a real cluster, run by the command itself: planned, approved, killed in the middle, gone on with.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use std::process::{Command, Stdio};
use std::time::Duration;

use replank_lab::{Lab, Node, Settings};
use serde_json::{Value, json};

const WORLD: &str = "
timings: {launch: 1s, boot: 2s, join: 0s, terminate: 1s}
update: {maxUnavailable: 2, limits: {deregistrationDelay: 1s}}
";

fn replank() -> Command {
    Command::new(env!("CARGO_BIN_EXE_replank"))
}

struct Ship {
    lab: Lab,
    old: Vec<String>,
}

impl Ship {
    fn launch() -> Self {
        let lab = Lab::start(&Settings::default()).unwrap();
        let old = lab.add_nodes(&Node::spread("workers", &["us-west-2a", "us-west-2b"], 4)).unwrap();
        lab.wait_for_ready_nodes(4).unwrap();
        let labels = json!({"app": "web"});
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 6, "selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels},
                "spec": {"terminationGracePeriodSeconds": 2, "containers": [{"name": "web", "image": "web:1"}]},
            }},
        });
        let budget = json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels}},
        });
        lab.api().create("/apis/apps/v1/namespaces/default/deployments", &deployment).unwrap();
        lab.api().create("/apis/policy/v1/namespaces/default/poddisruptionbudgets", &budget).unwrap();
        lab.wait(Duration::from_mins(5), "the application", || {
            let web = lab.api().get("/apis/apps/v1/namespaces/default/deployments/web")?;
            Ok(web["status"]["availableReplicas"] == 6)
        })
        .unwrap();
        std::fs::write(lab.directory().join("world.yaml"), WORLD).unwrap();
        Self { lab, old }
    }

    /// A command of a user whose state is in this directory of the lab.
    fn user(&self, state: &str, words: &str) -> Command {
        let mut command = replank();
        command.args(words.split_whitespace()).env("XDG_STATE_HOME", self.lab.directory().join(state));
        for name in ["REPLANK_ENDPOINT", "AWS_ENDPOINT_URL", "KUBECONFIG"] {
            command.env_remove(name);
        }
        command
    }

    /// What such a command says and ends with.
    fn says(&self, state: &str, words: &str) -> (Option<i32>, String) {
        let output = self.user(state, words).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code(), text)
    }

    fn upgrade(&self, more: &[&str]) -> Command {
        let mut command = self.user("state", "");
        command.args(["upgrade", "nodegroup", "workers", "--cloud", "kwok", "--kubeconfig"]);
        command.arg(self.lab.kubeconfig()).arg("--data").arg(self.lab.directory().join("ship"));
        command.arg("--world").arg(self.lab.directory().join("world.yaml")).args(more);
        command
    }

    fn nodes(&self) -> Vec<Value> {
        self.lab.api().get("/api/v1/nodes").unwrap()["items"].as_array().unwrap().clone()
    }

    fn names(&self) -> Vec<String> {
        self.nodes().iter().map(|node| node["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn an_update_of_a_real_cluster_is_planned_killed_and_gone_on_with() {
    let ship = Ship::launch();
    let before = ship.nodes();

    let planned = ship.upgrade(&[]).output().unwrap();
    let text = String::from_utf8(planned.stdout).unwrap();
    assert!(planned.status.success(), "{text} {}", String::from_utf8_lossy(&planned.stderr));
    assert!(text.contains("4 to replace") && text.contains("It would succeed."), "{text}");
    assert!(!ship.lab.directory().join("ship").exists(), "a plan leaves no directory behind");
    assert_eq!(
        ship.names(),
        before.iter().map(|node| node["metadata"]["name"].as_str().unwrap()).collect::<Vec<_>>()
    );

    let mark = ship.lab.audit().mark().unwrap();
    let mut first = ship.upgrade(&["--approve"]).stdout(Stdio::null()).spawn().unwrap();
    ship.lab
        .wait(Duration::from_mins(5), "a new node", || {
            Ok(ship.names().iter().any(|name| !ship.old.contains(name)))
        })
        .unwrap();
    let second = ship.upgrade(&["--approve"]).output().unwrap();
    assert_eq!(second.status.code(), Some(2), "one at a time");
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("of node group workers runs already") && said.contains("replank pause"), "{said}");
    is_steered(&ship);
    let elsewhere = replank()
        .args(["upgrade", "nodegroup", "workers", "--approve", "--cloud", "kwok", "--kubeconfig"])
        .arg(ship.lab.kubeconfig())
        .arg("--data")
        .arg(ship.lab.directory().join("another"))
        .output()
        .unwrap();
    let said = String::from_utf8(elsewhere.stderr).unwrap();
    assert!(elsewhere.status.code() == Some(2) && said.contains("acts on it"), "{said}");
    first.kill().unwrap();
    first.wait().unwrap();
    let data = ship.lab.directory().join("ship");
    let (code, text) = ship.says("state", &format!("history --data {}", data.display()));
    assert!(code == Some(0) && text.contains("phase \"Scale up\" begins"), "{text}");
    let (code, text) = ship.says("state", &format!("pause --data {}", data.display()));
    assert!(code == Some(5) && text.contains("no `replank up` runs there, and no update"), "{text}");
    let (code, text) = ship.says("state", "why");
    assert_eq!(code, Some(5), "nobody runs it: {text}");

    // The dead one's lease runs out first; whoever comes before that is told so.
    ship.lab
        .wait(Duration::from_mins(15), "the update to go on to its end", || Ok(goes_on_to_its_end(&ship)))
        .unwrap();

    let nodes = ship.nodes();
    assert_eq!(nodes.len(), 4, "the sizes from before");
    for node in &nodes {
        let name = node["metadata"]["name"].as_str().unwrap();
        assert!(!ship.old.iter().any(|old| old == name), "{name} is old");
        assert!(
            node["spec"].get("unschedulable").is_none() && node["spec"].get("taints").is_none(),
            "{node}"
        );
    }
    let (events, _) = ship.lab.audit().since(mark).unwrap();
    let ours = |it: &&replank_lab::Event| it.agent().contains("replank") || it.agent().is_empty();
    let deleted =
        events.iter().filter(ours).filter(|it| it.verb() == "delete" && it.resource() == "pods").count();
    assert_eq!(deleted, 0, "pods leave by eviction only");
    let told = ship.lab.kubectl().args(["get", "events", "-A", "-o", "json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let reasons: Vec<&str> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["source"]["component"] == "replank")
        .filter_map(|event| event["reason"].as_str())
        .collect();
    assert!(reasons.contains(&"Replacing") && reasons.contains(&"Drained"), "{reasons:?}");
}

/// An update that runs in a process of this user is found and steered without a server; others hear from its lease who runs
/// it, and where.
fn is_steered(ship: &Ship) {
    let says = |words: &str| ship.says("state", words);
    let (code, why) = says("why");
    assert!(code == Some(0) && why.contains("of node group workers") && why.contains("in phase"), "{why}");
    let list: Value = serde_json::from_str(&says("why -o json").1).unwrap();
    let id = list["updates"][0]["update"].as_str().unwrap().to_owned();
    let (code, paused) = says(&format!("pause {}", &id[..8]));
    assert!(
        code == Some(0) && paused.contains(&format!("update {id} of node group workers is paused")),
        "{paused}"
    );
    let (code, again) = says("pause --all");
    assert!(code == Some(2) && again.contains("is paused already"), "{again}");
    let shown = format!("why --kubeconfig {}", ship.lab.kubeconfig().display());
    assert!(says(&shown).1.contains("paused; go on with: replank resume"));
    assert!(says("history workers").1.contains("phase \"Scale up\" begins"));
    let (code, elsewhere) = ship.says("elsewhere", &shown);
    let data = ship.lab.directory().join("ship");
    assert!(
        code == Some(2) && elsewhere.contains(&format!("data directory {}", data.display())),
        "{elsewhere}"
    );
    let (code, resumed) = says("resume workers");
    assert!(code == Some(0) && resumed.contains("goes on"), "{resumed}");
}

/// Whether the same command, with another number, goes on to its end, with somebody who follows it.
fn goes_on_to_its_end(ship: &Ship) -> bool {
    let mut upgrade = ship.upgrade(&["--approve", "--max-unavailable", "1"]);
    let mut upgrade = upgrade.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while ship.says("state", "why workers").0 != Some(0) {
        if upgrade.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let (code, followed) = ship.says("state", "follow workers");
    let ended = upgrade.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("goes on as it was begun: --max-unavailable 2"), "{said}");
    assert!(ended.status.success(), "{said}");
    assert!(code == Some(0) && followed.contains("The update of node group workers succeeded"), "{followed}");
    true
}

#[test]
fn what_cannot_be_driven_is_refused_with_what_works_there() {
    let ship = Ship::launch();
    let kubeconfig = ship.lab.kubeconfig();
    let refused = |args: &[&str]| {
        let output = replank().args(args).arg("--kubeconfig").arg(&kubeconfig).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = refused(&["upgrade", "nodegroup", "workers"]);
    assert!(said.contains("replank drain") && said.contains("replank rehearse"), "{said}");
    let data = ship.lab.directory().join("no-group");
    let said = refused(&["upgrade", "nodegroup", "w", "--cloud", "kwok", "--data", data.to_str().unwrap()]);
    assert!(said.contains("there is no node group w; there is workers"), "{said}");
    let said = refused(&["drain", "nobody"]);
    assert!(said.contains("there is no node nobody"), "{said}");

    let planned =
        replank().args(["drain", &ship.old[0]]).arg("--kubeconfig").arg(&kubeconfig).output().unwrap();
    let text = String::from_utf8(planned.stdout).unwrap();
    assert!(
        planned.status.success() && text.contains("pods leave") && text.contains("Nothing was done"),
        "{text}"
    );
    let mut drain = replank();
    let drained = drain
        .args(["drain", &ship.old[0], "--approve", "--timeout", "10m"])
        .arg("--kubeconfig")
        .arg(&kubeconfig);
    let drained = drained.output().unwrap();
    let text = String::from_utf8(drained.stdout).unwrap();
    assert!(drained.status.success() && text.contains("is drained and stays cordoned"), "{text}");
    let pods =
        ship.lab.api().get(&format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{}", ship.old[0])).unwrap();
    assert_eq!(pods["items"].as_array().map(Vec::len), Some(0), "{text} {pods}");
}
