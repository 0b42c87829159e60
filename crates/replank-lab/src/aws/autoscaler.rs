//! A stand-in, ours, for the Cluster Autoscaler on an Auto Scaling group: it does three of its acts when it is told to, and
//! decides nothing by itself. What it does follows the source of release 1.34 (`cloudprovider/aws`, `core/scaledown`).

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::SystemTime;

use super::account::Account;
use crate::api::Api;

/// Keeps the autoscaler from removing a node.
const DISABLED: &str = "cluster-autoscaler.kubernetes.io/scale-down-disabled";
/// The taint on a node that it is about to remove.
const TO_BE_DELETED: &str = "ToBeDeletedByClusterAutoscaler";

/// The acts of an autoscaler on one group.
pub struct Autoscaler<'a> {
    /// The cluster.
    pub api: &'a Api,
    /// Where the group is; its scaling group is changed there.
    pub account: &'a Account,
    /// Name of the group.
    pub group: &'a str,
}

impl Autoscaler<'_> {
    /// Asks for so many nodes more than are asked for now, as it does for pods that find no room.
    pub fn grow(&self, by: u64) -> Result<()> {
        let [_, desired, max] = self.account.sizes(self.group)?;
        let wanted = (desired + by).min(max);
        let group = self.group;
        self.account
            .aws(&format!(
                "autoscaling set-desired-capacity --auto-scaling-group-name {group} --desired-capacity {wanted} \
                 --no-honor-cooldown"
            ))
            .map(drop)
    }

    /// Removes the first node of the group without pods of its own that nobody forbids to remove, and never below the
    /// minimum: tainted, cordoned, then terminated with decrement. Its name. Only nodes that were there `before`, instances
    /// by id: it wants a node unneeded for ten minutes (`--scale-down-unneeded-time`), so it never meets one that came
    /// just now.
    pub fn remove_unneeded(&self, before: &BTreeSet<String>) -> Result<Option<String>> {
        let members = self.members()?;
        let pods = self.api.get("/api/v1/pods")?;
        let nodes = self.api.get("/api/v1/nodes")?;
        for node in items(&nodes) {
            let id = instance(node);
            let is_ours = members.iter().any(|member| id == Some(member) && before.contains(member));
            let is_free = node["metadata"]["annotations"][DISABLED] != "true";
            let name = node["metadata"]["name"].as_str().unwrap_or_default();
            let holds = |pod: &&Value| pod["spec"]["nodeName"] == name && !is_of_daemon_set(pod);
            if let Some(id) = id.filter(|_| is_ours && is_free && !items(&pods).any(|pod| holds(&pod))) {
                self.mark(name)?;
                return Ok(self.terminate(id)?.then(|| name.to_owned()));
            }
        }
        Ok(None)
    }

    /// Terminates, with decrement, the members that are no nodes of the cluster, as it does after its
    /// `--max-node-provision-time`; their ids.
    pub fn remove_unregistered(&self) -> Result<Vec<String>> {
        let nodes = self.api.get("/api/v1/nodes")?;
        let known: BTreeSet<&str> = items(&nodes).filter_map(instance).collect();
        let mut removed = Vec::new();
        for id in self.members()?.into_iter().filter(|id| !known.contains(id.as_str())) {
            if self.terminate(&id)? {
                removed.push(id);
            }
        }
        Ok(removed)
    }

    /// Ids of the members in service.
    fn members(&self) -> Result<Vec<String>> {
        let group = self.account.group(self.group)?;
        let members = group["Instances"].as_array().context("no instances")?;
        let serving = members.iter().filter(|it| it["LifecycleState"] == "InService");
        Ok(serving.filter_map(|it| it["InstanceId"].as_str().map(str::to_owned)).collect())
    }

    fn mark(&self, node: &str) -> Result<()> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs().to_string();
        let taint = json!({"key": TO_BE_DELETED, "value": now, "effect": "NoSchedule"});
        let patch = json!({"spec": {"unschedulable": true, "taints": [taint]}});
        self.api.merge(&format!("/api/v1/nodes/{node}"), &patch).map(drop)
    }

    /// Whether it was terminated; not when the group is at its minimum.
    fn terminate(&self, id: &str) -> Result<bool> {
        let [min, desired, _] = self.account.sizes(self.group)?;
        if desired <= min {
            return Ok(false);
        }
        self.account.aws(&format!(
            "autoscaling terminate-instance-in-auto-scaling-group --instance-id {id} --should-decrement-desired-capacity"
        ))?;
        Ok(true)
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list["items"].as_array().into_iter().flatten()
}

/// The instance of a node.
fn instance(node: &Value) -> Option<&str> {
    node["spec"]["providerID"].as_str()?.rsplit('/').next()
}

fn is_of_daemon_set(pod: &Value) -> bool {
    pod["metadata"]["ownerReferences"].as_array().into_iter().flatten().any(|it| it["kind"] == "DaemonSet")
}
