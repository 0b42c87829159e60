//! A self-managed group of a cluster with an application on it, and updates of it under the rights that are shipped.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use replank_lab::aws::{Account, Faults, Group, Joins, Kubelets, Made, Moto, Pace};
use replank_lab::{Lab, Mark, Settings};
use serde_json::{Value, json};

use crate::objects::{budget, class, daemon_set, deployment, stateful_set, template, tolerant, volume};

/// An update that is not over by then is stuck.
pub(super) const PATIENCE: Duration = Duration::from_mins(5);
/// Who acts on the cluster.
pub(super) const ACCOUNT: &str = "system:serviceaccount:default:replank";
/// No load balancer waits here.
const LIMITS: &str = "join=3m,drain=2m,deregistrationDelay=1s,terminate=1m";
const PACE: Pace = Pace { pending: 0.5, terminating: 0.5 };
const QUICK: Joins = Joins::After(Duration::ZERO);
/// Deployments and StatefulSets, with their sizes.
const SERVICES: [(&str, &str, u64); 3] =
    [("deployments", "web", 6), ("deployments", "cart", 2), ("statefulsets", "orders", 2)];

/// The cluster, with everything running.
pub(super) struct Stage {
    // Dropped in this order: who acts on the cluster first.
    pub(super) kubelets: Kubelets,
    pub(super) faults: Faults,
    _moto: Moto,
    pub(super) lab: Lab,
    /// The account as a witness sees it, past the faults.
    pub(super) account: Account,
    pub(super) group: Group,
    pub(super) made: Made,
    /// Instances that are to be replaced.
    pub(super) old: BTreeSet<String>,
    /// What has to be as it was, at the end.
    before: Value,
    pub(super) mark: Mark,
    kubeconfig: PathBuf,
}

/// An update under way; it ends with this.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Stage {
    pub(super) fn launch(group: Group) -> Self {
        let (lab, moto) = std::thread::scope(|scope| {
            let moto = scope.spawn(|| Moto::start(PACE).unwrap());
            (Lab::start(&Settings::default()).unwrap(), moto.join().unwrap())
        });
        let faults = Faults::before(&moto, &[]).unwrap();
        let account = Account::at(moto.url());
        let kubelets = Kubelets::start(&lab, &moto, QUICK).unwrap();
        let made = group.create(&account).unwrap();
        lab.wait_for_ready_nodes(group.sizes[1] as usize).unwrap();
        let objects = [
            deployment("web", 6, template("web", 100, &json!({}))),
            budget("web", "web", ("maxUnavailable", json!(1))),
            deployment("cart", 2, template("cart", 100, &json!({}))),
            budget("cart", "cart", ("minAvailable", json!(1))),
            class(),
            volume("one", &group.zones[0]),
            volume("two", group.zones.last().unwrap()),
            stateful_set("orders", 2, template("orders", 100, &json!({}))),
            budget("orders", "orders", ("maxUnavailable", json!(1))),
            daemon_set("agent", template("agent", 50, &tolerant())),
        ];
        for (collection, object) in &objects {
            lab.api().create(collection, object).unwrap();
        }
        let kubeconfig = lab.service_account("default", "replank").unwrap().kubeconfig;
        let mark = lab.audit().mark().unwrap();
        let (old, before) = (BTreeSet::new(), Value::Null);
        let mut stage =
            Self { kubelets, faults, _moto: moto, lab, account, group, made, old, before, mark, kubeconfig };
        stage.until("the application", || stage.serves());
        stage.rights();
        stage.old = stage.members();
        stage.before = stage.given();
        stage
    }

    /// Notes anew what has to be as it was, at the end.
    pub(super) fn note_before(&mut self) {
        self.before = self.given();
    }

    /// Applies and binds the roles that are shipped.
    fn rights(&self) {
        let roles = Command::new(env!("CARGO_BIN_EXE_replank")).arg("rbac").output().unwrap().stdout;
        let mut apply = self.lab.kubectl();
        apply.args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut apply = apply.spawn().unwrap();
        apply.stdin.take().unwrap().write_all(&roles).unwrap();
        assert!(apply.wait().unwrap().success());
        let to = "--serviceaccount=default:replank";
        for role in ["replank", "replank-snapshot"] {
            self.kubectl(&format!("create clusterrolebinding {role} --clusterrole={role} {to}"));
        }
        for role in ["replank", "replank-autoscaler"] {
            self.kubectl(&format!("-n kube-system create rolebinding {role} --role={role} {to}"));
        }
    }

    /// What `kubectl` prints.
    pub(super) fn kubectl(&self, words: &str) -> String {
        let output = self.lab.kubectl().args(words.split_whitespace()).output().unwrap();
        assert!(output.status.success(), "kubectl {words}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Whether every service has all of its pods, and its budget counts them.
    pub(super) fn serves(&self) -> bool {
        SERVICES.iter().all(|(kind, name, wanted)| {
            let set = self.lab.api().get(&format!("/apis/apps/v1/namespaces/default/{kind}/{name}")).unwrap();
            let path = format!("/apis/policy/v1/namespaces/default/poddisruptionbudgets/{name}");
            let kept = self.lab.api().get(&path).unwrap();
            set["status"]["readyReplicas"] == *wanted && kept["status"]["currentHealthy"] == *wanted
        })
    }

    /// Waits until it is so.
    pub(super) fn until(&self, what: &str, done: impl Fn() -> bool) {
        let waited = self.lab.wait(PATIENCE, what, || Ok(done()));
        waited.unwrap_or_else(|error| {
            panic!("{error:#}: {} {:?}", self.told(), self.kubelets.trouble());
        });
    }

    /// Ids of the group's members that serve.
    pub(super) fn members(&self) -> BTreeSet<String> {
        let group = self.account.group(&self.group.name).unwrap();
        let serving = list(&group["Instances"]).iter().filter(|it| it["LifecycleState"] == "InService");
        serving.map(|it| text(&it["InstanceId"])).collect()
    }

    /// What an update has to give back: sizes, suspended processes, hooks, protections, tags.
    pub(super) fn given(&self) -> Value {
        let name = &self.group.name;
        let group = self.account.group(name).unwrap();
        let hooks = format!("autoscaling describe-lifecycle-hooks --auto-scaling-group-name {name}");
        let protected = list(&group["Instances"]).iter().filter(|it| it["ProtectedFromScaleIn"] == true);
        let mut tags: Vec<String> =
            list(&group["Tags"]).iter().map(|tag| format!("{}={}", tag["Key"], tag["Value"])).collect();
        tags.sort();
        let sizes = ["MinSize", "DesiredCapacity", "MaxSize"].map(|key| group[key].clone());
        json!({
            "sizes": sizes,
            "suspended": group["SuspendedProcesses"],
            "hooks": self.account.aws(&hooks).unwrap()["LifecycleHooks"],
            "protected": protected.count(),
            "protects": group["NewInstancesProtectedFromScaleIn"],
            "tags": tags,
        })
    }

    /// The group is given back as it was.
    pub(super) fn is_given_back(&self) {
        assert_eq!(self.given(), self.before, "{}", self.told());
    }

    /// Numbers of the template's versions.
    pub(super) fn versions(&self) -> Vec<u64> {
        let template = &self.made.template;
        let told = format!("ec2 describe-launch-template-versions --launch-template-id {template}");
        let told = self.account.aws(&told).unwrap();
        list(&told["LaunchTemplateVersions"]).iter().map(|it| it["VersionNumber"].as_u64().unwrap()).collect()
    }

    /// Image of every instance that runs.
    pub(super) fn images(&self) -> Vec<(String, String)> {
        let told = self
            .account
            .aws("ec2 describe-instances --filters Name=instance-state-name,Values=running")
            .unwrap();
        let instances = list(&told["Reservations"]).iter().flat_map(|it| list(&it["Instances"]));
        instances.map(|it| (text(&it["InstanceId"]), text(&it["ImageId"]))).collect()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.lab.directory().join(name)
    }

    /// The command on this group, with more words.
    pub(super) fn upgrade(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replank"));
        command.args(["upgrade", "nodegroup", &self.group.name, "--cloud", "aws", "--cluster", "lab"]);
        command.arg("--kubeconfig").arg(&self.kubeconfig).arg("--data").arg(self.file("stage"));
        command.args(words.split_whitespace()).env_remove("REPLANK_DIE_AT");
        if !words.contains("--limits") {
            command.args(["--limits", LIMITS]);
        }
        Account::at(self.faults.url()).lead(&mut command);
        command
    }

    /// The command, its lines in a file.
    pub(super) fn approved(&self, words: &str) -> Command {
        let out = || fs::File::options().append(true).create(true).open(self.file("told")).unwrap();
        let mut command = self.upgrade(words);
        command.arg("--approve").stdout(out()).stderr(out());
        command
    }

    pub(super) fn begin(&self, words: &str) -> Running {
        Running(self.approved(words).spawn().unwrap())
    }

    /// Runs one to its end.
    pub(super) fn update(&self, words: &str) -> Option<i32> {
        self.ended(&mut self.begin(words))
    }

    /// Exit code at the end of an update; none when a signal ended it.
    pub(super) fn ended(&self, update: &mut Running) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = update.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it is not over: {}", self.told());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What was said so far.
    pub(super) fn told(&self) -> String {
        fs::read_to_string(self.file("told")).unwrap_or_default()
    }

    /// Every node runs this image and is open, the application serves, and the group is as it was.
    pub(super) fn is_replaced(&self, image: &str) {
        self.until("the application", || self.serves());
        let members = self.members();
        assert!(members.is_disjoint(&self.old), "old instances are left: {}", self.told());
        let running = self.images();
        assert!(running.iter().all(|(_, it)| it == image), "{running:?}");
        let ids: BTreeSet<String> = running.into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, members, "what runs is in the group");
        self.until("the nodes of the members alone", || self.instances_of_nodes() == members);
        self.nodes_are_open();
        self.is_given_back();
        assert_eq!(self.kubelets.trouble(), Vec::<String>::new());
    }

    /// Instances of the nodes, told by `kubectl`.
    pub(super) fn instances_of_nodes(&self) -> BTreeSet<String> {
        let nodes = self.kubectl("get nodes -o jsonpath={.items[*].spec.providerID}");
        nodes.split_whitespace().map(|id| id.rsplit('/').next().unwrap().to_owned()).collect()
    }

    /// No node is closed, or carries anything of ours.
    pub(super) fn nodes_are_open(&self) {
        let nodes: Value = serde_json::from_str(&self.kubectl("get nodes -o json")).unwrap();
        for node in list(&nodes["items"]) {
            let (spec, meta) = (&node["spec"], &node["metadata"]);
            assert!(spec.get("unschedulable").is_none() && spec.get("taints").is_none(), "{node}");
            let ours = |key: &&String| key.contains("replank.dev/") && !key.contains("lab.replank.dev");
            let left = meta["annotations"].as_object().unwrap().keys().find(ours);
            assert_eq!(left, None, "{node}");
        }
    }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
