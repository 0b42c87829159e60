//! What the service offers beside updates: plans, inventory, and control of the simulation.

use std::sync::Arc;

use replank_core::node_group::spec::Spec;
use replank_engine::ports::ReadError;
use replank_service::ports::ActError;
use replank_service::ports::inventory::{ImageRow, Inventory, NodeRow};
use replank_service::ports::planner::{Planned, Planner};
use replank_service::ports::simulation::{Simulation, SimulationTime, SpeedChange};
use serde_json::Value;

use crate::adapter::SimulatedAccount;
use crate::pace::{ADVANCE_MAX, TIMES_MAX};
use crate::session::{self, REHEARSED_IN_A_REQUEST_MAX};
use replank_formats::worldfile;
use replank_formats::worldfile::spec::{Deed, NodeChoice};
use replank_world::cloud::catalogue::{Catalogue, Image};
use replank_world::cloud::{Instance, State};
use replank_world::object::{Node, NodeReady};
use replank_world::time::Span;
use replank_world::world::World;

impl Planner for SimulatedAccount {
    fn plan(&self, spec: &Spec) -> Result<Planned, ActError> {
        let (plan, is_projected) = session::foresee(&self.world_of(spec.cluster.as_str()), spec)
            .map_err(|error| ActError(error.to_string()))?;
        let projected = is_projected.then(|| format!("it has more than {REHEARSED_IN_A_REQUEST_MAX} pods"));
        Ok(Planned { plan, projected, rehearsal: None })
    }
}

impl Inventory for SimulatedAccount {
    async fn nodes(&self, cluster: &str, group: Option<&str>) -> Result<Vec<NodeRow>, ReadError> {
        let world = self.world_of(cluster);
        let world = world.lock();
        let groups =
            world.cloud.groups().filter(|(_, one)| group.is_none_or(|group| *one.spec.nodegroup == *group));
        let instances = groups.flat_map(|(number, one)| {
            let name = if one.spec.is_managed { &one.spec.nodegroup } else { &one.spec.name };
            world.cloud.instances_of(number).map(|instance| (name.clone(), instance))
        });
        let mut rows: Vec<NodeRow> = instances
            .map(|(nodegroup, instance)| row(&world, &nodegroup, world.cloud.instance(instance)))
            .collect();
        rows.sort_by(|a, b| {
            (a.name.is_none(), &a.name, &a.instance).cmp(&(b.name.is_none(), &b.name, &b.instance))
        });
        Ok(rows)
    }

    async fn images(&self, kind: Option<&str>, minor: Option<&str>) -> Result<Vec<ImageRow>, ActError> {
        let catalogue = Catalogue::get();
        let kinds: Vec<Arc<str>> = match kind {
            Some(kind) => vec![kind.into()],
            None => catalogue.types().cloned().collect(),
        };
        let mut rows = Vec::new();
        let mut missing = None;
        for kind in kinds {
            let minors = minor.map_or_else(|| catalogue.minors(&kind), |minor| vec![minor.into()]);
            // A type that is not there has no minors; asking for any tells what there is.
            let minors = if minors.is_empty() { vec![Arc::from("")] } else { minors };
            for minor in minors {
                match catalogue.releases(&kind, &minor) {
                    Ok(images) => rows.extend(images.into_iter().map(image)),
                    Err(not_there) => missing = Some(not_there),
                }
            }
        }
        if let (true, Some(missing)) = (rows.is_empty(), missing) {
            return Err(ActError(missing.to_string()));
        }
        Ok(rows)
    }
}

impl Simulation for SimulatedAccount {
    fn time(&self) -> SimulationTime {
        let asked = self.pace.asked();
        let now = self.first.lock().now.into();
        SimulationTime { now, times: asked.times, is_paused: asked.is_paused }
    }

    fn set_speed(&self, change: SpeedChange) -> Result<(), ActError> {
        match change {
            SpeedChange::Pause => self.pace.change(|asked| asked.is_paused = true),
            SpeedChange::Resume => self.pace.change(|asked| asked.is_paused = false),
            SpeedChange::Times(times) if times > 0.0 && times <= TIMES_MAX => {
                self.pace.change(|asked| asked.times = times);
            }
            SpeedChange::Times(times) => {
                return Err(ActError(format!("speed {times}: give more than 0 and at most {TIMES_MAX}")));
            }
            SpeedChange::Advance(length) => {
                let length = Span::from(length);
                if length <= Span(0) || length > ADVANCE_MAX {
                    return Err(ActError("advance: give a length of time, at most 30 days".to_owned()));
                }
                self.pace.change(|asked| asked.at_once = length);
            }
        }
        Ok(())
    }

    async fn act(&self, cluster: Option<&str>, act: &Value) -> Result<String, ActError> {
        let deed = worldfile::read_deed(&act.to_string()).map_err(|refused| ActError(refused.to_string()))?;
        let world = cluster.map_or_else(|| self.first.clone(), |cluster| self.world_of(cluster));
        let mut world = world.lock();
        check(&world, &deed).map_err(ActError)?;
        let groups: Vec<Arc<str>> =
            world.cloud.groups().map(|(_, group)| group.spec.nodegroup.clone()).collect();
        session::bring_about(&mut world, &deed, &groups).map_err(ActError)
    }
}

fn row(world: &World, nodegroup: &str, instance: &Instance) -> NodeRow {
    let store = &world.store;
    let id = store.index.by_instance.get(&instance.id).copied();
    let node = id.and_then(|id| store.nodes.get(id));
    let image = world.cloud.image(&instance.image);
    NodeRow {
        name: node.map(|node| node.meta.name.to_string()),
        instance: instance.id.to_string(),
        nodegroup: nodegroup.to_owned(),
        zone: instance.zone.to_string(),
        status: status(node, instance.state),
        release: image.map_or(&instance.image, |image| &image.release).to_string(),
        kubelet: node.map(|node| node.kubelet.to_string()).unwrap_or_default(),
        pods: id.map_or(0, |id| store.index.pods_on(id).count() as u32),
    }
}

fn status(node: Option<&Node>, state: State) -> String {
    let Some(node) = node else {
        return match state {
            State::Pending => "Launching",
            State::InService => "Joining",
            State::Terminating | State::Terminated => "Terminating",
        }
        .to_owned();
    };
    let mut words = vec![match node.ready {
        NodeReady::True => "Ready",
        NodeReady::False | NodeReady::Unknown => "NotReady",
    }];
    if node.unschedulable {
        words.push("SchedulingDisabled");
    }
    if state == State::Terminating {
        words.push("Terminating");
    }
    words.join(",")
}

fn image(image: &Image) -> ImageRow {
    ImageRow {
        id: image.id.to_string(),
        kind: image.ami_type.to_string(),
        minor: image.minor.to_string(),
        release: image.release.to_string(),
        published: image.published.to_string(),
    }
}

/// Checks that what a command names exists, where the command itself would not notice.
fn check(world: &World, deed: &Deed) -> Result<(), String> {
    let groups: Vec<&str> = world.cloud.groups().map(|(_, group)| &*group.spec.nodegroup).collect();
    match deed {
        Deed::Pause { .. } | Deed::Resume { .. } | Deed::Cancel { .. } | Deed::Force { .. } => {
            Err("this is asked of an update and not of the world: updates/ID/pause and the like".to_owned())
        }
        Deed::DeleteNode { node }
        | Deed::TerminateInstance { node, .. }
        | Deed::NodeDies { node }
        | Deed::KubeletSilent { node, .. }
        | Deed::Cordon { node }
        | Deed::Uncordon { node }
        | Deed::HoldNode { node }
        | Deed::ReleaseNode { node }
        | Deed::AnnotateNode { node, .. } => match node {
            NodeChoice::Named(_) | NodeChoice::Of(_) => Ok(()),
            NodeChoice::Old(_) | NodeChoice::New(_) | NodeChoice::Picked(_) => {
                Err(format!("node {node}: only a script counts nodes; give a name, or `of namespace/pod`"))
            }
        },
        Deed::ZoneCapacity { zone, .. } | Deed::ZoneAddresses { zone, .. } => {
            let zones = world.cloud.groups().flat_map(|(_, group)| group.spec.zones.iter());
            let zones: std::collections::BTreeSet<&str> = zones.map(|zone| &**zone).collect();
            if zones.contains(zone.as_str()) {
                return Ok(());
            }
            let known: Vec<&str> = zones.into_iter().collect();
            Err(format!("zone {zone}: there is no such zone; there are {}", known.join(", ")))
        }
        Deed::SetSizes { group: Some(group), .. }
        | Deed::ImageDisappears { group: Some(group) }
        | Deed::ImageReturns { group: Some(group) }
        | Deed::EditTemplate { group: Some(group), .. }
        | Deed::RevertTemplate { group: Some(group) }
            if !groups.contains(&group.as_str()) =>
        {
            Err(format!("group {group}: there is no such node group; there are {}", groups.join(", ")))
        }
        _ => Ok(()),
    }
}
