//! The cluster as an upgrade sees and moves it: by the records, and by the ways that every other client takes.

use std::collections::BTreeMap;
use std::sync::Arc;

use replank_core::cluster_upgrade::decision::{Act, Action};
use replank_core::cluster_upgrade::observed::{
    AddOn, Checked, ControlPlane, Group, Nodes, Observation, Offered, Running, Stands, State, Work,
};
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::names::{AddOnName, NodeGroupName, UpdateId};
use replank_core::observed::{Answer, Refused};
use replank_core::version::Minor;
use replank_engine::cluster_upgrade::port::UpgradePort;
use serde_json::{Map, Value};

use crate::ports::inventory::{Inventory, NodeRow};
use crate::ports::{Account, ReadError};
use crate::records::{
    self, Cluster, ClusterStatus, Key, Kind, Nodegroup, NodegroupStatus, Owned, Owner, Param, UpdateStatus,
};
use crate::refusal::{Refusal, RefusalKind};
use crate::service::Service;
use crate::start_update::{self, IdFrom, StartUpdate};
use crate::{addon_version, catalogue, cluster_version, uuid_of};

/// The clusters of a service, as upgrades see and move them.
pub struct ClusterPort<A> {
    service: Arc<Service<A>>,
}

impl<A> std::fmt::Debug for ClusterPort<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClusterPort").finish_non_exhaustive()
    }
}

impl<A: Account + Inventory> ClusterPort<A> {
    /// The clusters of this service.
    pub fn new(service: Arc<Service<A>>) -> Self {
        Self { service }
    }

    fn work(&self, cluster: &str, id: UpdateId) -> Result<Option<Work>, ReadError> {
        let record = self.service.records.get(&Key::new(Kind::Update, cluster, id.as_str()));
        let Some(record) = record else { return Ok(None) };
        let owned: Owned = records::read(&record.document).map_err(unreadable)?;
        let stands = match owned.update.status {
            UpdateStatus::InProgress => Stands::Running(Running::default()),
            UpdateStatus::Successful => Stands::Succeeded,
            UpdateStatus::Cancelled => Stands::Cancelled,
            UpdateStatus::Failed => {
                let told = owned.update.errors.iter().map(|error| error.error_message.as_str());
                Stands::Failed { message: told.collect::<Vec<_>>().join("; ") }
            }
        };
        Ok(Some(Work { update: id, stands }))
    }

    fn add_ons(&self, upgrade: &Upgrade) -> BTreeMap<AddOnName, AddOn> {
        let spec = upgrade.spec();
        let minors = (spec.from.0..=spec.to.0).map(Minor);
        let records = self.service.records.list(Kind::Addon, spec.cluster.as_str()).into_iter();
        let one = |(key, record): (Key, Arc<records::Record>)| {
            let version = record.document["addonVersion"].as_str().unwrap_or_default().to_owned();
            let offered = minors.clone().map(|minor| (minor, offered(&key.name, minor))).collect();
            (AddOnName::new(key.name), AddOn { version, offered, rollout: None })
        };
        records.map(one).collect()
    }

    async fn groups(&self, cluster: &str) -> Result<BTreeMap<NodeGroupName, Group>, ReadError> {
        let mut nodes: BTreeMap<String, BTreeMap<Minor, Nodes>> = BTreeMap::new();
        for row in self.service.account.nodes(cluster, None).await? {
            let Some(minor) = Minor::of_version(&row.kubelet) else { continue };
            count(nodes.entry(row.nodegroup.clone()).or_default().entry(minor).or_default(), &row);
        }
        let records = self.service.records.list(Kind::NodeGroup, cluster).into_iter();
        let one = |(_, record): (Key, Arc<records::Record>)| {
            let group: Nodegroup = records::read(&record.document).map_err(unreadable)?;
            let nodes = nodes.remove(&group.nodegroup_name).unwrap_or_default();
            let shown = Group { minor: group.known_minor(), state: state(&group), nodes };
            Ok((NodeGroupName::new(group.nodegroup_name), shown))
        };
        records.map(one).collect()
    }

    async fn begin(&self, cluster: &str, action: &Action, id: &str) -> Result<(), Refusal> {
        match action {
            Action::StartControlPlane { to } => {
                let pods =
                    self.service.account.fargate_pods(cluster).await.map_err(|error| unseen(&error))?;
                self.service
                    .records
                    .change(|change| cluster_version::begin(change, cluster, &to.to_string(), id, &pods))?;
            }
            Action::StartAddOn { add_on, version } => {
                self.service.records.change(|change| {
                    let name = add_on.as_str();
                    let version = addon_version::version(change, cluster, name, Some(version))?;
                    let members = Map::from_iter([("addonVersion".to_owned(), Value::from(version.clone()))]);
                    // What somebody changed on it stays (EKS: `resolveConflicts`).
                    let param = |kind: &str, value: &str| Param { kind: kind.into(), value: value.into() };
                    let params = vec![param("AddonVersion", &version), param("ResolveConflicts", "PRESERVE")];
                    addon_version::change_addon(change, cluster, name, members, params, id)
                })?;
            }
            Action::StartGroup { group, to } => {
                let asked = StartUpdate {
                    cluster: cluster.to_owned(),
                    group: group.to_string(),
                    version: Some(to.to_string()),
                    token: Some(id.to_owned()),
                    ..StartUpdate::default()
                };
                let mut pending = start_update::prepare(&self.service, &asked, IdFrom::Chance).await?;
                id.clone_into(&mut pending.update);
                start_update::begin(&self.service, &asked.tokened(), pending)?;
            }
            // Orders of a service name no add-ons of owners.
            Action::StartOwnAddOn { .. }
            | Action::UndoOwnAddOn { .. }
            | Action::Relaunch { .. }
            | Action::PauseChild { .. }
            | Action::ResumeChild { .. }
            | Action::CancelChild { .. } => {}
        }
        self.service.wake();
        Ok(())
    }
}

impl<A: Account + Inventory> UpgradePort for ClusterPort<A> {
    fn update_id(&self, upgrade: &Upgrade, step: u32, attempt: u32) -> UpdateId {
        UpdateId::new(uuid_of(&format!("{}/{step}/{attempt}", upgrade.spec().upgrade)))
    }

    async fn observe(&self, upgrade: &Upgrade) -> Result<Observation, ReadError> {
        let name = upgrade.spec().cluster.as_str();
        let cluster = records::cluster(&self.service.records, name).map_err(unreadable)?;
        let minor = Minor::parse(&cluster.version);
        let minor = minor.ok_or_else(|| ReadError(format!("its version is {}", cluster.version)))?;
        let state = self.cluster_state(&cluster);
        let id = self.update_id(upgrade, upgrade.at(), upgrade.present().attempt);
        let checked = match upgrade.step().filter(|step| !step.acts()).map(|step| step.minor) {
            // What breaks with a later minor says nothing about the way back.
            Some(to) if upgrade.spec().is_rollback() => {
                Some(Checked { to, blocking: Vec::new(), breaking: Vec::new() })
            }
            Some(to) => Some(self.service.checks.check(name, to)?),
            None => None,
        };
        Ok(Observation {
            control_plane: Some(ControlPlane { minor, version: String::new(), state }),
            add_ons: self.add_ons(upgrade),
            groups: self.groups(name).await?,
            fargate: self.service.account.fargate_pods(name).await?,
            checked,
            work: self.work(name, id)?,
            ..Observation::default()
        })
    }

    async fn start(&self, upgrade: &Upgrade, act: &Act) -> Answer {
        let cluster = upgrade.spec().cluster.as_str();
        if let Action::Relaunch { pod } = &act.action {
            return self.service.account.evict_fargate_pod(cluster, pod).await;
        }
        let id = self.update_id(upgrade, act.step, act.attempt);
        if matches!(self.work(cluster, id.clone()), Ok(Some(_))) {
            return Answer::Done;
        }
        match self.begin(cluster, &act.action, id.as_str()).await {
            Ok(()) => Answer::Done,
            Err(Refusal { kind, message, .. }) => match kind {
                RefusalKind::InUse | RefusalKind::Server => Answer::NotYet(Refused::Other { message }),
                RefusalKind::NotFound | RefusalKind::InvalidParameter | RefusalKind::InvalidRequest => {
                    Answer::Impossible(message)
                }
            },
        }
    }
}

impl<A: Account + Inventory> ClusterPort<A> {
    fn cluster_state(&self, cluster: &Cluster) -> State {
        if cluster.status == ClusterStatus::Active {
            return State::AtRest;
        }
        let updates = self.service.records.list(Kind::Update, &cluster.name).into_iter();
        let running =
            |owned: &Owned| owned.owner == Owner::Cluster && owned.update.status == UpdateStatus::InProgress;
        let owned = updates.filter_map(|(_, record)| records::read::<Owned>(&record.document).ok());
        let update = owned.filter(running).map(|owned| UpdateId::new(owned.update.id)).next();
        State::Busy { status: word(&cluster.status), update }
    }
}

fn offered(name: &str, minor: Minor) -> Offered {
    let versions = catalogue::addon_versions(name, minor).into_iter().map(str::to_owned).collect();
    let default = catalogue::default_addon(name, minor).map_or("", |row| row.version).to_owned();
    Offered { versions, default }
}

fn count(nodes: &mut Nodes, row: &NodeRow) {
    let is_ready = row.status.split(',').any(|word| word == "Ready");
    nodes.count += 1;
    nodes.ready += u32::from(is_ready);
    nodes.with_pods += u32::from(is_ready && row.pods > 0);
}

fn state(group: &Nodegroup) -> State {
    match group.status {
        NodegroupStatus::Active | NodegroupStatus::Degraded => State::AtRest,
        NodegroupStatus::Creating
        | NodegroupStatus::Updating
        | NodegroupStatus::Deleting
        | NodegroupStatus::CreateFailed
        | NodegroupStatus::DeleteFailed => State::Busy { status: word(&group.status), update: None },
    }
}

/// A status as EKS spells it.
fn word(status: &impl serde::Serialize) -> String {
    records::written(status).as_str().unwrap_or_default().to_owned()
}

fn unseen(error: &ReadError) -> Refusal {
    Refusal::new(RefusalKind::Server, error.to_string())
}

fn unreadable(refusal: Refusal) -> ReadError {
    ReadError(refusal.message)
}
