//! The control plane of a real cluster: EKS's, which is asked to move it, or its owner's, who is waited for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use replank_aws::clusters::{EksUpdate, UpdateOf};
use replank_aws::managed::ManagedStatus;
use replank_aws::{Aws, CallError, Passing};
use replank_core::cluster_upgrade::observed::{
    CheckFinding, Checked, ControlPlane, Running, Stands, State, Work,
};
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::names::UpdateId;
use replank_core::observed::{Answer, Refused};
use replank_core::version::Minor;
use replank_engine::ports::ReadError;
use replank_kube::Connection;
use replank_kube::lists::version;

use super::works::Works;

/// The finding that stands for what EKS's insights say; accepted, EKS is told to override them.
pub(crate) const INSIGHT: &str = "eks-insight";
/// EKS says it of every add-on that has to follow the control plane, which is the upgrade's own business: an add-on without a
/// version for the minor is a finding besides.
const OF_ADD_ONS: &str = "EKS add-on version compatibility";
/// How far the clocks of EKS and of this machine may be apart when an update is looked up.
const APART: SignedDuration = SignedDuration::from_mins(5);
/// How often EKS is asked whose update keeps a cluster busy.
const BUSY_ASKED_EVERY: Duration = Duration::from_secs(15);

/// Whose a control plane is.
pub(super) enum Plane {
    /// Its owner's.
    Owner,
    /// EKS's.
    Eks(EksPlane),
}

/// A cluster of EKS.
pub(super) struct EksPlane {
    pub(super) aws: Arc<Aws>,
    pub(super) cluster: String,
    /// Updates that are over, which never change again.
    ended: RefCell<BTreeMap<String, EksUpdate>>,
    /// Whose update keeps it busy, and when EKS was asked.
    busy: RefCell<Option<(Instant, Option<String>)>>,
}

impl Plane {
    /// The control plane as it is.
    pub(super) async fn look(&self, connection: &Connection) -> Result<ControlPlane, ReadError> {
        match self {
            Self::Owner => {
                let served =
                    version(&connection.client).await.map_err(|error| ReadError(error.to_string()))?;
                let minor = Minor::of_version(&served);
                let minor = minor.ok_or_else(|| ReadError(format!("the API server tells {served:?}")))?;
                Ok(ControlPlane { minor, version: served, state: State::AtRest })
            }
            Self::Eks(plane) => plane.look().await,
        }
    }
}

/// How an update of EKS stands, for an upgrade.
pub(super) fn stands(update: &EksUpdate) -> Stands {
    match &update.status {
        ManagedStatus::InProgress => Stands::Running(Running::default()),
        ManagedStatus::Successful => Stands::Succeeded,
        ManagedStatus::Ended(status) if status == "Cancelled" => Stands::Cancelled,
        ManagedStatus::Ended(status) => {
            let message = if update.errors.is_empty() { status.clone() } else { update.errors.join("; ") };
            Stands::Failed { message }
        }
    }
}

/// What a failed call means for an upgrade: no answer may have been carried out, and is looked up before it is asked again.
pub(super) fn answer(error: &CallError) -> Answer {
    if error.code.is_empty() {
        Answer::CannotTell(error.to_string())
    } else if error.passes() || error.is_about_rights() {
        Answer::NotYet(Refused::Other { message: error.to_string() })
    } else {
        Answer::Impossible(error.said.clone())
    }
}

/// A failed question, with what would permit it.
pub(super) fn unread(error: &CallError) -> ReadError {
    if error.is_about_rights() {
        let action = format!("eks:{}", error.operation);
        return ReadError(format!(
            "{error}. The policy needs the action {action}; replank iam prints it whole"
        ));
    }
    ReadError(error.to_string())
}

impl EksPlane {
    /// The cluster of that name.
    pub(super) fn new(aws: Arc<Aws>, cluster: &str) -> Self {
        let (ended, busy) = (RefCell::default(), RefCell::default());
        Self { aws, cluster: cluster.to_owned(), ended, busy }
    }

    async fn look(&self) -> Result<ControlPlane, ReadError> {
        let found = self.aws.cluster(&self.cluster).await.map_err(|error| unread(&error))?;
        let found =
            found.ok_or_else(|| ReadError(format!("EKS knows no cluster {:?} any more", self.cluster)))?;
        let minor = Minor::parse(&found.version);
        let minor = minor.ok_or_else(|| ReadError(format!("its version is {:?}", found.version)))?;
        let state = match found.status.as_str() {
            "ACTIVE" => State::AtRest,
            status => State::Busy { status: status.to_owned(), update: self.busy_by().await },
        };
        Ok(ControlPlane { minor, version: format!("v{}", found.version), state })
    }

    /// The update that keeps the cluster busy, if EKS tells.
    pub(super) async fn busy_by(&self) -> Option<UpdateId> {
        let known = self.busy.borrow().clone();
        if let Some((_, id)) = known.filter(|(at, _)| at.elapsed() < BUSY_ASKED_EVERY) {
            return id.map(UpdateId::new);
        }
        let found = self.running().await.ok().flatten().map(|update| update.id);
        *self.busy.borrow_mut() = Some((Instant::now(), found.clone()));
        found.map(UpdateId::new)
    }

    /// Who keeps the cluster busy, in words for people.
    pub(super) async fn busy_note(&self, status: &str) -> String {
        let told = match self.running().await {
            Ok(Some(EksUpdate { id, kind, version, begun, .. })) => {
                let to = version.map_or(String::new(), |version| format!(" to {version}"));
                format!(
                    "by update {id} ({kind}{to}), begun at {begun}, which is followed first; AWS CloudTrail tells by whom"
                )
            }
            Ok(None) => "by no update that EKS tells of; it is waited for".to_owned(),
            Err(error) => format!("and by what is not known: {error}"),
        };
        format!("cluster {} is {status} already, {told}", self.cluster)
    }

    /// The update of the cluster that runs, if one does.
    pub(super) async fn running(&self) -> Result<Option<EksUpdate>, CallError> {
        for id in self.aws.updates(&self.cluster, UpdateOf::Cluster).await? {
            let update = self.update(UpdateOf::Cluster, &id).await?;
            if update.status == ManagedStatus::InProgress {
                return Ok(Some(update));
            }
        }
        Ok(None)
    }

    /// How an update stands; of one that is over EKS is asked once.
    async fn update(&self, of: UpdateOf<'_>, id: &str) -> Result<EksUpdate, CallError> {
        let known = self.ended.borrow().get(id).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let update = self.aws.update(&self.cluster, of, id).await?;
        if update.status != ManagedStatus::InProgress {
            self.ended.borrow_mut().insert(id.to_owned(), update.clone());
        }
        Ok(update)
    }

    /// The update that an attempt of the present step began. Where the answer of EKS was lost, it is looked up: it is of
    /// the same kind, leads to the same version, began after the step did, and no other attempt has it.
    pub(super) async fn work(
        &self,
        upgrade: &Upgrade,
        of: UpdateOf<'_>,
        version: &str,
        (id, works): (&UpdateId, &Works),
    ) -> Result<Option<Work>, ReadError> {
        let unread = |error: CallError| unread(&error);
        if let Some(known) = works.of(id) {
            let update = self.update(of, &known).await.map_err(unread)?;
            return Ok(Some(Work { update: UpdateId::new(known), stands: stands(&update) }));
        }
        let Some(began) = upgrade.present().began_at else { return Ok(None) };
        for candidate in self.aws.updates(&self.cluster, of).await.map_err(unread)? {
            if works.is_taken(&candidate) {
                continue;
            }
            let update = self.update(of, &candidate).await.map_err(unread)?;
            if is_of(&update, version, began) {
                works.put(id, &candidate)?;
                return Ok(Some(Work { update: UpdateId::new(candidate), stands: stands(&update) }));
            }
        }
        Ok(None)
    }

    /// Asks EKS to move the control plane.
    pub(super) async fn start(&self, to: Minor, id: &UpdateId, works: &Works, force: bool) -> Answer {
        match self.aws.update_cluster(&self.cluster, &to.to_string(), id.as_str(), force).await {
            Ok(update) => works.begun(id, &update),
            Err(error) => answer(&error),
        }
    }

    /// Adds what EKS's insights say against a minor to what was found.
    pub(super) async fn insights(&self, checked: &mut Checked) -> Result<(), ReadError> {
        let minor = checked.to.to_string();
        let told = self.aws.insights(&self.cluster, &minor).await.map_err(|error| unread(&error))?;
        for insight in told {
            let finding = CheckFinding {
                check: INSIGHT.to_owned(),
                object: format!("insight {:?} of EKS", insight.name),
                evidence: insight.reason,
                advice: format!("See what it names: aws eks list-insights --cluster-name {}.", self.cluster),
            };
            let blocks = insight.is_error && insight.name != OF_ADD_ONS;
            let found = if blocks { &mut checked.blocking } else { &mut checked.breaking };
            found.push(finding);
        }
        Ok(())
    }
}

fn is_of(update: &EksUpdate, version: &str, began: Timestamp) -> bool {
    let leads_there = update.version.as_deref() == Some(version);
    let kinds = ["VersionUpdate", "VersionRollback", "AddonUpdate"];
    leads_there && kinds.contains(&update.kind.as_str()) && update.begun >= began - APART
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(kind: &str, version: &str, second: i64) -> EksUpdate {
        EksUpdate {
            id: "u".into(),
            kind: kind.into(),
            version: Some(version.into()),
            begun: Timestamp::from_second(second).unwrap_or_default(),
            status: ManagedStatus::InProgress,
            errors: Vec::new(),
        }
    }

    #[test]
    fn a_lost_update_is_known_by_kind_version_and_time() {
        let began = Timestamp::from_second(10_000).unwrap_or_default();
        assert!(is_of(&update("VersionUpdate", "1.33", 10_001), "1.33", began));
        assert!(is_of(&update("VersionUpdate", "1.33", 9_800), "1.33", began), "clocks are apart");
        assert!(!is_of(&update("VersionUpdate", "1.33", 9_000), "1.33", began), "one from before");
        assert!(!is_of(&update("VersionUpdate", "1.34", 10_001), "1.33", began));
        assert!(!is_of(&update("LoggingUpdate", "1.33", 10_001), "1.33", began));
    }
}
