//! A cluster with two node groups, and an update of one of them under the rights that are shipped and no more.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use replank_lab::{Event, Lab, Mark, Node, Settings};
use serde_json::{Value, json};

use crate::objects::{bare, budget, deployment, template};

const ZONES: [&str; 2] = ["us-west-2a", "us-west-2b"];
const WORLD: &str = "
timings: {launch: 500ms, boot: 1s, terminate: 1s}
update: {maxUnavailable: 2, limits: {deregistrationDelay: 1s}}
";
/// An update that is not over by then is stuck.
pub(super) const PATIENCE: Duration = Duration::from_mins(15);
/// Who acts.
const ACCOUNT: &str = "system:serviceaccount:default:replank";
const WEBHOOKS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const FLOWS: &str = "/apis/flowcontrol.apiserver.k8s.io/v1";

/// The cluster, with everything running.
pub(super) struct Ship {
    pub(super) lab: Lab,
    /// Nodes that are to be replaced.
    pub(super) old: BTreeSet<String>,
    /// Nodes and pods that nobody may touch.
    pub(super) others: BTreeSet<String>,
    mark: Mark,
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

/// Whether the update asked for it.
pub(super) fn is_ours(event: &Event) -> bool {
    event.user() == ACCOUNT
}

impl Ship {
    pub(super) fn launch() -> Self {
        let lab = Lab::start(&Settings::default()).unwrap();
        let old: BTreeSet<String> =
            lab.add_nodes(&Node::spread("workers", &ZONES, 4)).unwrap().into_iter().collect();
        let mut others: BTreeSet<String> =
            lab.add_nodes(&[Node::new("others", ZONES[0])]).unwrap().into_iter().collect();
        others.insert("bystander".to_owned());
        lab.wait_for_ready_nodes(5).unwrap();
        let on = |group: &str| json!({"nodeSelector": {"eks.amazonaws.com/nodegroup": group}});
        let mut bystander = bare("bystander", 100);
        bystander.1["spec"]["nodeSelector"] = on("others")["nodeSelector"].clone();
        let objects = [
            deployment("web", 8, template("web", 100, &on("workers"))),
            budget("web", "web", ("maxUnavailable", json!(1))),
            bystander,
        ];
        for (collection, object) in &objects {
            lab.api().create(collection, object).unwrap();
        }
        let ready = || {
            let web = lab.api().get("/apis/apps/v1/namespaces/default/deployments/web")?;
            let kept = lab.api().get("/apis/policy/v1/namespaces/default/poddisruptionbudgets/web")?;
            Ok(web["status"]["availableReplicas"] == 8 && kept["status"]["currentHealthy"] == 8)
        };
        lab.wait(PATIENCE, "the application", ready).unwrap();
        fs::write(lab.directory().join("world.yaml"), WORLD).unwrap();
        let kubeconfig = lab.service_account("default", "replank").unwrap().kubeconfig;
        let mark = lab.audit().mark().unwrap();
        let ship = Self { lab, old, others, mark, kubeconfig };
        ship.roles();
        ship
    }

    /// Applies the roles that are shipped, and binds those that an update here needs.
    fn roles(&self) {
        let roles = Command::new(env!("CARGO_BIN_EXE_replank")).arg("rbac").output().unwrap().stdout;
        let mut apply = self.lab.kubectl();
        let mut apply =
            apply.args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        apply.stdin.as_mut().unwrap().write_all(&roles).unwrap();
        assert!(apply.wait().unwrap().success());
        self.bind("replank");
        self.bind("replank-snapshot");
        self.bind("replank-kwok");
        self.kubectl(&[
            "-n",
            "kube-system",
            "create",
            "rolebinding",
            "replank",
            "--role=replank",
            "--serviceaccount=default:replank",
        ]);
    }

    pub(super) fn bind(&self, role: &str) {
        let role_flag = format!("--clusterrole={role}");
        self.kubectl(&["create", "clusterrolebinding", role, &role_flag, "--serviceaccount=default:replank"]);
    }

    pub(super) fn unbind(&self, role: &str) {
        self.kubectl(&["delete", "clusterrolebinding", role]);
    }

    fn kubectl(&self, arguments: &[&str]) {
        let output = self.lab.kubectl().args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.lab.directory().join(name)
    }

    /// The update, with its lines in a file.
    pub(super) fn update(&self) -> Command {
        self.update_with(&self.kubeconfig)
    }

    fn update_with(&self, kubeconfig: &Path) -> Command {
        let out = || fs::File::options().append(true).create(true).open(self.file("told")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_replank"));
        command.args(["upgrade", "nodegroup", "workers", "--cloud", "kwok", "--approve", "-o", "json"]);
        command.arg("--kubeconfig").arg(kubeconfig).arg("--data").arg(self.file("ship"));
        command.arg("--world").arg(self.file("world.yaml")).env_remove("REPLANK_DIE_AT");
        command.stdin(Stdio::null()).stdout(out()).stderr(out());
        command
    }

    pub(super) fn begin(&self) -> Running {
        Running(self.update().spawn().unwrap())
    }

    pub(super) fn begin_with(&self, kubeconfig: &Path) -> Running {
        Running(self.update_with(kubeconfig).spawn().unwrap())
    }

    /// Begins, and waits until pods have been asked to leave.
    pub(super) fn begin_and_drain(&self) -> Running {
        let running = self.begin();
        self.until_draining();
        running
    }

    pub(super) fn until_draining(&self) {
        let evicted = || {
            let events = self.asked()?;
            Ok(events.iter().any(|it| it.resource() == "pods/eviction" && it.status() == 201))
        };
        let begun = self.lab.wait(PATIENCE, "a first eviction", evicted);
        begun.unwrap_or_else(|error| panic!("{error:#}: {}", self.told()));
    }

    /// Waits until one of these was said.
    pub(super) fn until_told(&self, words: &[&str]) {
        let is_told = || {
            let told = self.told();
            Ok(words.iter().any(|words| told.contains(words)))
        };
        let said = self.lab.wait(PATIENCE, words[0], is_told);
        said.unwrap_or_else(|error| panic!("{error:#}: {}", self.told()));
    }

    /// An old node that is being drained, if there is one.
    pub(super) fn draining_node(&self) -> Option<String> {
        let nodes = self.lab.api().get("/api/v1/nodes").unwrap();
        let cordoned = |node: &&Value| node["spec"]["unschedulable"] == true;
        let names = nodes["items"].as_array().unwrap().iter().filter(cordoned);
        let mut names = names.map(|node| node["metadata"]["name"].as_str().unwrap().to_owned());
        names.find(|name| self.old.contains(name))
    }

    /// What was said so far.
    pub(super) fn told(&self) -> String {
        fs::read_to_string(self.file("told")).unwrap_or_default()
    }

    /// Waits for the end of a process.
    pub(super) fn ended(&self, child: &mut Child) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            if begun.elapsed() > PATIENCE {
                let _ended = child.kill();
                panic!("the update is not over: {}", self.told());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for the end of an update, which succeeds; answers with everything it said.
    pub(super) fn finished(&self, mut update: Running) -> String {
        let status = self.ended(&mut update.0);
        assert!(status.success(), "{status}: {}", self.told());
        self.is_done();
        self.told()
    }

    /// Every node is new, and the sizes are those from before.
    pub(super) fn is_done(&self) {
        let nodes = self.lab.api().get("/api/v1/nodes").unwrap();
        let names = nodes["items"].as_array().unwrap().iter();
        let names: BTreeSet<String> =
            names.map(|node| node["metadata"]["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(names.len(), 5, "{names:?}");
        assert!(names.is_disjoint(&self.old), "old nodes are left: {names:?}");
    }

    /// What the update asked of the server.
    pub(super) fn asked(&self) -> anyhow::Result<Vec<Event>> {
        let (events, _) = self.lab.audit().since(self.mark)?;
        Ok(events.into_iter().filter(is_ours).collect())
    }

    /// A kubeconfig that asks a program for its token, as `aws eks get-token` is asked; the token is good for a second.
    pub(super) fn kubeconfig_with_plugin(&self) -> PathBuf {
        let own = fs::read_to_string(&self.kubeconfig).unwrap();
        let mut config: Value = serde_json::from_str(&own).unwrap();
        let token = config["users"][0]["user"]["token"].as_str().unwrap().to_owned();
        fs::write(self.file("token"), token).unwrap();
        let script = format!(
            "#!/bin/sh\nprintf '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\
             \"status\":{{\"expirationTimestamp\":\"%s\",\"token\":\"%s\"}}}}' \
             \"$(date -u -d '+1 second' +%Y-%m-%dT%H:%M:%SZ)\" \"$(cat {})\"\n",
            self.file("token").display()
        );
        let program = self.file("get-token");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        config["users"][0]["user"] = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1",
            "command": program, "interactiveMode": "Never"}});
        let path = self.file("plugin.kubeconfig");
        fs::write(&path, config.to_string()).unwrap();
        path
    }

    /// A kubeconfig that reaches the server by another address.
    pub(super) fn kubeconfig_by(&self, server: &str) -> PathBuf {
        let mut config: Value = serde_json::from_str(&fs::read_to_string(&self.kubeconfig).unwrap()).unwrap();
        config["clusters"][0]["cluster"]["server"] = server.into();
        let path = self.file("by-wire.kubeconfig");
        fs::write(&path, config.to_string()).unwrap();
        path
    }

    /// The account goes, and every token with it.
    pub(super) fn revoke_credentials(&self) {
        self.lab.api().delete("/api/v1/namespaces/default/serviceaccounts/replank").unwrap();
    }

    /// A new account of the same name, with a new token.
    pub(super) fn renew_credentials(&self) {
        let token = self.lab.service_account("default", "replank").unwrap().token.unwrap();
        fs::write(self.file("token"), token).unwrap();
    }

    /// Flow control has no seat for the update, and no queue.
    pub(super) fn throttle(&self) {
        let level = json!({"apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "PriorityLevelConfiguration",
            "metadata": {"name": "none"}, "spec": {"type": "Limited", "limited": {
                "nominalConcurrencyShares": 0, "lendablePercent": 0, "borrowingLimitPercent": 0,
                "limitResponse": {"type": "Reject"}}}});
        let all = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": true,
            "namespaces": ["*"]});
        let schema = json!({"apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema",
            "metadata": {"name": "none"}, "spec": {"matchingPrecedence": 2,
                "priorityLevelConfiguration": {"name": "none"}, "rules": [{
                    "subjects": [{"kind": "ServiceAccount",
                        "serviceAccount": {"namespace": "default", "name": "replank"}}],
                    "resourceRules": [all]}]}});
        self.lab.api().create(&format!("{FLOWS}/prioritylevelconfigurations"), &level).unwrap();
        self.lab.api().create(&format!("{FLOWS}/flowschemas"), &schema).unwrap();
    }

    pub(super) fn unthrottle(&self) {
        self.lab.api().delete(&format!("{FLOWS}/flowschemas/none")).unwrap();
    }

    /// A webhook that is asked about every eviction.
    pub(super) fn webhook(&self, url: &str) {
        let hook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "hangs"}, "webhooks": [{
            "name": "hangs.example.org", "admissionReviewVersions": ["v1"], "sideEffects": "None",
            "timeoutSeconds": 2, "failurePolicy": "Fail", "clientConfig": {"url": url},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
                "resources": ["pods/eviction"]}],
        }]});
        self.lab.api().create(WEBHOOKS, &hook).unwrap();
    }

    pub(super) fn remove_webhook(&self) {
        self.lab.api().delete(&format!("{WEBHOOKS}/hangs")).unwrap();
    }
}
