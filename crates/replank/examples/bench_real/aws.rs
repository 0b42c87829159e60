//! A self-managed group on moto and a real control plane: time and calls of AWS for each node, one and five at a time,
//! beside a loop that grows the group by one, drains one old node and terminates it. moto's instances take as long as
//! `PACE` says, which is far less than on AWS: what is left is what the updater itself takes.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use replank_lab::aws::{Account, Faults, Group, Joins, Kubelets, Made, Moto, Pace, images};
use replank_lab::{Lab, Settings};
use serde_json::{Value, json};

use crate::objects::shop;
use crate::{replank, tell};

const NODES: u32 = 10;
const PACE: Pace = Pace { pending: 2.0, terminating: 2.0 };
const LIMITS: &str = "join=3m,drain=2m,deregistrationDelay=1s,terminate=1m";
const PATIENCE: Duration = Duration::from_mins(3);

/// A cluster whose nodes are the instances of one group.
struct MotoGroup {
    _kubelets: Kubelets,
    faults: Faults,
    _moto: Moto,
    lab: Lab,
    /// Past the log of calls.
    witness: Account,
    made: Made,
}

pub(crate) fn run() -> Result<()> {
    let stage = MotoGroup::launch()?;
    let one = stage.update(1, images::NEW)?;
    let five = stage.update(5, images::OLD)?;
    let by_hand = stage.measured(|| stage.one_after_the_other(images::NEW))?;
    for (name, (seconds, calls)) in [("batch 1", one), ("batch 5", five), ("a loop by hand", by_hand)] {
        let (seconds, calls) = (seconds / f64::from(NODES), calls / f64::from(NODES));
        tell(&format!("group on moto, {name}: time for each of {NODES} nodes"), seconds, "s", &json!(null));
        let goal = if name == "a loop by hand" { json!(null) } else { json!({"goal": 6.0}) };
        tell(&format!("group on moto, {name}: calls of AWS for each node"), calls, "", &goal);
    }
    println!(
        "eks-rolling-update is not measured: with a kubectl of today it stops (--delete-local-data is gone)"
    );
    Ok(())
}

impl MotoGroup {
    fn launch() -> Result<Self> {
        let lab = Lab::start(&Settings::default())?;
        let moto = Moto::start(PACE)?;
        let (faults, witness) = (Faults::before(&moto, &[])?, Account::at(moto.url()));
        let kubelets = Kubelets::start(&lab, &moto, Joins::After(Duration::ZERO))?;
        let made = Group::new("workers", NODES).create(&witness)?;
        lab.wait_for_ready_nodes(NODES as usize)?;
        shop(&lab, 6, 10, &json!(2))?;
        Ok(Self { _kubelets: kubelets, faults, _moto: moto, lab, witness, made })
    }

    /// Seconds and calls of AWS that something takes.
    fn measured(&self, act: impl FnOnce() -> Result<()>) -> Result<(f64, f64)> {
        self.faults.forget()?;
        let begun = Instant::now();
        act()?;
        Ok((begun.elapsed().as_secs_f64(), self.faults.calls()?.len() as f64))
    }

    fn update(&self, batch: u32, image: &str) -> Result<(f64, f64)> {
        self.measured(|| {
            let mut update = replank();
            update.args([
                "upgrade",
                "nodegroup",
                "workers",
                "--cloud",
                "aws",
                "--cluster",
                "lab",
                "--approve",
            ]);
            update.args(["--image-id", image, "--limits", LIMITS, "--max-unavailable", &batch.to_string()]);
            update.arg("--kubeconfig").arg(self.lab.kubeconfig());
            update.arg("--data").arg(self.lab.directory().join("measured"));
            Account::at(self.faults.url()).lead(&mut update);
            let output = update.stdin(Stdio::null()).output()?;
            if !output.status.success() {
                bail!("{}", String::from_utf8_lossy(&output.stderr));
            }
            Ok(())
        })
    }

    /// What people write who have no updater.
    fn one_after_the_other(&self, image: &str) -> Result<()> {
        let (aws, template) = (Account::at(self.faults.url()), &self.made.template);
        let data = format!("ImageId={image}");
        let version = aws.aws(&format!(
            "ec2 create-launch-template-version --launch-template-id {template} --source-version 1 \
             --launch-template-data {data}"
        ))?;
        let number = version["LaunchTemplateVersion"]["VersionNumber"].as_u64().context("no version")?;
        aws.aws(&format!(
            "autoscaling update-auto-scaling-group --auto-scaling-group-name workers --launch-template \
             LaunchTemplateId={template},Version={number}"
        ))?;
        let old: Vec<(String, String)> = self.nodes()?.into_iter().collect();
        for (instance, node) in old {
            let more = NODES + 1;
            aws.aws(&format!(
                "autoscaling set-desired-capacity --auto-scaling-group-name workers --desired-capacity {more}"
            ))?;
            self.lab.wait_for_ready_nodes(more as usize)?;
            let drain = ["drain", &node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=2m"];
            let drained =
                self.lab.kubectl().args(drain).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
            if !drained.success() {
                bail!("{node} is not drained: {drained}");
            }
            aws.aws(&format!(
                "autoscaling terminate-instance-in-auto-scaling-group --should-decrement-desired-capacity \
                 --instance-id {instance}"
            ))?;
            self.lab.wait(PATIENCE, "the node to go", || Ok(!self.nodes()?.contains_key(&instance)))?;
        }
        Ok(())
    }

    /// Names of the nodes of the group's members, by instance.
    fn nodes(&self) -> Result<BTreeMap<String, String>> {
        let group = self.witness.group("workers")?;
        let members = group["Instances"].as_array().context("no members")?;
        let told = self.lab.api().get("/api/v1/nodes")?;
        let nodes = told["items"].as_array().into_iter().flatten().filter_map(|node| {
            let instance = node["spec"]["providerID"].as_str()?.rsplit('/').next()?;
            let is_member = |member: &&Value| member["InstanceId"] == instance;
            members.iter().find(is_member)?;
            Some((instance.to_owned(), node["metadata"]["name"].as_str()?.to_owned()))
        });
        Ok(nodes.collect())
    }
}
