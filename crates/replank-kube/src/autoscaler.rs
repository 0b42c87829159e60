//! Finds autoscalers of a cluster: in its Deployments, in what Cluster Autoscaler writes, and in Karpenter's
//! `NodePools`. What may not be read, or does not come in time, counts as absent.

use std::time::Duration;

use jiff::Timestamp;
use kube::Client;
use replank_core::names::ObjectName;
use replank_core::observed::AutoscalerKind;
use replank_engine::ports::autoscaler::{
    CLUSTER_AUTOSCALER, Dated, Replicas, STATUS, STATUS_WRITTEN, Said, Traces, of_program, remover,
    written_at,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cache::WireList;
use crate::request;

/// Deployments per page, and most pages that are read.
const PAGE: usize = 500;
const PAGES_MAX: usize = 20;
/// A reading that takes longer is left out.
const WITHIN: Duration = Duration::from_secs(5);
/// Most Events of one node that are read.
const EVENTS_MAX: usize = 200;
/// Namespace in which charts install Cluster Autoscaler.
const USUAL_NAMESPACE: &str = "kube-system";

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Deployment {
    metadata: Name,
    spec: DeploymentSpec,
    status: DeploymentStatus,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Name {
    name: String,
    namespace: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct DeploymentSpec {
    replicas: Option<u32>,
    template: Template,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Template {
    spec: TemplateSpec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TemplateSpec {
    containers: Vec<Container>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Container {
    image: String,
    command: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DeploymentStatus {
    ready_replicas: u32,
}

/// Looks for autoscalers and adds them to `traces`, which has what the nodes show already.
pub(crate) async fn look(client: &Client, traces: &mut Traces) {
    let (deployments, node_pools) = tokio::join!(deployments(client), node_pools(client));
    (traces.deployments, traces.node_pools) = (deployments, node_pools);
    let own = traces.deployments.iter().find(|it| it.kind == AutoscalerKind::ClusterAutoscaler);
    let namespace = own.map_or(USUAL_NAMESPACE, |it| &*it.name.namespace);
    traces.status = status(client, namespace).await;
    let shows =
        |traces: &Traces| traces.autoscalers().iter().any(|it| it.kind == AutoscalerKind::ClusterAutoscaler);
    traces.event = None;
    if !shows(traces) {
        traces.event = any_event(client).await;
    }
}

async fn deployments(client: &Client) -> Vec<Replicas> {
    let mut found = Vec::new();
    let mut next = String::new();
    for _ in 0..PAGES_MAX {
        let path = format!("/apis/apps/v1/deployments?limit={PAGE}&continue={}", request::escaped(&next));
        let Some(page) = read::<WireList<Deployment>>(client, &path).await else { break };
        found.extend(page.items.into_iter().flatten().filter_map(replicas));
        if page.metadata.next.is_empty() {
            break;
        }
        next = page.metadata.next;
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

fn replicas(deployment: Deployment) -> Option<Replicas> {
    let Deployment { metadata, spec, status } = deployment;
    let containers = &spec.template.spec.containers;
    let programs = containers.iter().flat_map(|it| [Some(&it.image), it.command.first()]).flatten();
    let kind = programs.into_iter().find_map(|program| of_program(program))?;
    let name = ObjectName::new(metadata.namespace, metadata.name);
    // Kubernetes: a Deployment that names no number has one pod.
    Some(Replicas { kind, name, ready: status.ready_replicas, wanted: spec.replicas.unwrap_or(1) })
}

async fn node_pools(client: &Client) -> u32 {
    let pools = read::<WireList<Value>>(client, "/apis/karpenter.sh/v1/nodepools?limit=500").await;
    pools.map_or(0, |pools| pools.items.into_iter().flatten().count() as u32)
}

async fn status(client: &Client, namespace: &str) -> Option<Dated> {
    let path = format!("/api/v1/namespaces/{namespace}/configmaps/{STATUS}");
    let found = read::<Value>(client, &path).await?;
    let written = found["metadata"]["annotations"][STATUS_WRITTEN].as_str();
    Some(Dated { at: written.and_then(written_at) })
}

/// An Event of Cluster Autoscaler, if there is one.
async fn any_event(client: &Client) -> Option<Dated> {
    let selector = request::escaped(&format!("source={CLUSTER_AUTOSCALER}"));
    let path = format!("/api/v1/events?limit=1&fieldSelector={selector}");
    let event = read::<WireList<Event>>(client, &path).await?.items.into_iter().flatten().next()?;
    Some(Dated { at: event.at() })
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    reason: String,
    source: Source,
    reporting_component: String,
    first_timestamp: Option<Timestamp>,
    last_timestamp: Option<Timestamp>,
    /// `eventTime`, which newer clients set instead of the other two.
    #[serde(rename = "eventTime")]
    exact: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Source {
    component: String,
}

impl Event {
    fn at(&self) -> Option<Timestamp> {
        self.last_timestamp.or(self.exact).or(self.first_timestamp)
    }

    fn said(&self) -> Option<Said<'_>> {
        let component = [&*self.source.component, &*self.reporting_component];
        let component = component.into_iter().find(|name| !name.is_empty())?;
        Some(Said { at: self.at()?, reason: &self.reason, component })
    }
}

/// Who deleted a node, by the Events about it. Called only when a node is gone while its instance exists.
pub(crate) async fn deleted_by(client: &Client, node: &str) -> Option<std::sync::Arc<str>> {
    let selector = request::escaped(&format!("involvedObject.kind=Node,involvedObject.name={node}"));
    // Kubernetes: what is said of objects without a namespace is kept in `default`.
    let path = format!("/api/v1/namespaces/default/events?limit={EVENTS_MAX}&fieldSelector={selector}");
    let events = read::<WireList<Event>>(client, &path).await?;
    let events: Vec<Event> = events.items.into_iter().flatten().collect();
    remover(events.iter().filter_map(Event::said), Timestamp::now())
}

/// The response to a read; `None` when it fails or does not come within [`WITHIN`].
async fn read<T: DeserializeOwned>(client: &Client, path: &str) -> Option<T> {
    let asked = request::send::<T>(client, request::get(path));
    tokio::time::timeout(WITHIN, asked).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_deployment_is_told_by_the_image_or_the_command_of_a_container() {
        let read = |object: Value| replicas(serde_json::from_value(object).unwrap());
        let deployment = |container: Value| {
            json!({
                "metadata": {"name": "scaler", "namespace": "ops", "uid": "1"},
                "spec": {"replicas": 2, "template": {"spec": {"containers": [{"image": "proxy:1"}, container]}}},
                "status": {"readyReplicas": 1},
            })
        };
        let found =
            read(deployment(json!({"image": "registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.1"})));
        let name = ObjectName::new("ops", "scaler");
        let kind = AutoscalerKind::ClusterAutoscaler;
        assert_eq!(found, Some(Replicas { kind, name, ready: 1, wanted: 2 }));
        let found = read(deployment(json!({"image": "own:1", "command": ["./cluster-autoscaler", "-v=4"]})));
        assert_eq!(found.map(|it| it.kind), Some(kind));
        let found = read(deployment(json!({"image": "public.ecr.aws/karpenter/controller:1.8.1"})));
        assert_eq!(found.map(|it| it.kind), Some(AutoscalerKind::Karpenter));
        assert_eq!(read(deployment(json!({"image": "shop/web:1"}))), None);
    }

    #[test]
    fn an_event_of_either_api_tells_who_said_it_and_when() {
        let said = |object: Value| {
            let event: Event = serde_json::from_value(object).unwrap();
            event.said().map(|it| (it.component.to_owned(), it.at.as_second()))
        };
        let old = json!({"reason": "ScaleDown", "source": {"component": "cluster-autoscaler"},
                         "lastTimestamp": "1970-01-01T00:00:07Z", "eventTime": null});
        assert_eq!(said(old), Some(("cluster-autoscaler".to_owned(), 7)));
        let new = json!({"reason": "A", "source": {}, "reportingComponent": "karpenter", "lastTimestamp": null,
                         "eventTime": "1970-01-01T00:00:09.5Z"});
        assert_eq!(said(new), Some(("karpenter".to_owned(), 9)));
        assert_eq!(said(json!({"reason": "A", "lastTimestamp": "1970-01-01T00:00:07Z"})), None);
    }
}
