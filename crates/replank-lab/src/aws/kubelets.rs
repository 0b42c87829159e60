//! A stand-in, ours, for the kubelets of a scaling group's instances: each instance that runs joins the lab's cluster as a
//! kwok node, and its node leaves when the instance is gone. Nothing that happens here is evidence about real kubelets.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::account::Account;
use super::moto::Moto;
use super::wire::Wire;
use crate::api::Api;
use crate::build::kubernetes_version;
use crate::lab::Lab;
use crate::node::{Identity, Node};

/// Time between two looks at the groups.
const LOOKS: Duration = Duration::from_millis(500);

/// How instances of an image become nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Joins {
    /// Registered after so long in the group, and then Ready as the lab's timing says.
    After(Duration),
    /// Registered after so long, and never Ready.
    NeverReady(Duration),
    /// Never registered.
    Never,
}

/// What plays the kubelets; ends with its value.
pub struct Kubelets {
    conduct: Arc<Mutex<Conduct>>,
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How instances behave, and what went wrong here.
struct Conduct {
    usual: Joins,
    by_image: BTreeMap<String, Joins>,
    trouble: Vec<String>,
}

/// An instance that is a member of a group, or was.
struct Machine {
    seen: Instant,
    facts: Facts,
    joined: bool,
}

/// What EC2 tells of an instance.
#[derive(Clone)]
struct Facts {
    name: String,
    address: String,
    zone: String,
    image: String,
    instance_type: String,
}

struct KubeletLoop {
    conduct: Arc<Mutex<Conduct>>,
    wire: Wire,
    account: Account,
    api: Api,
    version: &'static str,
    machines: BTreeMap<String, Machine>,
}

impl Kubelets {
    /// Begins to play the kubelets of all groups of `moto` in the cluster of `lab`.
    pub fn start(lab: &Lab, moto: &Moto, usual: Joins) -> Result<Self> {
        let conduct = Conduct { usual, by_image: BTreeMap::new(), trouble: Vec::new() };
        let conduct = Arc::new(Mutex::new(conduct));
        let mut watch = KubeletLoop {
            conduct: conduct.clone(),
            wire: Wire::to(moto.url()),
            account: Account::at(moto.url()),
            api: Api::of_lab(lab.directory(), lab.server())?,
            version: kubernetes_version(lab.minor()),
            machines: BTreeMap::new(),
        };
        let (end, ended) = channel();
        let thread = std::thread::spawn(move || {
            while ended.recv_timeout(LOOKS) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = watch.look() {
                    lock(&watch.conduct).trouble.push(format!("{error:#}"));
                }
            }
        });
        Ok(Self { conduct, end: Some(end), thread: Some(thread) })
    }

    /// How instances of an image behave from now on; those that have joined stay as they are.
    pub fn image(&self, image: &str, joins: Joins) {
        lock(&self.conduct).by_image.insert(image.to_owned(), joins);
    }

    /// What went wrong here so far: a test whose world did not do what it should is told by this.
    pub fn trouble(&self) -> Vec<String> {
        lock(&self.conduct).trouble.clone()
    }
}

impl Drop for Kubelets {
    fn drop(&mut self) {
        drop(self.end.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn lock(conduct: &Mutex<Conduct>) -> std::sync::MutexGuard<'_, Conduct> {
    conduct.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KubeletLoop {
    fn look(&mut self) -> Result<()> {
        let told = self.wire.scaling("DescribeAutoScalingGroups")?;
        let groups = told["AutoScalingGroups"].as_array().context("no groups")?;
        let members = groups.iter().flat_map(|group| group["Instances"].as_array().into_iter().flatten());
        let state = |it: &Value| (text(&it["InstanceId"]), text(&it["LifecycleState"]));
        let members: BTreeMap<String, String> = members.map(state).collect();
        self.meet(&members)?;
        self.join()?;
        self.leave(&members)
    }

    /// Notes the members that have begun to run.
    fn meet(&mut self, members: &BTreeMap<String, String>) -> Result<()> {
        // A launch hook holds an instance that runs already; one that terminates begins nothing any more.
        let runs = |state: &str| state != "Pending" && !state.starts_with("Terminating");
        let is_new = |(id, state): &(&String, &String)| runs(state) && !self.machines.contains_key(*id);
        let new: BTreeSet<&str> = members.iter().filter(is_new).map(|(id, _)| id.as_str()).collect();
        for (id, facts) in self.describe(&new)? {
            let joined = false;
            self.machines.insert(id, Machine { seen: Instant::now(), facts, joined });
        }
        Ok(())
    }

    /// Registers the nodes whose time has come.
    fn join(&mut self) -> Result<()> {
        for (id, machine) in &mut self.machines {
            let joins = {
                let conduct = lock(&self.conduct);
                conduct.by_image.get(&machine.facts.image).copied().unwrap_or(conduct.usual)
            };
            let (after, annotation) = match joins {
                Joins::After(delay) => (delay, None),
                Joins::NeverReady(delay) => (delay, Some(("lab.replank.dev/join-seconds", "never"))),
                Joins::Never => continue,
            };
            if !machine.joined && machine.seen.elapsed() >= after {
                let node = machine.facts.node(id, self.version, annotation)?;
                let (status, answer) =
                    self.api.request("POST", "/api/v1/nodes", "application/json", &node)?;
                anyhow::ensure!(status == 201 || status == 409, "node of {id}: {status} {answer}");
                machine.joined = true;
            }
        }
        Ok(())
    }

    /// Removes the nodes of instances that are gone; one that only left its group keeps its node.
    fn leave(&mut self, members: &BTreeMap<String, String>) -> Result<()> {
        let missing = self.machines.keys().filter(|id| !members.contains_key(*id));
        let missing: BTreeSet<&str> = missing.map(String::as_str).collect();
        let alive: BTreeSet<String> = self.describe(&missing)?.into_iter().map(|(id, _)| id).collect();
        let gone: Vec<String> =
            missing.into_iter().filter(|id| !alive.contains(*id)).map(str::to_owned).collect();
        for id in gone {
            if let Some(machine) = self.machines.remove(&id).filter(|it| it.joined) {
                let path = format!("/api/v1/nodes/{}", machine.facts.name);
                let (status, answer) = self.api.request("DELETE", &path, "", &Value::Null)?;
                anyhow::ensure!(status == 200 || status == 404, "node of {id}: {status} {answer}");
            }
        }
        Ok(())
    }

    /// The running ones among these instances.
    fn describe(&self, ids: &BTreeSet<&str>) -> Result<Vec<(String, Facts)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = ids.iter().copied().collect();
        let asked = format!("Name=instance-id,Values={}", ids.join(","));
        let running = "Name=instance-state-name,Values=pending,running";
        let told = self.account.aws_with(&["ec2", "describe-instances", "--filters", &asked, running])?;
        let reservations = told["Reservations"].as_array().into_iter().flatten();
        let instances = reservations.flat_map(|it| it["Instances"].as_array().into_iter().flatten());
        Ok(instances.map(|it| (text(&it["InstanceId"]), Facts::of(it))).collect())
    }
}

impl Facts {
    fn of(instance: &Value) -> Self {
        Self {
            name: text(&instance["PrivateDnsName"]),
            address: text(&instance["PrivateIpAddress"]),
            zone: text(&instance["Placement"]["AvailabilityZone"]),
            image: text(&instance["ImageId"]),
            instance_type: text(&instance["InstanceType"]),
        }
    }

    /// The Node object that its kubelet registers.
    fn node(&self, id: &str, version: &str, annotation: Option<(&str, &str)>) -> Result<Value> {
        let own =
            Identity { name: self.name.clone(), address: self.address.clone(), instance: id.to_owned() };
        let own_node = Node { instance_type: self.instance_type.clone(), ..Node::new("", &self.zone) };
        let number = self.address.parse::<std::net::Ipv4Addr>().map(u32::from);
        let number = number.with_context(|| format!("`{}` is no address", self.address))?;
        let mut node = own_node
            .object_of(&own, number, version)
            .with_context(|| format!("the lab has no instance type {}", self.instance_type))?;
        if let Some((key, value)) = annotation {
            node["metadata"]["annotations"][key] = json!(value);
        }
        Ok(node)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
