//! A real cluster as an upgrade sees and moves it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use replank_aws::clusters::UpdateOf;
use replank_core::cluster_upgrade::decision::{Act, Action};
use replank_core::cluster_upgrade::observed::{AddOn, Checked, Group, Observation, Offered, Work};
use replank_core::cluster_upgrade::plan::What;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::names::{AddOnName, NodeGroupName, UpdateId};
use replank_core::node_group::spec::Spec;
use replank_core::observed::Answer;
use replank_core::version::Minor;
use replank_engine::cluster_upgrade::port::UpgradePort;
use replank_engine::ports::ReadError;
use replank_kube::{Claim, NodeScope};
use replank_service::uuid_of;

use super::add_on::{OwnAddOns, named};
use super::fargate::Fargate;
use super::hands::{Begun, HandGroup, Hands};
use super::nodes;
use super::offers::Offers;
use super::plane::{INSIGHT, Plane, answer, unread};
use super::works::Works;
use crate::check;
use crate::real::connect::Reached;

/// How long the answers that cost calls of AWS count for what is not being worked at.
const COUNTS: Duration = Duration::from_secs(15);

/// A real cluster.
pub(super) struct Port<'a, H> {
    pub(super) reached: &'a Reached,
    pub(super) plane: Plane,
    pub(super) hands: H,
    pub(super) works: Works,
    pub(super) own: OwnAddOns,
    pub(super) offers: Offers,
    /// The lease of the cluster, if it is to be moved; a plan takes none.
    pub(super) claim: Option<Arc<Claim>>,
    /// Updates of node groups that are to be run by this process.
    pub(super) begun: RefCell<Vec<Spec>>,
    pub(super) known: Known,
}

/// What was read a short while ago.
#[derive(Default)]
pub(super) struct Known {
    groups: RefCell<Option<(Instant, Vec<HandGroup>)>>,
    managed: RefCell<BTreeMap<AddOnName, (Instant, Option<String>)>>,
    checked: RefCell<Option<(Instant, (u32, u32), Checked)>>,
}

impl<H: Hands> Port<'_, H> {
    /// Waits until the watches of the cluster are filled.
    pub(super) async fn filled(&self) -> Result<(), ReadError> {
        let mut side = self.reached.side(NodeScope::Instances);
        side.read_once(&mut replank_core::observed::Observation::default()).await
    }

    /// Every node group that the cloud has.
    pub(super) async fn hand_groups(&self) -> Result<Vec<HandGroup>, ReadError> {
        let known = self.known.groups.borrow().clone();
        if let Some((_, groups)) = known.filter(|(at, _)| at.elapsed() < COUNTS) {
            return Ok(groups);
        }
        let groups = self.hands.groups().await?;
        *self.known.groups.borrow_mut() = Some((Instant::now(), groups.clone()));
        Ok(groups)
    }

    /// Every node group with its nodes, those that no cloud here has too.
    pub(super) async fn groups(&self) -> Result<BTreeMap<NodeGroupName, Group>, ReadError> {
        let groups = self.hand_groups().await?;
        let standing = self.reached.cache.standing(None)?;
        Ok(nodes::by_group(&groups, &standing))
    }

    /// Version of an add-on that EKS manages; `None` when it is gone.
    async fn managed(&self, name: &AddOnName, is_present: bool) -> Result<Option<String>, ReadError> {
        let Plane::Eks(plane) = &self.plane else { return Ok(None) };
        let known = self.known.managed.borrow().get(name).cloned();
        if let Some((_, version)) = known.filter(|(at, _)| !is_present && at.elapsed() < COUNTS) {
            return Ok(version);
        }
        let found = plane.aws.add_on(&plane.cluster, name.as_str()).await.map_err(|error| unread(&error))?;
        let version = found.map(|found| found.version);
        self.known.managed.borrow_mut().insert(name.clone(), (Instant::now(), version.clone()));
        Ok(version)
    }

    async fn add_ons(
        &self,
        upgrade: &Upgrade,
        served: Minor,
    ) -> Result<BTreeMap<AddOnName, AddOn>, ReadError> {
        let spec = upgrade.spec();
        let minors = || (spec.from.0..=spec.to.0).map(Minor);
        let present = upgrade.step().map(|step| step.what.clone());
        let mut found = BTreeMap::new();
        for name in &spec.add_ons {
            let is_present = matches!(&present, Some(What::AddOn(present)) if present == name);
            let Some(version) = self.managed(name, is_present).await? else { continue };
            let mut offered = BTreeMap::new();
            for minor in minors() {
                offered.insert(minor, self.offers.managed(&self.plane, name.as_str(), minor).await?);
            }
            found.insert(name.clone(), AddOn { version, offered, rollout: None });
        }
        for name in spec.own_add_ons.iter().filter(|name| !spec.add_ons.contains(name)) {
            let Some(add_on) = named(name.as_str()) else { continue };
            let Some(version) = self.own.tag(add_on).await? else { continue };
            let mut offered: BTreeMap<Minor, Offered> = BTreeMap::new();
            for minor in minors() {
                offered.insert(minor, self.offers.own(&self.plane, add_on, (minor, served)).await?);
            }
            found.insert(name.clone(), AddOn { version, offered, rollout: None });
        }
        Ok(found)
    }

    /// What the check of everything says of the minor of the present step, made anew now and then while it is waited for.
    async fn checked(&self, upgrade: &Upgrade) -> Result<Option<Checked>, ReadError> {
        let Some(to) = upgrade.step().filter(|step| !step.acts()).map(|step| step.minor) else {
            return Ok(None);
        };
        if upgrade.spec().is_rollback() {
            return Ok(Some(Checked { to, blocking: Vec::new(), breaking: Vec::new() }));
        }
        let key = (upgrade.at(), upgrade.present().attempt);
        let known = self.known.checked.borrow().clone();
        if let Some((.., checked)) =
            known.filter(|(at, of, checked)| at.elapsed() < COUNTS && *of == key && checked.to == to)
        {
            return Ok(Some(checked));
        }
        let checked = self.check(to).await?;
        *self.known.checked.borrow_mut() = Some((Instant::now(), key, checked.clone()));
        Ok(Some(checked))
    }

    /// Checks everything in the cluster for a minor.
    pub(super) async fn check(&self, to: Minor) -> Result<Checked, ReadError> {
        let mut checked = check::of_cluster(&self.reached.connection, to).await?.checked;
        if let Plane::Eks(plane) = &self.plane {
            plane.insights(&mut checked).await?;
        }
        Ok(checked)
    }

    /// The update that the present step began, and how the pods of an own add-on follow.
    async fn work(&self, upgrade: &Upgrade, seen: &mut Observation) -> Result<Option<Work>, ReadError> {
        let id = self.update_id(upgrade, upgrade.at(), upgrade.present().attempt);
        let Some(step) = upgrade.step() else { return Ok(None) };
        match (&step.what, &self.plane) {
            (What::ControlPlane | What::RollBack, Plane::Eks(plane)) => {
                let version = step.minor.to_string();
                plane.work(upgrade, UpdateOf::Cluster, &version, (&id, &self.works)).await
            }
            (What::AddOn(name), Plane::Eks(plane)) => {
                let offered = seen.add_ons.get(name).and_then(|add_on| add_on.offered.get(&step.minor));
                let version = offered.map_or(String::new(), |offered| offered.default.clone());
                let of = UpdateOf::AddOn(name.as_str());
                plane.work(upgrade, of, &version, (&id, &self.works)).await
            }
            (What::OwnAddOn(name), _) => {
                let Some(add_on) = named(name.as_str()) else { return Ok(None) };
                let Some((work, rollout)) = self.own.work(&id, add_on).await? else { return Ok(None) };
                if let Some(seen) = seen.add_ons.get_mut(name) {
                    seen.rollout = rollout;
                }
                Ok(Some(work))
            }
            (What::NodeGroup(name), Plane::Eks(plane)) if upgrade.spec().is_of_service(name) => {
                let of = UpdateOf::NodeGroup(name.as_str());
                plane.work(upgrade, of, &step.minor.to_string(), (&id, &self.works)).await
            }
            (
                What::Gate
                | What::Check
                | What::ControlPlane
                | What::OwnControlPlane
                | What::RollBack
                | What::AddOn(_)
                | What::NodeGroup(_)
                | What::Fargate,
                _,
            ) => Ok(None),
        }
    }

    async fn begin_group(&self, group: &NodeGroupName, to: Minor, id: &UpdateId) -> Answer {
        match self.hands.begin(group.as_str(), to, id).await {
            Ok(Begun::Ours(spec)) => {
                self.begun.borrow_mut().push(*spec);
                Answer::Done
            }
            Ok(Begun::OfService(update)) => self.works.begun(id, &update),
            Err(answer) => answer,
        }
    }
}

impl<H: Hands> UpgradePort for Port<'_, H> {
    fn update_id(&self, upgrade: &Upgrade, step: u32, attempt: u32) -> UpdateId {
        UpdateId::new(uuid_of(&format!("{}/{step}/{attempt}", upgrade.spec().upgrade)))
    }

    async fn observe(&self, upgrade: &Upgrade) -> Result<Observation, ReadError> {
        if let Some(claim) = &self.claim {
            claim.hold().await.map_err(ReadError)?;
        }
        let control_plane = self.plane.look(&self.reached.connection).await?;
        let mut seen = Observation {
            add_ons: self.add_ons(upgrade, control_plane.minor).await?,
            groups: self.groups().await?,
            fargate: Fargate::new(&self.reached.connection).pods(upgrade.spec()).await?,
            checked: self.checked(upgrade).await?,
            control_plane: Some(control_plane),
            ..Observation::default()
        };
        seen.work = self.work(upgrade, &mut seen).await?;
        Ok(seen)
    }

    async fn start(&self, upgrade: &Upgrade, act: &Act) -> Answer {
        if self.claim.as_ref().is_some_and(|claim| !claim.is_held()) {
            return Answer::CannotTell("the lease of the cluster is to be taken anew first".to_owned());
        }
        let id = self.update_id(upgrade, act.step, act.attempt);
        match (&act.action, &self.plane) {
            (Action::StartControlPlane { to }, Plane::Eks(plane)) => {
                let is_forced = upgrade.spec().accepted.iter().any(|check| check == INSIGHT);
                plane.start(*to, &id, &self.works, is_forced).await
            }
            (Action::StartAddOn { add_on, version }, Plane::Eks(plane)) => {
                let (cluster, name) = (&plane.cluster, add_on.as_str());
                match plane.aws.update_add_on(cluster, name, version, id.as_str()).await {
                    Ok(update) => self.works.begun(&id, &update),
                    Err(error) => answer(&error),
                }
            }
            (Action::StartControlPlane { .. } | Action::StartAddOn { .. }, Plane::Owner) => {
                Answer::Impossible("no service moves it".to_owned())
            }
            (Action::StartOwnAddOn { add_on, version, to }, _) => match named(add_on.as_str()) {
                Some(add_on) => self.own.start(&id, add_on, version, *to).await,
                None => Answer::Impossible(format!("{add_on} is no add-on that is known here")),
            },
            (Action::UndoOwnAddOn { add_on, why }, _) => match named(add_on.as_str()) {
                Some(add_on) => self.own.undo(&id, add_on, why).await,
                None => Answer::Impossible(format!("{add_on} is no add-on that is known here")),
            },
            (Action::StartGroup { group, to }, _) => self.begin_group(group, *to, &id).await,
            (Action::Relaunch { pod }, _) => Fargate::new(&self.reached.connection).evict(pod).await,
            (Action::PauseChild { .. } | Action::ResumeChild { .. } | Action::CancelChild { .. }, _) => {
                Answer::Done
            }
        }
    }
}
