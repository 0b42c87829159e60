//! Traces of autoscalers in the world's cluster, for the engine's observation.

use std::collections::BTreeMap;

use replank_components::autoscaler::{is_elsewhere, is_on};
use replank_core::names::{NodeName, ObjectName};
use replank_core::observed::AutoscalerKind;
use replank_engine::ports::autoscaler::{self, Dated, Replicas, Traces};
use rustc_hash::FxHashMap;

use replank_world::object::{Deployment, Node, PodTemplate};
use replank_world::store::{DeploymentId, Ref, Store};
use replank_world::world::World;

/// Notes the traces on a node.
pub(super) fn put_node(store: &Store, node: &Node, traces: &mut Traces) {
    let launched = store.labels.get(node.meta.labels).contains_key(autoscaler::NODE_POOL);
    let name = NodeName::new(node.meta.name.clone());
    traces.put_node(&name, node.taints.iter().map(|taint| &*taint.key), launched);
}

/// The Deployments of a world that run an autoscaler, kept up to date by its log of changes: a look costs as many as
/// there are, not the Deployments of the cluster.
#[derive(Debug, Default)]
pub(super) struct Runners {
    found: BTreeMap<DeploymentId, AutoscalerKind>,
    /// What the programs of a template run, by its number.
    of_template: FxHashMap<u32, Option<AutoscalerKind>>,
}

impl Runners {
    /// Looks at every Deployment.
    pub(super) fn list(&mut self, store: &Store) {
        self.found.clear();
        store.deployments.iter().for_each(|(id, _)| self.changed(store, id));
    }

    /// A Deployment was written or removed.
    pub(super) fn changed(&mut self, store: &Store, id: DeploymentId) {
        match store.deployments.get(id).and_then(|deployment| self.runs(deployment)) {
            Some(kind) => drop(self.found.insert(id, kind)),
            None => drop(self.found.remove(&id)),
        }
    }

    /// The autoscaler that a Deployment runs. The embedded Cluster Autoscaler is recognised by name.
    fn runs(&mut self, deployment: &Deployment) -> Option<AutoscalerKind> {
        if deployment.meta.name.contains(autoscaler::CLUSTER_AUTOSCALER) {
            return Some(AutoscalerKind::ClusterAutoscaler);
        }
        let template = &deployment.template;
        // Templates that did not enter the world yet share the number 0.
        if template.id == 0 {
            return programs(template);
        }
        *self.of_template.entry(template.id).or_insert_with(|| programs(template))
    }
}

/// The autoscaler among the programs of a template.
fn programs(template: &PodTemplate) -> Option<AutoscalerKind> {
    let raw = template.raw.once();
    let containers = raw["spec"]["containers"].as_array().into_iter().flatten();
    let mut programs = containers.flat_map(|container| [&container["image"], &container["command"][0]]);
    programs.find_map(|program| autoscaler::of_program(program.as_str()?))
}

/// Notes the Deployments that run an autoscaler and the status of the Cluster Autoscaler. In an embedded cluster that
/// counts only while it is switched on, in one made from a snapshot always, since it acts in the real cluster.
pub(super) fn look(world: &World, runners: &Runners, traces: &mut Traces) {
    traces.deployments.clear();
    traces.status = None;
    let (acts, is_copy) = (is_on(world), is_elsewhere(world));
    if !acts && !is_copy {
        return;
    }
    for (id, kind) in &runners.found {
        let deployment = world.store.deployments.get(*id);
        let Some(deployment) = deployment else { continue };
        if is_copy || *kind == AutoscalerKind::ClusterAutoscaler {
            traces.deployments.push(replicas(*kind, deployment));
        }
    }
    traces.deployments.sort_by(|one, other| one.name.cmp(&other.name));
    let namespaces = traces.deployments.iter().filter(|it| it.kind == AutoscalerKind::ClusterAutoscaler);
    traces.status = namespaces.map(|it| &it.name.namespace).find_map(|namespace| status(world, namespace));
}

fn replicas(kind: AutoscalerKind, deployment: &Deployment) -> Replicas {
    let count = |number: i64| u32::try_from(number).unwrap_or(0);
    let [_, ready, _] = deployment.status;
    let name = ObjectName::new(deployment.meta.namespace.clone(), deployment.meta.name.clone());
    Replicas { kind, name, ready: count(ready), wanted: count(deployment.replicas) }
}

fn status(world: &World, namespace: &str) -> Option<Dated> {
    let at = world.store.find_in("", "ConfigMap", namespace, autoscaler::STATUS)?;
    let Ref::Other(id) = at else { return None };
    let meta = &world.store.others.get(id)?.meta;
    let written = meta.annotations.get(autoscaler::STATUS_WRITTEN);
    Some(Dated { at: written.and_then(|written| autoscaler::written_at(written)) })
}
