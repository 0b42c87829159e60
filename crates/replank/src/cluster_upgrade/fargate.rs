//! Pods on Fargate of a real cluster: each with the minor of its node's kubelet, what makes it again, and the budget that
//! keeps it.

use std::collections::BTreeMap;

use replank_core::cluster_upgrade::observed::{FargatePod, FargateStage};
use replank_core::cluster_upgrade::spec::Spec;
use replank_core::names::ObjectName;
use replank_core::observed::Answer;
use replank_core::version::Minor;
use replank_engine::ports::ReadError;
use replank_kube::cache::selects;
use replank_kube::lists::list;
use replank_kube::{Connection, evict_named};
use serde_json::Value;

/// Pods that a profile put on Fargate, by the label that EKS gives them.
const PODS: &str = "/api/v1/pods?labelSelector=eks.amazonaws.com%2Ffargate-profile";
const NODES: &str = "/api/v1/nodes?labelSelector=eks.amazonaws.com%2Fcompute-type%3Dfargate";
const BUDGETS: &str = "/apis/policy/v1/poddisruptionbudgets";

/// Pods on Fargate of a cluster.
pub(super) struct Fargate<'c> {
    connection: &'c Connection,
}

impl<'c> Fargate<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// All of them, by namespace and name; none where the upgrade knows no profile.
    pub(super) async fn pods(&self, spec: &Spec) -> Result<Vec<FargatePod>, ReadError> {
        if spec.fargate_profiles.is_empty() {
            return Ok(Vec::new());
        }
        let (pods, nodes, budgets) =
            tokio::join!(self.listed(PODS), self.listed(NODES), self.listed(BUDGETS));
        let kubelets: BTreeMap<String, Minor> = nodes?
            .iter()
            .filter_map(|node| {
                let version = node["status"]["nodeInfo"]["kubeletVersion"].as_str()?;
                Some((text(&node["metadata"]["name"]), Minor::of_version(version)?))
            })
            .collect();
        let held: Vec<Value> =
            budgets?.into_iter().filter(|one| one["status"]["disruptionsAllowed"] == 0).collect();
        let mut found: Vec<FargatePod> = pods?
            .iter()
            .filter(|pod| !matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")))
            .map(|pod| of(pod, &kubelets, &held))
            .collect();
        found.sort_by(|one, other| one.pod.cmp(&other.pod));
        Ok(found)
    }

    async fn listed(&self, path: &str) -> Result<Vec<Value>, ReadError> {
        let mut found = Vec::new();
        let ended = list(&self.connection.client, path, |object| found.push(object)).await;
        ended.map_err(|error| ReadError(error.to_string()))?;
        Ok(found)
    }

    /// Evicts one, as its budgets allow.
    pub(super) async fn evict(&self, pod: &ObjectName) -> Answer {
        evict_named(&self.connection.client, pod).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn of(pod: &Value, kubelets: &BTreeMap<String, Minor>, held: &[Value]) -> FargatePod {
    let meta = &pod["metadata"];
    let conditions = pod["status"]["conditions"].as_array();
    let is_ready =
        conditions.into_iter().flatten().any(|one| one["type"] == "Ready" && one["status"] == "True");
    let stage = match (meta.get("deletionTimestamp"), is_ready) {
        (Some(_), _) => FargateStage::Leaving,
        (None, true) => FargateStage::Ready,
        (None, false) => FargateStage::Starting,
    };
    let owners = meta["ownerReferences"].as_array();
    let owner = owners.into_iter().flatten().find(|one| one["controller"] == true);
    let (namespace, name) = (text(&meta["namespace"]), text(&meta["name"]));
    let by = held.iter().find(|budget| {
        budget["metadata"]["namespace"] == meta["namespace"]
            && selects(&budget["spec"]["selector"], &meta["labels"])
    });
    FargatePod {
        minor: pod["spec"]["nodeName"].as_str().and_then(|node| kubelets.get(node)).copied(),
        owner: owner.map(|one| format!("{} {namespace}/{}", text(&one["kind"]), text(&one["name"]))),
        stage,
        held_by: by.map(|budget| text(&budget["metadata"]["name"])),
        pod: ObjectName::new(namespace, name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_tells_its_kubelet_its_owner_and_its_budget() {
        let pod = json!({
            "metadata": {"namespace": "batch", "name": "api-1", "labels": {"app": "api"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": "api-7d", "controller": true}]},
            "spec": {"nodeName": "fargate-ip-1"},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        });
        let budget = json!({"metadata": {"namespace": "batch", "name": "api"},
            "spec": {"selector": {"matchLabels": {"app": "api"}}}, "status": {"disruptionsAllowed": 0}});
        let kubelets = BTreeMap::from([("fargate-ip-1".to_owned(), Minor(32))]);
        let seen = of(&pod, &kubelets, &[budget]);
        assert_eq!((seen.minor, seen.stage), (Some(Minor(32)), FargateStage::Ready));
        assert_eq!(seen.owner.as_deref(), Some("ReplicaSet batch/api-7d"));
        assert_eq!(seen.held_by.as_deref(), Some("api"));
    }

    #[test]
    fn selectors_select_as_the_api_server_says() {
        let labels = json!({"app": "api", "tier": "web"});
        for (selector, selected) in [
            (json!({}), true),
            (json!({"matchLabels": {"app": "cart"}}), false),
            (json!({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["web"]}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["web"]}]}), false),
            (json!({"matchExpressions": [{"key": "zone", "operator": "DoesNotExist"}]}), true),
            (json!(null), false),
        ] {
            assert_eq!(selects(&selector, &labels), selected, "{selector}");
        }
    }
}
