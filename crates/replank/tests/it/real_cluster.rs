//! The upgrade of a whole real cluster by the command itself: its control plane really becomes the next minor in mid-flow
//! under a running application, and the command is killed in between.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use replank_lab::build::Minor;
use replank_lab::{Lab, Node, Settings};
use serde_json::{Value, json};

use crate::tool::{Ran, Scratch, command, ended};

const WORLD: &str = "
timings: {launch: 1s, boot: 2s, join: 0s, terminate: 1s}
update: {maxUnavailable: 2, limits: {settle: 1s}}
";
const WEB: &str = "/apis/apps/v1/namespaces/default/deployments/web";
const PROXY: &str = "/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy";
const PATIENCE: Duration = Duration::from_mins(10);

struct Ship {
    lab: Lab,
    scratch: Scratch,
}

/// A process that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn object(kind: &str, name: &str, labels: &Value, mut spec: Value, image: &str) -> Value {
    let tolerations = if kind == "DaemonSet" { json!([{"operator": "Exists"}]) } else { json!([]) };
    spec["selector"] = json!({"matchLabels": labels});
    spec["template"] = json!({
        "metadata": {"labels": labels},
        "spec": {
            "terminationGracePeriodSeconds": 2, "tolerations": tolerations,
            "containers": [{"name": name, "image": image}],
        },
    });
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

impl Ship {
    fn launch(name: &str) -> Self {
        let lab = Lab::start(&Settings::default()).expect("a lab");
        lab.add_nodes(&Node::spread("workers", &["us-west-2a", "us-west-2b"], 4)).expect("nodes");
        lab.wait_for_ready_nodes(4).expect("nodes");
        let web = object("Deployment", "web", &json!({"app": "web"}), json!({"replicas": 6}), "web:1");
        let proxy = json!({"k8s-app": "kube-proxy"});
        let proxy =
            object("DaemonSet", "kube-proxy", &proxy, json!({}), "registry.k8s.io/kube-proxy:v1.34.4");
        let budget = json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}},
        });
        for (collection, object) in [
            ("/apis/apps/v1/namespaces/default/deployments", &web),
            ("/apis/apps/v1/namespaces/kube-system/daemonsets", &proxy),
            ("/apis/policy/v1/namespaces/default/poddisruptionbudgets", &budget),
        ] {
            lab.api().create(collection, object).expect("an object");
        }
        let scratch = Scratch::new(name);
        scratch.write("world.yaml", WORLD);
        let ship = Self { lab, scratch };
        ship.until("the application", || ship.available() == 6 && ship.proxies() == (4, 4));
        ship
    }

    fn get(&self, path: &str) -> Value {
        self.lab.api().get(path).unwrap_or_default()
    }

    fn available(&self) -> u64 {
        self.get(WEB)["status"]["availableReplicas"].as_u64().unwrap_or(0)
    }

    /// Pods of kube-proxy that are wanted, and those of its template that are there.
    fn proxies(&self) -> (u64, u64) {
        let status = &self.get(PROXY)["status"];
        let number = |name: &str| status[name].as_u64().unwrap_or(0);
        (number("desiredNumberScheduled"), number("updatedNumberScheduled").min(number("numberAvailable")))
    }

    fn kubelets(&self) -> Vec<String> {
        let nodes = self.get("/api/v1/nodes");
        let nodes = nodes["items"].as_array().cloned().unwrap_or_default();
        nodes
            .iter()
            .map(|node| node["status"]["nodeInfo"]["kubeletVersion"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    fn until(&self, what: &str, done: impl Fn() -> bool) {
        let waited = self.lab.wait(PATIENCE, what, || Ok(done()));
        assert!(waited.is_ok(), "{waited:?}: {} {}", self.told(), self.says("why").out);
    }

    /// A command of a user whose state is in the scratch directory.
    fn command(&self, words: &str) -> Command {
        let mut command = command(words);
        command.env("XDG_STATE_HOME", self.scratch.path()).current_dir(self.scratch.path());
        for name in ["REPLANK_ENDPOINT", "AWS_ENDPOINT_URL", "KUBECONFIG"] {
            command.env_remove(name);
        }
        command
    }

    fn says(&self, words: &str) -> Ran {
        ended(self.command(words).output())
    }

    fn upgrade(&self, more: &str) -> Command {
        self.upgrade_in("ship", more)
    }

    fn upgrade_in(&self, data: &str, more: &str) -> Command {
        let kubeconfig = self.lab.kubeconfig();
        self.command(&format!(
            "upgrade cluster shop --kubeconfig {} --cloud kwok --world world.yaml --data {data} {more}",
            kubeconfig.display()
        ))
    }

    fn begin(&self) -> Running {
        let file = || {
            let path = self.scratch.path().join("told");
            std::fs::File::options().append(true).create(true).open(path).expect("a file")
        };
        let mut command = self.upgrade("--approve --gate none");
        Running(command.stdout(file()).stderr(file()).stdin(Stdio::null()).spawn().expect("the command"))
    }

    fn told(&self) -> String {
        std::fs::read_to_string(self.scratch.path().join("told")).unwrap_or_default()
    }

    fn why(&self) -> String {
        self.says("why").out
    }
}

fn refused(ran: &Ran, said: &str) {
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(said), "{said}: {}", ran.err);
}

/// A plan says everything and changes nothing, and what is wrong is told with its way out.
fn is_planned(ship: &Ship) {
    let plan = ended(ship.upgrade("").output());
    assert_eq!(plan.code, Some(0), "{}{}", plan.out, plan.err);
    for words in [
        "(plan) would upgrade cluster \"shop\" control plane from current version \"1.34\" to \"1.35\"\n",
        "1. check whether 1.35 is in reach\n",
        "2. wait until the control plane runs 1.35: whoever owns it upgrades it\n",
        "3. change the objects of kube-proxy to its version for 1.35",
        "4. replace the nodes of node group workers by nodes of 1.35, one first",
        "no changes were applied, run again with '--approve' to apply the changes\n",
    ] {
        assert!(plan.out.contains(words), "{words}: {}", plan.out);
    }
    assert!(!ship.scratch.path().join("ship").exists(), "a plan leaves no directory behind");
    for (more, said) in [
        ("--to 1.36", "Found upgrade from \"1.34\" to \"1.36\". Please upgrade to \"1.35\" first"),
        ("--to 1.33", "version: 1.33 is older than 1.34"),
        ("--to 1.99", "control plane version \"1.99\" is not supported"),
        ("--no-wait --approve", "--no-wait: only with a server"),
        ("--region r", "--region: only with --cloud aws"),
    ] {
        refused(&ended(ship.upgrade(more).output()), said);
    }
}

#[test]
fn a_real_control_plane_is_replaced_in_mid_flow_and_everything_follows() {
    let ship = Ship::launch("real-cluster");
    let kubeconfig = ship.lab.kubeconfig().display().to_string();
    let check =
        |target: &str| ship.says(&format!("check --kubeconfig {kubeconfig} {target} --fail-on blocks"));
    let before = check("--target 1.35");
    assert_eq!(before.code, Some(0), "{}{}", before.out, before.err);

    is_planned(&ship);
    let mut running = ship.begin();
    ship.until("the wait for its owner", || {
        ship.why().contains("its owner has to bring the control plane to 1.35")
    });
    let why = ship.why();
    assert!(why.contains("the API server is at v1.34.4") && why.contains("it goes on by itself"), "{why}");
    refused(&ended(ship.upgrade("--approve").output()), "of cluster shop runs already");
    let elsewhere = ended(ship.upgrade_in("another", "--approve").output());
    refused(&elsewhere, "the whole cluster: ");
    assert!(ship.says("pause shop").out.contains("is paused"));
    ship.until("the pause", || ship.why().contains("it is paused"));
    assert!(ship.says("resume shop").out.contains("goes on"));
    assert!(ship.kubelets().iter().all(|kubelet| kubelet == "v1.34.4"), "{:?}", ship.kubelets());

    // Its owner replaces it: the API does not answer for a while, and the upgrade goes on by itself.
    ship.lab.upgrade(Minor::V1_35).expect("the next minor");
    ship.until("a node of the next minor", || {
        ship.kubelets().iter().any(|kubelet| kubelet.starts_with("v1.35."))
    });
    running.0.kill().expect("it runs");
    running.0.wait().expect("it ends");
    // A node may have joined a moment ago.
    ship.until("kube-proxy on every node", || ship.proxies().0 == ship.kubelets().len() as u64);
    let history = ship.says("history --data ship");
    assert!(history.out.contains("done: change the objects of kube-proxy"), "{}{}", history.out, history.err);

    let mut least = 6;
    let mut again = ship.begin();
    while again.0.try_wait().expect("a status").is_none() {
        least = least.min(ship.available());
        std::thread::sleep(Duration::from_millis(200));
    }
    let told = ship.told();
    assert_eq!(again.0.wait().expect("a status").code(), Some(0), "{told}");
    assert!(
        told.ends_with("cluster \"shop\" control plane has been upgraded to version \"1.35\"\n"),
        "{told}"
    );
    assert!(told.contains("and goes on as it was begun"), "{told}");
    assert!(told.contains("the first new node is Ready and runs a pod"), "{told}");
    // The budget lets one of six go.
    assert!(least >= 4, "{least} of 6 at the lowest: {told}");
    let kubelets = ship.kubelets();
    assert!(
        kubelets.len() == 4 && kubelets.iter().all(|kubelet| kubelet.starts_with("v1.35.")),
        "{kubelets:?}"
    );
    let proxy = ship.get(PROXY);
    let image = &proxy["spec"]["template"]["spec"]["containers"][0]["image"];
    assert!(
        image.as_str().is_some_and(|image| image.starts_with("registry.k8s.io/kube-proxy:v1.35.")),
        "{image}"
    );
    ship.until("the application", || ship.available() == 6 && ship.proxies() == (4, 4));
    let after = check("--target 1.36");
    assert_eq!(after.code, Some(0), "{}{}", after.out, after.err);
    let done = ended(ship.upgrade("--to 1.35").output());
    assert_eq!(done.out, "cluster \"shop\" control plane is already at version \"1.35\"\n", "{}", done.err);
}
