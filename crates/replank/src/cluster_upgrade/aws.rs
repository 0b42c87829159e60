//! Node groups on AWS: EKS updates its own when it is asked to, the user's own are updated by this process.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use replank_aws::hold::Released;
use replank_aws::managed::{Managed, ManagedUpdate};
use replank_aws::node_groups::{self, Kind, NodeGroup};
use replank_aws::{Aws, AwsCloud};
use replank_core::cluster_upgrade::observed::State;
use replank_core::cluster_upgrade::spec::GroupKind;
use replank_core::names::UpdateId;
use replank_core::node_group::batch::batch;
use replank_core::node_group::event::Event;
use replank_core::node_group::problem::Outcome;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Limits;
use replank_core::observed::{Answer, Refused};
use replank_core::version::Minor;
use replank_engine::ports::ReadError;
use replank_engine::turn::Turned;
use replank_kube::lists::version;
use replank_kube::{Claimed, Claims, KubeClusterPort, NodeScope};
use replank_kwok::placer;
use replank_service::records::UpdateConfig;
use replank_service::self_managed::{self, StartSelfManagedUpdate, Wanted};
use replank_service::start_update::Rules;
use replank_service::{Refusal, RefusalKind};
use tokio::sync::watch;

use super::hands::{Begun, HandGroup, Hands};
use super::plane::{answer, unread};
use crate::printer::Printer;
use crate::real::aws::upgrade::drained;
use crate::real::aws::{group, joining};
use crate::real::connect::Reached;

/// The Auto Scaling groups and managed node groups of a cluster.
pub(super) struct AwsHands<'a> {
    reached: &'a Reached,
    aws: Arc<Aws>,
    cluster: String,
    claims: Arc<Claims>,
    /// Clouds of the groups that this process updates, by scaling group.
    clouds: RefCell<BTreeMap<String, AwsCloud>>,
    /// Updates that are over, whose groups are to be given back what was held.
    over: RefCell<Vec<Rollout>>,
    ring: watch::Sender<()>,
}

impl<'a> AwsHands<'a> {
    /// Those of a cluster; a group is changed only while `claims` holds its lease.
    pub(super) fn new(reached: &'a Reached, aws: Arc<Aws>, cluster: &str, claims: Arc<Claims>) -> Self {
        let (clouds, over) = (RefCell::default(), RefCell::default());
        Self { reached, aws, cluster: cluster.to_owned(), claims, clouds, over, ring: watch::channel(()).0 }
    }

    /// The cloud of a scaling group, which wakes a turn when a look at it is due.
    fn cloud(&self, scaling_group: &str) -> AwsCloud {
        if let Some(known) = self.clouds.borrow().get(scaling_group) {
            return known.clone();
        }
        let cloud = AwsCloud::new(self.aws.clone(), scaling_group);
        let (mut due, ring) = (group::watched(&cloud, self.reached), self.ring.clone());
        self.reached.runtime.spawn(async move {
            while due.changed().await.is_ok() {
                ring.send_replace(());
            }
        });
        self.clouds.borrow_mut().insert(scaling_group.to_owned(), cloud.clone());
        cloud
    }

    async fn shown(&self, found: NodeGroup) -> Result<HandGroup, ReadError> {
        let nodes = found.group.sizes.desired;
        let instances = found.group.instances.iter().map(|instance| instance.id.clone()).collect();
        let usual = UpdateConfig { max_unavailable: Some(1), ..UpdateConfig::default() };
        let (kind, minor, state, config) = match &found.kind {
            Kind::EksManaged => {
                let managed = self.aws.managed(&self.cluster, &found.name).await;
                let managed = managed.map_err(|error| unread(&error))?.unwrap_or_default();
                let config = usual.changed_by(&managed.config).unwrap_or(usual);
                (
                    kind_of(&managed),
                    managed.version.as_deref().and_then(Minor::parse),
                    state(&managed),
                    config,
                )
            }
            Kind::Eksctl | Kind::SelfManaged => (GroupKind::Ours, None, State::AtRest, usual),
            Kind::Operated(_) => (GroupKind::SelfManaged, None, State::AtRest, usual),
        };
        let batch = batch(config.batch(), nodes, nodes);
        Ok(HandGroup { name: found.name, kind, minor, state, instances: Some(instances), nodes, batch })
    }

    /// Asks EKS to update its group. Where the answer to an earlier try was lost, the token makes it the same request.
    async fn managed(&self, name: &str, to: Minor, id: &UpdateId) -> Result<Begun, Answer> {
        let asked = ManagedUpdate {
            version: Some(to.to_string()),
            token: id.to_string(),
            ..ManagedUpdate::default()
        };
        let begun = self.aws.update_managed(&self.cluster, name, &asked).await;
        begun.map(Begun::OfService).map_err(|error| answer(&error))
    }

    /// Prepares an update of this process, and suspends what the group must not do meanwhile.
    async fn ours(&self, found: &NodeGroup, to: Minor, id: &UpdateId) -> Result<Begun, Answer> {
        let name = &found.group.name;
        let cloud = self.cloud(name);
        let asked = StartSelfManagedUpdate {
            cluster: self.cluster.clone(),
            control_plane: version(&self.reached.connection.client).await.ok(),
            group: name.clone(),
            wanted: Wanted::Minor(to.to_string()),
            ..StartSelfManagedUpdate::default()
        };
        let prepared = self_managed::prepare(&cloud, &asked, Rules::default(), 0).await;
        let mut spec = prepared.map_err(|refusal| refused(&refusal))?;
        spec.update = id.clone();
        let not_yet = |message: String| Answer::NotYet(Refused::Other { message });
        self.claims.of(name).hold().await.map_err(not_yet)?;
        cloud.hold().await.map_err(|error| not_yet(error.to_string()))?;
        joining::explained(&cloud, self.reached, &self.cluster, spec.limits.join).await;
        Ok(Begun::Ours(Box::new(spec)))
    }

    /// Gives back what was held for a group. Whether it is done with.
    async fn give_back(&self, rollout: &Rollout) {
        let name = rollout.spec().group.as_str();
        let cloud = self.cloud(name);
        match cloud.release().await {
            Ok(Released::Nothing | Released::All) => {}
            Ok(Released::Unbalanced(_)) => Printer::complain(&format!(
                "warning: AZRebalance of {name} stays suspended, since its zones are unequal and AWS would terminate nodes \
                 undrained; once they are equal: aws autoscaling resume-processes --auto-scaling-group-name {name} \
                 --scaling-processes AZRebalance"
            )),
            Err(error) => {
                Printer::complain(&format!("warning: AZRebalance of {name} may still be suspended: {error}"));
            }
        }
        let succeeded = rollout.end().is_some_and(|end| end.outcome == Outcome::Succeeded);
        let before = rollout.measured().map(|measured| measured.previous_version);
        let id = rollout.spec().update.as_str();
        if let Err(error) = cloud.tidy(id, before.filter(|_| succeeded)).await {
            Printer::complain(&format!("warning: template versions of {name} are not taken away: {error}"));
        }
        if let Err(error) = Box::pin(cloud.name_version_again()).await {
            Printer::complain(&format!("warning: {name} names its template version by number: {error}"));
        }
    }
}

/// Who brings the nodes of a managed group to another minor.
fn kind_of(managed: &Managed) -> GroupKind {
    if managed.image_type == "CUSTOM" { GroupKind::OwnImage } else { GroupKind::OfService }
}

fn state(managed: &Managed) -> State {
    match managed.status.as_str() {
        "ACTIVE" | "DEGRADED" => State::AtRest,
        status => State::Busy { status: status.to_owned(), update: None },
    }
}

fn refused(refusal: &Refusal) -> Answer {
    match refusal.kind {
        RefusalKind::Server | RefusalKind::InUse => {
            Answer::NotYet(Refused::Other { message: refusal.message.clone() })
        }
        RefusalKind::NotFound | RefusalKind::InvalidParameter | RefusalKind::InvalidRequest => {
            Answer::Impossible(refusal.message.clone())
        }
    }
}

impl Hands for AwsHands<'_> {
    type Cluster = Claimed<KubeClusterPort>;
    type Cloud = Claimed<AwsCloud>;

    async fn groups(&self) -> Result<Vec<HandGroup>, ReadError> {
        let found = node_groups::list(&self.aws, Some(&self.cluster)).await;
        let mut groups = Vec::new();
        for group in found.map_err(|refusal| ReadError(refusal.message))? {
            groups.push(self.shown(group).await?);
        }
        Ok(groups)
    }

    async fn begin(&self, group: &str, to: Minor, id: &UpdateId) -> Result<Begun, Answer> {
        let found = node_groups::find(&self.aws, group, Some(&self.cluster)).await;
        let found = found.map_err(|refusal| refused(&refusal))?;
        match found.kind {
            Kind::EksManaged => self.managed(&found.name, to, id).await,
            Kind::Eksctl | Kind::SelfManaged => self.ours(&found, to, id).await,
            Kind::Operated(by) => {
                Err(Answer::Impossible(format!("{by} alone may change node group {group}")))
            }
        }
    }

    fn sides(&self, group: &str) -> (Self::Cluster, Self::Cloud) {
        let claim = self.claims.of(group);
        let placer = placer(&self.reached.connection, None);
        let cluster = self.reached.side(NodeScope::Instances).with_placer(placer);
        (Claimed::new(cluster, claim.clone()), Claimed::new(self.cloud(group), claim))
    }

    fn remember(&self, rollout: &Rollout, facts: &[Event]) {
        if rollout.end().is_some() {
            return;
        }
        let cloud = self.cloud(rollout.spec().group.as_str());
        cloud.were_drained(drained(facts));
        let limit = Limits::default().join;
        self.reached.runtime.block_on(async {
            joining::explained(&cloud, self.reached, &self.cluster, limit).await;
            if let Err(error) = cloud.hold().await {
                Printer::complain(&format!("warning: {}: {error}", rollout.spec().group));
            }
        });
    }

    fn follow(&self, turned: &Turned<'_>) {
        if turned.rollout.end().is_some() {
            self.over.borrow_mut().push(turned.rollout.clone());
        }
    }

    async fn settle(&self) {
        let over = std::mem::take(&mut *self.over.borrow_mut());
        for rollout in over {
            Box::pin(self.give_back(&rollout)).await;
        }
    }

    async fn leave(&self) {
        Box::pin(self.settle()).await;
        let clouds: Vec<(String, AwsCloud)> = self.clouds.borrow().clone().into_iter().collect();
        for (name, cloud) in clouds {
            if let Err(error) = cloud.release().await {
                Printer::complain(&format!("warning: AZRebalance of {name} may still be suspended: {error}"));
            }
        }
    }

    fn changes(&self) -> Vec<watch::Receiver<()>> {
        vec![self.ring.subscribe()]
    }
}
