//! A running lab; it ends when the value is dropped.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, id};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::access::{Access, Door, write, write_pair};
use crate::api::Api;
use crate::audit::Audit;
use crate::build::{Minor, Programs, kubernetes_version};
use crate::flags::{LabPaths, Numbers};
use crate::guard::Guard;
use crate::node::{Node, is_ready};
use crate::pki::{Authority, LONG, signer};
use crate::plane::{Part, Plane};
use crate::ports::Port;
use crate::settings::Settings;
use crate::size::Size;
use crate::stages::stages;

/// Environment variable that keeps a lab's directory for inspection.
const KEEP: &str = "REPLANK_LAB_KEEP";

/// Number of labs that this process started.
static LABS: AtomicU32 = AtomicU32::new(0);

/// A running control plane.
pub struct Lab {
    // Dropped in this order: the programs end, then what would have ended them.
    plane: Mutex<Plane>,
    guard: Guard,
    api: Api,
    built: Programs,
    authority: Authority,
    door: Door,
    place: LabPaths,
    root: PathBuf,
    nodes: AtomicU32,
    _ports: [Port; 3],
}

impl Lab {
    /// Starts a control plane without nodes. Its programs must be built (`cargo xtask lab build`).
    pub fn start(settings: &Settings) -> Result<Self> {
        let built = Programs::built(settings.minor)?;
        let root = settings.directory.clone().unwrap_or_else(temporary);
        // One that is there already is refused: it goes with the lab.
        let made = fs::DirBuilder::new().mode(0o700).create(&root);
        made.with_context(|| format!("cannot make {}", root.display()))?;
        let guard = Guard::new(&root, std::env::var_os(KEEP).is_none())?;
        let place = LabPaths::new(&root);
        let ports = [Port::take()?, Port::take()?, Port::take()?];
        let [etcd, peer, api] = [0, 1, 2].map(|at: usize| ports[at].number);
        let door = Door {
            name: settings.name.clone(),
            server: format!("https://127.0.0.1:{api}"),
            authority: place.file("pki/ca.crt"),
        };
        let authority = furnish(&place, &door, settings)?;
        let administrator = authority.user("lab-administrator", Some("system:masters"), LONG)?;
        let client = Api::new(api, &authority.certificate, &administrator)?;
        let plane = Plane::new(&built, &place, Numbers { etcd, peer, api }, settings, guard.group());
        let lab = Self {
            plane: Mutex::new(plane),
            guard,
            api: client,
            built,
            authority,
            door,
            place,
            root,
            nodes: AtomicU32::new(0),
            _ports: ports,
        };
        lab.plane().start(&lab.api)?;
        Ok(lab)
    }

    /// Path of the administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.place.kubeconfig("admin")
    }

    /// URL of the API server.
    pub fn server(&self) -> &str {
        &self.door.server
    }

    /// Minor of the control plane that runs.
    pub fn minor(&self) -> Minor {
        self.plane().minor()
    }

    /// Replaces API server, controller manager and scheduler by those of the next minor, in place: the same store, ports
    /// and certificates. The API does not answer for some seconds, and watches end. Nodes keep their kubelets' version;
    /// those made later have the new one, unless they name another. An error when `minor` is not the next one, when its
    /// programs are not built, or when one of them does not start; then the old minor runs on.
    pub fn upgrade(&self, minor: Minor) -> Result<()> {
        self.minor().allows(minor)?;
        let built = Programs::built(minor)?;
        self.plane().replace(minor, &built, &self.api)
    }

    /// Directory of the lab; removed with it.
    pub fn directory(&self) -> &Path {
        &self.root
    }

    /// Client of the API server, as administrator.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The audit log.
    pub fn audit(&self) -> Audit {
        Audit::new(self.place.audit())
    }

    /// The lab's kubectl with the administrator's kubeconfig; the caller adds arguments.
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(self.built.path("kubectl"));
        command.arg("--kubeconfig").arg(self.kubeconfig());
        command
    }

    /// A service account, created if necessary, and a kubeconfig with a token for it. It has no permissions until a
    /// role is bound to it.
    pub fn service_account(&self, namespace: &str, name: &str) -> Result<Access> {
        let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
        self.api.apply(&format!("{accounts}/{name}"), &account)?;
        let wanted = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": 24 * 3600}});
        let answer = self.api.create(&format!("{accounts}/{name}/token"), &wanted)?;
        let token = answer["status"]["token"].as_str().context("no token was given")?.to_owned();
        let kubeconfig = self.place.kubeconfig(&format!("{namespace}.{name}"));
        write(&kubeconfig, &self.door.token(&token).to_string())?;
        Ok(Access { kubeconfig, token: Some(token) })
    }

    /// A kubeconfig with a client certificate for a user, who may be in one group; expires after `valid`.
    pub fn user(&self, name: &str, group: Option<&str>, valid: Duration) -> Result<Access> {
        let files = self.place.pair(&format!("user-{}", name.replace([':', '/'], "-")));
        write_pair(&files, &self.authority.user(name, group, valid)?)?;
        let kubeconfig = self.place.kubeconfig(&name.replace([':', '/'], "-"));
        write(&kubeconfig, &self.door.certificate(&files).to_string())?;
        Ok(Access { kubeconfig, token: None })
    }

    /// Creates nodes, several at a time, and returns their names. They become Ready once they have joined.
    pub fn add_nodes(&self, nodes: &[Node]) -> Result<Vec<String>> {
        let mut wanted = Vec::new();
        for node in nodes {
            let number = self.nodes.fetch_add(1, Ordering::Relaxed) + 1;
            let kubelet = kubernetes_version(self.minor());
            let object = node.object(number, kubelet).with_context(|| {
                let known = Size::names().join(", ");
                format!("the lab has no instance type {}; it has {known}", node.instance_type)
            })?;
            wanted.push((node.name(number), object));
        }
        let objects: Vec<&Value> = wanted.iter().map(|(_, object)| object).collect();
        self.api.create_all("/api/v1/nodes", &objects).context("nodes cannot be made")?;
        Ok(wanted.into_iter().map(|(name, _)| name).collect())
    }

    /// Deletes a node, as a cloud does when its instance is gone. The pod garbage collector removes its pods.
    pub fn remove_node(&self, name: &str) -> Result<()> {
        self.api.delete(&format!("/api/v1/nodes/{name}")).map(drop)
    }

    /// Makes a node's kubelet silent: its lease is not renewed and its pods do not change.
    pub fn silence_node(&self, name: &str) -> Result<()> {
        let patch = json!({"metadata": {"labels": {"lab.replank.dev/silent": "true"}}});
        self.api.merge(&format!("/api/v1/nodes/{name}"), &patch).map(drop)
    }

    /// Waits until at least `count` nodes are Ready and schedulable for ordinary pods.
    pub fn wait_for_ready_nodes(&self, count: usize) -> Result<()> {
        let patience = Duration::from_mins(2) + Duration::from_millis(100) * count as u32;
        self.wait(patience, &format!("{count} nodes to be Ready"), || Ok(self.ready_nodes()? >= count))
    }

    /// Number of nodes that are Ready and schedulable for ordinary pods.
    pub fn ready_nodes(&self) -> Result<usize> {
        let list = self.api.get("/api/v1/nodes?resourceVersion=0")?;
        Ok(list["items"].as_array().map_or(0, |nodes| nodes.iter().filter(|it| is_ready(it)).count()))
    }

    /// Waits until `done` returns true, checking ten times a second, or less often when a check takes long. An error of
    /// `done` ends it.
    pub fn wait(&self, patience: Duration, what: &str, done: impl Fn() -> Result<bool>) -> Result<()> {
        let begin = Instant::now();
        loop {
            let look = Instant::now();
            if done().with_context(|| format!("waiting for {what}"))? {
                return Ok(());
            }
            let took = look.elapsed();
            if begin.elapsed() > patience {
                let ended = self.plane().ended().join("\n");
                bail!("waited {} s for {what} in vain\n{ended}", patience.as_secs());
            }
            std::thread::sleep((took * 5).max(Duration::from_millis(100)));
        }
    }

    /// Kills a program of the control plane, as a crash would.
    pub fn kill(&self, part: Part) -> Result<()> {
        self.plane().kill(part)?;
        if part == Part::ApiServer {
            self.api.forget();
        }
        Ok(())
    }

    /// Starts a killed program again on the same port; waits until an API server is ready.
    pub fn start_again(&self, part: Part) -> Result<()> {
        self.plane().start_part(part, &self.api)
    }

    /// Makes a program hang: its connections stay open and it does not answer.
    pub fn hang(&self, part: Part) -> Result<()> {
        self.plane().signal(part, "STOP")
    }

    /// Lets a hanging program continue.
    pub fn go_on(&self, part: Part) -> Result<()> {
        self.plane().signal(part, "CONT")
    }

    /// Programs that ended without being killed, with the end of their output.
    pub fn ended(&self) -> Vec<String> {
        self.plane().ended()
    }

    /// Ends the lab and waits until it is gone.
    pub fn stop(self) {
        drop(self);
    }

    fn plane(&self) -> std::sync::MutexGuard<'_, Plane> {
        self.plane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.plane.get_mut().unwrap_or_else(PoisonError::into_inner).stop();
        self.guard.end();
    }
}

/// Path of a new temporary directory.
fn temporary() -> PathBuf {
    let count = LABS.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("replank-lab-{}-{count}", id()))
}

/// Writes the files that the programs read.
fn furnish(place: &LabPaths, door: &Door, settings: &Settings) -> Result<Authority> {
    for directory in ["pki", "kubeconfig", "logs"] {
        let path = place.file(directory);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    let authority = Authority::new()?;
    write(&door.authority, &authority.certificate)?;
    let (private, public) = signer()?;
    write(&place.file("pki/service-accounts.key"), &private)?;
    write(&place.file("pki/service-accounts.pub"), &public)?;
    let hosts = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];
    write_pair(&place.pair("kube-apiserver"), &authority.server("kube-apiserver", &hosts)?)?;
    write_pair(&place.pair("etcd"), &authority.server("etcd", &hosts[..2])?)?;
    write_pair(&place.pair("front-proxy"), &authority.user("front-proxy", None, LONG)?)?;
    for (file, user, group) in [
        ("admin", "lab-administrator", Some("system:masters")),
        ("kube-controller-manager", "system:kube-controller-manager", None),
        ("kube-scheduler", "system:kube-scheduler", None),
        ("kwok", "lab-kubelets", Some("system:masters")),
    ] {
        write_pair(&place.pair(file), &authority.user(user, group, LONG)?)?;
        write(&place.kubeconfig(file), &door.certificate(&place.pair(file)).to_string())?;
    }
    write(&place.file("audit-policy.yaml"), include_str!("../data/audit-policy.yaml"))?;
    write(&place.file("stages.yaml"), &stages(settings.timing))?;
    Ok(authority)
}
