//! Node groups of kwok nodes: the embedded cloud launches and terminates them, updates of this process replace them.

use std::cell::RefCell;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_core::cluster_upgrade::observed::State;
use replank_core::cluster_upgrade::spec::GroupKind;
use replank_core::names::UpdateId;
use replank_core::node_group::batch::batch;
use replank_core::node_group::event::Event;
use replank_core::node_group::rollout::Rollout;
use replank_core::node_group::spec::Spec;
use replank_core::observed::{Answer, Refused};
use replank_core::version::Minor;
use replank_engine::ports::ReadError;
use replank_engine::turn::Turned;
use replank_kube::{Claimed, Claims, KubeClusterPort, Placer};
use replank_kwok::{KwokAccount, KwokCloud, RealCluster, found, placer, sides};
use replank_rehearsal::adapter::SimulatedCloud;
use replank_service::ports::checks::Unchecked;
use replank_service::records::{Found, Records, UpdateConfig};
use replank_service::start_update::{self, IdFrom, Rules, StartUpdate};
use replank_service::update_feed::UpdateFeed;
use replank_service::{Identity, Refusal, RefusalKind, Service};
use tokio::sync::watch;
use tracing::error;

use super::hands::{Begun, HandGroup, Hands};
use crate::up::ACCOUNT;

/// The embedded cloud of a real cluster.
pub(super) struct KwokHands {
    cluster: RealCluster,
    cloud: RefCell<KwokCloud>,
    claims: Arc<Claims>,
    placer: Placer,
    rules: Rules,
}

impl KwokHands {
    /// The cloud, whose groups are changed only while `claims` holds their leases.
    pub(super) fn new(cluster: RealCluster, cloud: KwokCloud, claims: Arc<Claims>) -> Result<Self> {
        let rules = cloud.rules().context("the cluster has no node group")?;
        let placer = placer(&cluster.connection, cloud.over.clone());
        Ok(Self { cluster, cloud: RefCell::new(cloud), claims, placer, rules })
    }

    /// The service in front of the cluster, with its control plane as it is now.
    fn service(&self, minor: Minor) -> Result<Service<KwokAccount>, String> {
        let cloud = self.cloud.borrow();
        let identity = Identity {
            account: ACCOUNT.into(),
            region: cloud.session.cluster().region.clone(),
            user: "replank".into(),
        };
        let records = Records::in_memory().map_err(|error| error.to_string())?;
        let found = found(&cloud.session, &identity, Timestamp::now());
        let mut found = Found { version: minor.to_string(), ..found };
        // A group is as old as its image, whatever its cluster runs by now.
        for group in &mut found.groups {
            if let (Some(version), Some(minor)) =
                (&mut group.version, Minor::of_version(&format!("v{}", group.release)))
            {
                *version = minor.to_string();
            }
        }
        found.put(&records).map_err(|error| error.to_string())?;
        Ok(Service {
            records: Arc::new(records),
            account: KwokAccount::new(&self.cluster, &cloud, self.claims.clone(), self.rules),
            identity,
            rules: self.rules,
            feed: UpdateFeed::default(),
            checks: Arc::new(Unchecked),
            wake: Arc::new(|| {}),
        })
    }

    async fn spec(&self, group: &str, to: Minor, id: &UpdateId) -> Result<Spec, Refusal> {
        let unknown = |said: String| Refusal::new(RefusalKind::Server, said);
        // No node goes past its control plane: that is at this minor when a group's turn comes.
        let service = self.service(to).map_err(unknown)?;
        let asked = self.cloud.borrow().start_update(group);
        let asked = StartUpdate {
            version: Some(to.to_string()),
            release_version: None,
            token: Some(id.to_string()),
            ..asked
        };
        let pending = start_update::prepare(&service, &asked, IdFrom::Given(id.as_str())).await?;
        Ok(pending.spec(self.rules))
    }
}

impl Hands for KwokHands {
    type Cluster = Claimed<KubeClusterPort>;
    type Cloud = Claimed<SimulatedCloud>;

    async fn groups(&self) -> Result<Vec<HandGroup>, ReadError> {
        let cloud = self.cloud.borrow();
        let groups = cloud.session.cluster().node_groups.iter().map(|group| {
            let nodes = group.size.desired;
            let config = UpdateConfig {
                max_unavailable: group.update_config.max_unavailable,
                max_unavailable_percentage: group.update_config.max_unavailable_percentage,
                ..UpdateConfig::default()
            };
            HandGroup {
                name: group.name.clone(),
                kind: if group.image.is_some() { GroupKind::SelfManaged } else { GroupKind::Ours },
                minor: None,
                state: State::AtRest,
                instances: None,
                nodes,
                batch: batch(config.batch(), nodes, nodes),
            }
        });
        Ok(groups.collect())
    }

    async fn begin(&self, group: &str, to: Minor, id: &UpdateId) -> Result<Begun, Answer> {
        match self.spec(group, to, id).await {
            Ok(spec) => Ok(Begun::Ours(Box::new(spec))),
            Err(Refusal { kind: RefusalKind::Server | RefusalKind::InUse, message, .. }) => {
                Err(Answer::NotYet(Refused::Other { message }))
            }
            Err(refusal) => Err(Answer::Impossible(refusal.message)),
        }
    }

    fn sides(&self, group: &str) -> (Self::Cluster, Self::Cloud) {
        let world = self.cloud.borrow().session.world.clone();
        sides(&self.cluster, world, self.placer.clone(), self.claims.of(group), group)
    }

    fn remember(&self, rollout: &Rollout, facts: &[Event]) {
        self.cloud.borrow_mut().session.remember(rollout, facts);
    }

    fn follow(&self, turned: &Turned<'_>) {
        let session = &mut self.cloud.borrow_mut().session;
        session.follow(turned.rollout, turned.facts);
        if let Some(failure) = session.failure() {
            error!("the cloud could not be written down: {failure}");
        }
    }

    fn changes(&self) -> Vec<watch::Receiver<()>> {
        vec![self.cloud.borrow().changes()]
    }
}
