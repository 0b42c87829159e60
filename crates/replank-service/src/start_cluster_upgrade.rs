//! An upgrade of a whole cluster, from what was asked to the [`Spec`] that the engine runs: the one place that makes them.

use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::cluster_upgrade::spec::{Gates, GroupKind, Limits, Mover, PlannedGroup, Spec, Workers};
use replank_core::cluster_upgrade::target::{Reach, target};
use replank_core::names::{AddOnName, UpdateId};
use replank_core::node_group::batch::batch;
use replank_core::version::Minor;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::id::uuid;
use crate::ports::Account;
use crate::records::{
    self, Change, Cluster, ClusterStatus, ClusterUpgradeOrder, Gate, Key, Kind, Nodegroup, OrderedGroup,
    PendingOperation,
};
use crate::refusal::{Refusal, RefusalKind};
use crate::service::{Service, now};
use crate::tokens::Tokened;
use crate::{catalogue, rollback};

/// A request for an upgrade of a whole cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct StartClusterUpgrade {
    /// Name of the cluster.
    pub cluster: String,
    /// Kubernetes minor to reach; `None` means the next one, or with `all` the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Plan every minor between, with everything that belongs to each.
    pub all: bool,
    /// Where it waits for a person.
    pub gate: Gate,
    /// Let nodes that are not of the service skip minors.
    pub skip_workers: bool,
    /// Ids of checks whose findings shall hold nothing up, such as `budget-never-allows`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<String>,
    /// Client request token, by which the same request is recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_request_token: Option<String>,
}

impl StartClusterUpgrade {
    /// The request with its token set apart.
    pub fn tokened(&self) -> Tokened {
        let asked = serde_json::to_value(Self { client_request_token: None, ..self.clone() });
        let token = self.client_request_token.clone();
        Tokened { operation: "StartClusterUpgrade".into(), token, asked: asked.unwrap_or_default() }
    }
}

/// The upgrade that a request leads to, checked; `None` when the control plane is there already. Nothing is recorded.
pub fn prepare<A: Account>(
    service: &Service<A>,
    asked: &StartClusterUpgrade,
) -> Result<Option<ClusterUpgradeOrder>, Refusal> {
    let cluster = records::cluster(&service.records, &asked.cluster)?;
    let about = |refusal: Refusal| refusal.of_cluster(&cluster.name);
    if let Some(why) = service.account.keeps_clusters() {
        return Err(about(Refusal::new(RefusalKind::InvalidRequest, why)));
    }
    let refused = |said: String| about(Refusal::invalid(said));
    let from = Minor::parse(&cluster.version);
    let from =
        from.ok_or_else(|| refused(format!("couldn't resolve control plane version {}", cluster.version)))?;
    let reach = if asked.all { Reach::All } else { Reach::Next };
    let served = catalogue::served(now());
    let updates = service.records.list(Kind::Update, &cluster.name).into_iter();
    let back = rollback::previous(updates.map(|(_, record)| record.document.clone()), now());
    let to = target(&cluster.name, from, asked.version.as_deref(), reach, &served, back);
    let Some(to) = to.map_err(|error| refused(error.to_string()))? else { return Ok(None) };
    free(service, &cluster)?;
    let names = |kind| service.records.list(kind, &cluster.name).into_iter().map(|(key, _)| key.name);
    let groups = groups(service, &cluster)?;
    if asked.skip_workers && !groups.is_empty() {
        let named: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        return Err(refused(format!(
            "skipWorkers: node groups {} are of EKS, which moves no control plane away from them; leave it out",
            named.join(", ")
        )));
    }
    Ok(Some(ClusterUpgradeOrder {
        upgrade: uuid(),
        cluster: cluster.name.clone(),
        from: from.0,
        to: to.0,
        gate: asked.gate,
        skip_workers: asked.skip_workers,
        groups,
        add_ons: names(Kind::Addon).collect(),
        fargate_profiles: names(Kind::FargateProfile).collect(),
        accepted: asked.accept.clone(),
    }))
}

/// Refuses while something else is being done with the cluster.
fn free<A: Account>(service: &Service<A>, cluster: &Cluster) -> Result<(), Refusal> {
    let name = &cluster.name;
    let mut known = service.feed.upgrades.reports().into_iter();
    if let Some(other) = known.rfind(|it| it.cluster == *name && !it.status.is_over()) {
        let said = format!(
            "cluster {name} is being upgraded to {} by {}; see what it waits for with replank why, end it with replank \
             cancel {}",
            other.to, other.upgrade, other.upgrade
        );
        return Err(Refusal::new(RefusalKind::InUse, said).of_cluster(name));
    }
    if cluster.status != ClusterStatus::Active {
        let status = records::written(&cluster.status);
        // The words of eksctl.
        let said = format!(
            "cannot update cluster \"{name}\" in \"{}\" region due to status {status}; wait until it is \"ACTIVE\"",
            service.identity.region
        );
        return Err(Refusal::new(RefusalKind::InUse, said).of_cluster(name));
    }
    Ok(())
}

fn groups<A: Account>(service: &Service<A>, cluster: &Cluster) -> Result<Vec<OrderedGroup>, Refusal> {
    let own = Minor::parse(&cluster.version).unwrap_or(Minor(0));
    let records = service.records.list(Kind::NodeGroup, &cluster.name).into_iter();
    let one = |(_, record): (Key, std::sync::Arc<records::Record>)| {
        let group: Nodegroup = records::read(&record.document)?;
        let nodes = group.scaling_config.desired_size;
        Ok(OrderedGroup {
            minor: group.known_minor().unwrap_or(own).0,
            own_image: group.ami_type == "CUSTOM",
            nodes,
            batch: batch(group.update_config.batch(), nodes, nodes),
            name: group.nodegroup_name,
        })
    };
    records.map(one).collect()
}

/// Records the upgrade, unless the same client made the same request before.
pub fn begin<A: Account>(
    service: &Service<A>,
    tokened: &Tokened,
    order: ClusterUpgradeOrder,
) -> Result<Value, Refusal> {
    let answer = tokened.once::<Refusal>(&service.records, |change| {
        if let Some(other) = other(change, &order.cluster)? {
            let said = format!("cluster {} is being upgraded by {other}", order.cluster);
            return Err(Refusal::new(RefusalKind::InUse, said).of_cluster(&order.cluster));
        }
        // Whoever asks for it next finds it, though the engine has not looked yet.
        service.feed.upgrades.remember(&Upgrade::new(order.spec(), now()), &[], now());
        let key = Key::new(Kind::PendingOperation, &order.cluster, &order.upgrade);
        let answer = json!({ "upgrade": order.upgrade, "cluster": order.cluster });
        change.put(key, records::written(&PendingOperation::ClusterUpgrade(Box::new(order))));
        Ok(answer)
    })?;
    service.wake();
    Ok(answer)
}

/// An upgrade of the cluster that is on record.
fn other(change: &Change<'_>, cluster: &str) -> Result<Option<String>, Refusal> {
    for (_, document) in change.list(Kind::PendingOperation, cluster) {
        if let PendingOperation::ClusterUpgrade(order) = records::read::<PendingOperation>(&document)? {
            return Ok(Some(order.upgrade));
        }
    }
    Ok(None)
}

/// A cluster that is on no record here, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundToUpgrade {
    /// Id that the upgrade gets.
    pub upgrade: UpdateId,
    /// Minor of its control plane.
    pub from: Minor,
    /// Minors that it may be asked to reach.
    pub served: Vec<Minor>,
    /// Who moves its control plane.
    pub control_plane: Mover,
    /// Its node groups.
    pub groups: Vec<PlannedGroup>,
    /// Names of the add-ons that the service manages.
    pub add_ons: Vec<String>,
    /// Names of those that are their owner's and are moved.
    pub own_add_ons: Vec<String>,
    /// Names of its Fargate profiles.
    pub fargate_profiles: Vec<String>,
}

/// The upgrade of a cluster that is on no record; `None` when its control plane is there already.
pub fn of_found(asked: &StartClusterUpgrade, found: FoundToUpgrade) -> Result<Option<Spec>, Refusal> {
    let about = |said: String| Refusal::invalid(said).of_cluster(&asked.cluster);
    let reach = if asked.all { Reach::All } else { Reach::Next };
    let to = target(&asked.cluster, found.from, asked.version.as_deref(), reach, &found.served, None);
    let Some(to) = to.map_err(|error| about(error.to_string()))? else { return Ok(None) };
    let is_of_service = |group: &&PlannedGroup| match group.kind {
        GroupKind::Managed | GroupKind::OwnImage | GroupKind::OfService => true,
        GroupKind::SelfManaged | GroupKind::Ours => false,
    };
    let level: Vec<&str> =
        found.groups.iter().filter(is_of_service).map(|group| group.name.as_str()).collect();
    if asked.skip_workers && !level.is_empty() {
        return Err(about(format!(
            "skipWorkers: node groups {} are of EKS, which moves no control plane away from them; leave it out",
            level.join(", ")
        )));
    }
    let named = |names: Vec<String>| names.iter().map(|name| AddOnName::new(name.as_str())).collect();
    Ok(Some(Spec {
        upgrade: found.upgrade,
        cluster: asked.cluster.as_str().into(),
        from: found.from,
        to,
        gates: gates(asked.gate),
        workers: if asked.skip_workers { Workers::Skip } else { Workers::EveryMinor },
        groups: found.groups,
        control_plane: found.control_plane,
        add_ons: named(found.add_ons),
        own_add_ons: named(found.own_add_ons),
        fargate_profiles: found.fargate_profiles,
        accepted: asked.accept.clone(),
        limits: Limits::default(),
    }))
}

fn gates(gate: Gate) -> Gates {
    match gate {
        Gate::Each => Gates::Each,
        Gate::Cluster => Gates::Cluster,
        Gate::None => Gates::None,
    }
}

impl ClusterUpgradeOrder {
    /// The upgrade as the engine runs it.
    pub fn spec(&self) -> Spec {
        let group = |group: &OrderedGroup| PlannedGroup {
            name: group.name.as_str().into(),
            minor: Minor(group.minor),
            kind: if group.own_image { GroupKind::OwnImage } else { GroupKind::Managed },
            nodes: group.nodes,
            batch: group.batch,
        };
        Spec {
            upgrade: self.upgrade.as_str().into(),
            cluster: self.cluster.as_str().into(),
            from: Minor(self.from),
            to: Minor(self.to),
            gates: gates(self.gate),
            workers: if self.skip_workers { Workers::Skip } else { Workers::EveryMinor },
            groups: self.groups.iter().map(group).collect(),
            control_plane: Mover::Service,
            own_add_ons: Vec::new(),
            add_ons: self.add_ons.iter().map(|name| name.as_str().into()).collect(),
            fargate_profiles: self.fargate_profiles.clone(),
            accepted: self.accepted.clone(),
            limits: Limits::default(),
        }
    }
}
