//! The account of one real cluster: scaling groups, templates and images of the embedded cloud, nodes of the cluster.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use replank_core::node_group::spec::Spec;
use replank_core::observed::TemplateContent;
use replank_core::sizes::Sizes;
use replank_engine::ports::ReadError;
use replank_engine::report::WORTH_TELLING;
use replank_kube::{Claim, Claims, nodes};
use replank_rehearsal::adapter::{Founder, SimulatedAccount};
use replank_service::ports::ActError;
use replank_service::ports::auto_scaling::{Activity, AutoScaling, Call, Declined, Done, Group, NewGroup};
use replank_service::ports::clusters::{ClusterRequest, Clusters, Endpoint};
use replank_service::ports::fargate::Fargate;
use replank_service::ports::images::{Image, ImageRequest, Images, NoImage};
use replank_service::ports::inventory::{ImageRow, Inventory, NodeRow};
use replank_service::ports::launch_templates::{
    LaunchTemplates, NoChange, OwnTemplate, Source, TemplateChange, TemplateVersion,
};
use replank_service::ports::machines::{Machine, MachineImage, MachineType, Machines, ZoneLimits};
use replank_service::ports::node_groups::{GroupNodes, GroupRequest, NodeGroups, Relabel, ScalingGroup};
use replank_service::ports::parameters::{Depth, Parameter, Parameters};
use replank_service::ports::planner::{Planned, Planner};
use replank_service::ports::simulation::{Simulation, SimulationTime, SpeedChange};
use replank_service::start_update::Rules;
use replank_world::shared::Shared;
use serde_json::Value;

use crate::planner::{ClusterPlanner, Rehearsed, Waits};
use crate::{KwokCloud, RealCluster, group};

/// Acts on the embedded cloud. All others are refused: the cluster is real, so they are done there.
const CLOUD_ACTS: [&str; 5] =
    ["zone-capacity", "zone-addresses", "set-sizes", "image-disappears", "image-returns"];

/// The account of a real cluster whose nodes are kwok nodes.
#[derive(Clone, Debug)]
pub struct KwokAccount {
    /// The embedded cloud, as an account with this cluster.
    cloud: SimulatedAccount,
    /// Leases of the node groups that this process holds.
    claims: Arc<Claims>,
    /// Rules of updates, from the world file.
    pub(crate) rules: Rules,
    /// Predicts what an update would do.
    planner: ClusterPlanner,
    /// Groups that are being deleted, with the lease, which is held until they are gone.
    leaving: Arc<Mutex<BTreeMap<String, Arc<Claim>>>>,
}

impl KwokAccount {
    /// The account of a cluster and its cloud. A group is changed only while `claims` holds its lease.
    pub fn new(cluster: &RealCluster, cloud: &KwokCloud, claims: Arc<Claims>, rules: Rules) -> Self {
        let world = cloud.session.world.clone();
        let account = SimulatedAccount::new(world.clone(), Arc::new(NoFounder));
        let connection = &cluster.connection;
        let endpoint = Endpoint { url: connection.server.clone(), authority: connection.authority.clone() };
        account.serves(&cloud.session.cluster().name, world, endpoint);
        let planner = ClusterPlanner::new(cluster, cloud);
        Self { cloud: account, claims, rules, planner, leaving: Arc::default() }
    }

    pub(crate) fn cluster(&self) -> &RealCluster {
        &self.planner.cluster
    }

    /// Takes the lease of a group, so that no other process changes it; it is held until the answer is dropped.
    async fn hold(&self, group: &str) -> Result<Arc<Claim>, ActError> {
        let claim = self.claims.of(group);
        claim.hold().await.map_err(ActError)?;
        Ok(claim)
    }
}

impl KwokAccount {
    fn foretold(&self, spec: &Spec, least: SignedDuration, waits: Waits) -> Result<Planned, ActError> {
        let cloud = self.cloud.world_of(spec.cluster.as_str());
        let planned = self.planner.of(&cloud, spec, least, waits).map_err(refused)?;
        let rehearsal = planned.rehearsed.as_ref().ok().map(Rehearsed::told);
        Ok(Planned { plan: planned.plan, projected: planned.rehearsed.err(), rehearsal })
    }
}

impl NodeGroups for KwokAccount {
    async fn scaling_group(&self, cluster: &str, group: &str) -> Result<Option<ScalingGroup>, ReadError> {
        self.cloud.scaling_group(cluster, group).await
    }

    async fn resize(&self, cluster: &str, group: &str, to: Sizes) -> Result<(), ActError> {
        let _held = self.hold(group).await?;
        self.cloud.resize(cluster, group, to).await
    }

    async fn create_group(&self, wish: &GroupRequest) -> Result<(), ActError> {
        self.cloud.create_group(wish).await
    }

    async fn group_nodes(&self, cluster: &str, group: &str) -> Result<Option<GroupNodes>, ReadError> {
        let standing = self.cluster().cache.standing(Some(group))?;
        let ready = standing.iter().filter(|node| node.is_ready).count() as u32;
        let found = self.cloud.group_nodes(cluster, group).await?;
        let launched = group::launched(&self.cloud.world_of(cluster), group);
        let (late, unready) = group::overdue(&launched, &standing, self.rules.limits.join, Timestamp::now());
        Ok(found.map(|found| GroupNodes { ready, late, unready, ..found }))
    }

    async fn drain_group(&self, _cluster: &str, group: &str) -> Result<u32, ActError> {
        let held = self.hold(group).await?;
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).insert(group.to_owned(), held);
        group::drain(self, group).await
    }

    async fn remove_group(&self, cluster: &str, group: &str) -> Result<(), ActError> {
        let _held = self.hold(group).await?;
        self.cloud.remove_group(cluster, group).await?;
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).remove(group);
        Ok(())
    }

    async fn relabel(&self, cluster: &str, group: &str, change: &Relabel) -> Result<(), ActError> {
        let _held = self.hold(group).await?;
        self.cloud.relabel(cluster, group, change).await?;
        let standing = self.cluster().cache.standing(Some(group)).map_err(refused)?;
        for node in standing {
            nodes::relabel(&self.cluster().connection.client, &node.name, change).await.map_err(ActError)?;
        }
        Ok(())
    }
}

impl AutoScaling for KwokAccount {
    async fn auto_scaling_groups(&self) -> Result<Vec<Group>, ReadError> {
        self.cloud.auto_scaling_groups().await
    }

    async fn activities(&self, group: &str) -> Result<Vec<Activity>, ReadError> {
        self.cloud.activities(group).await
    }

    async fn call(&self, group: &str, call: &Call) -> Result<Done, Declined> {
        let groups = self.cloud.auto_scaling_groups().await.map_err(contended)?;
        let found = groups.into_iter().find(|one| one.name == group);
        let _held = match found.and_then(|one| one.nodegroup) {
            Some(nodegroup) => Some(self.hold(&nodegroup).await.map_err(contended)?),
            None => None,
        };
        self.cloud.call(group, call).await
    }

    async fn create_auto_scaling_group(&self, _new: &NewGroup) -> Result<(), Declined> {
        let server = &self.cluster().connection.server;
        let said = format!(
            "The groups of the real cluster {server} are those that its nodes are of; none is made here."
        );
        Err(Declined::new("ValidationError", said))
    }
}

impl Machines for KwokAccount {
    async fn machines(&self) -> Result<Vec<Machine>, ReadError> {
        self.cloud.machines().await
    }

    async fn machine_images(&self) -> Result<Vec<MachineImage>, ReadError> {
        self.cloud.machine_images().await
    }

    async fn machine_types(&self) -> Result<Vec<MachineType>, ReadError> {
        self.cloud.machine_types().await
    }

    async fn zone_limits(&self) -> Result<BTreeMap<String, ZoneLimits>, ReadError> {
        self.cloud.zone_limits().await
    }
}

/// Another process holds the group, or it cannot be read.
fn contended(error: impl Display) -> Declined {
    Declined::new("ResourceContention", error.to_string())
}

impl LaunchTemplates for KwokAccount {
    async fn template_versions(&self, template: &str) -> Result<BTreeMap<u64, TemplateVersion>, ReadError> {
        self.cloud.template_versions(template).await
    }

    async fn own_templates(&self) -> Result<Vec<OwnTemplate>, ReadError> {
        self.cloud.own_templates().await
    }

    async fn change_template(&self, change: &TemplateChange) -> Result<OwnTemplate, NoChange> {
        self.cloud.change_template(change).await
    }

    async fn sourced(
        &self,
        cluster: &str,
        group: &str,
        source: &Source,
    ) -> Result<TemplateContent, ActError> {
        self.cloud.sourced(cluster, group, source).await
    }
}

impl Images for KwokAccount {
    async fn image(&self, wish: &ImageRequest) -> Result<Image, NoImage> {
        self.cloud.image(wish).await
    }
}

impl Parameters for KwokAccount {
    async fn parameter(&self, name: &str) -> Result<Option<Parameter>, ReadError> {
        self.cloud.parameter(name).await
    }

    async fn parameters_below(
        &self,
        path: &str,
        depth: Depth,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Parameter>, ReadError> {
        self.cloud.parameters_below(path, depth, after, most).await
    }
}

/// A real cluster with nodes of its own has no Fargate.
impl Fargate for KwokAccount {}

impl Clusters for KwokAccount {
    async fn zones(&self) -> Result<Vec<String>, ReadError> {
        self.cloud.zones().await
    }

    fn keeps_clusters(&self) -> Option<String> {
        let server = &self.cluster().connection.server;
        let keeps = "makes no clusters, removes none and changes no control plane.";
        Some(format!("This endpoint stands in front of one real cluster, {server}; it {keeps}"))
    }

    async fn create_cluster(&self, _wish: &ClusterRequest) -> Result<(), ActError> {
        Err(ActError(self.keeps_clusters().unwrap_or_default()))
    }

    async fn remove_cluster(&self, _cluster: &str) -> Result<(), ActError> {
        Err(ActError(self.keeps_clusters().unwrap_or_default()))
    }

    async fn move_control_plane(&self, _cluster: &str, _version: &str) -> Result<(), ActError> {
        Err(ActError(self.keeps_clusters().unwrap_or_default()))
    }

    async fn endpoint(&self, cluster: &str) -> Result<Option<Endpoint>, ReadError> {
        self.cloud.endpoint(cluster).await
    }
}

impl Planner for KwokAccount {
    fn plan(&self, spec: &Spec) -> Result<Planned, ActError> {
        self.foretold(spec, WORTH_TELLING, Waits::Request)
    }

    fn rehearse(&self, spec: &Spec, least: SignedDuration) -> Result<Planned, ActError> {
        self.foretold(spec, least, Waits::Person)
    }
}

impl Inventory for KwokAccount {
    async fn nodes(&self, cluster: &str, group: Option<&str>) -> Result<Vec<NodeRow>, ReadError> {
        let mut rows = self.cloud.nodes(cluster, group).await?;
        let standing = self.cluster().cache.standing(group)?;
        for row in &mut rows {
            let node = standing.iter().find(|node| node.instance.as_str() == row.instance);
            row.pods = node.map_or(0, |node| node.pods);
            row.name = node.map(|node| node.name.to_string());
            row.status = match node {
                None if ["Launching", "Terminating"].contains(&&*row.status) => continue,
                // The instance is up, and the cluster does not know it yet, or not any more.
                None if row.status.contains("Terminating") => "Terminating".to_owned(),
                None => "Joining".to_owned(),
                Some(node) => group::status(node, row.status.contains("Terminating")),
            };
        }
        Ok(rows)
    }

    async fn images(&self, kind: Option<&str>, minor: Option<&str>) -> Result<Vec<ImageRow>, ActError> {
        self.cloud.images(kind, minor).await
    }
}

impl Simulation for KwokAccount {
    fn time(&self) -> SimulationTime {
        SimulationTime { now: Timestamp::now(), times: 1.0, is_paused: false }
    }

    fn only_acts(&self) -> Option<&'static [&'static str]> {
        Some(&CLOUD_ACTS)
    }

    fn set_speed(&self, _change: SpeedChange) -> Result<(), ActError> {
        Err(ActError("a real cluster keeps its own time, which nobody stops or hurries".to_owned()))
    }

    async fn act(&self, cluster: Option<&str>, act: &Value) -> Result<String, ActError> {
        let named = act["do"].as_str().unwrap_or_default();
        if !named.is_empty() && !CLOUD_ACTS.contains(&named) {
            return Err(ActError(format!(
                "{named}: the cluster is a real one, so do it there (kubectl); of its cloud there are {}",
                CLOUD_ACTS.join(", ")
            )));
        }
        self.cloud.act(cluster, act).await
    }
}

/// Refuses to create clusters.
#[derive(Debug)]
struct NoFounder;

impl Founder for NoFounder {
    fn found(&self, wish: &ClusterRequest) -> Result<(Shared, Endpoint), ActError> {
        Err(ActError(format!("cluster {}: a real cluster is not made here", wish.name)))
    }

    fn end(&self, _cluster: &str) {}
}

fn refused(error: impl Display) -> ActError {
    ActError(error.to_string())
}
