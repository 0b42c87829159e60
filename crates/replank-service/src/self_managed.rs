//! Starting an update of a self-managed node group: a scaling group that EKS keeps no record of. There is no node group
//! to look up and nothing to record but the update itself; what it launches is asked of the cloud.

use std::future::Future;

use replank_core::draw::stable_hash;
use replank_core::names::{ClusterName, NodeGroupName, UpdateId};
use replank_core::node_group::spec::{GroupOwner, Spec, Target};
use replank_core::version::{Minor, Reach};
use serde_json::json;

use crate::id::uuid_of;
use crate::records::{UpdateConfig, UpdateConfigChange};
use crate::refusal::Refusal;
use crate::start_update::{Resolved, Rules};

/// A request for an update of a self-managed node group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartSelfManagedUpdate {
    /// Name of the cluster.
    pub cluster: String,
    /// Version of its API server, such as `v1.32.9`, which no node may be ahead of; `None` when unknown.
    pub control_plane: Option<String>,
    /// Name of the scaling group.
    pub group: String,
    /// What its nodes are to run.
    pub wanted: Wanted,
    /// Whether pods that do not leave within the drain limit are deleted.
    pub force: bool,
    /// Batch size and strategy.
    pub config: UpdateConfigChange,
}

/// What the nodes of a self-managed group are to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// What the group launches now: every node that runs anything else is old.
    #[default]
    Launched,
    /// The image of this id, such as `ami-0123456789abcdef0`.
    Image(String),
    /// The newest image of the same family for this Kubernetes minor.
    Minor(String),
    /// This release of the same family, such as `1.32.9-20251101`.
    Release(String),
    /// This version of the group's launch template.
    TemplateVersion(String),
}

/// The scaling groups of self-managed node groups.
pub trait SelfManagedGroups {
    /// What a wish comes to for a group, with its Kubernetes minor where that is known. Refused are images that do not
    /// exist or do not fit the group.
    fn target(&self, group: &str, wanted: &Wanted) -> impl Future<Output = Result<Target, Refusal>>;
}

/// The update that a request leads to. `earlier` is the number of updates of the group before it: its id follows from
/// the situation, so that a plan shows the order of the update after it.
pub async fn prepare(
    groups: &impl SelfManagedGroups,
    asked: &StartSelfManagedUpdate,
    rules: Rules,
    earlier: usize,
) -> Result<Spec, Refusal> {
    let usual = UpdateConfig { max_unavailable: Some(1), ..UpdateConfig::default() };
    let config = usual.changed_by(&asked.config)?;
    let target = groups.target(&asked.group, &asked.wanted).await?;
    reaches(asked, &target)?;
    let situation = json!([
        asked.cluster,
        asked.group,
        target.template.as_str(),
        target.content.image.as_str(),
        &*target.content.settings,
        earlier
    ]);
    let update = uuid_of(&situation.to_string());
    let resolved = Resolved {
        seed: stable_hash(update.bytes()),
        update: UpdateId::new(update),
        cluster: ClusterName::new(asked.cluster.as_str()),
        group: NodeGroupName::new(asked.group.as_str()),
        target,
        batch: config.batch(),
        strategy: config.strategy(),
        force: asked.force,
    };
    let control_plane = asked.control_plane.as_deref().and_then(Minor::of_version);
    Ok(Spec { owner: GroupOwner::User, control_plane, ..resolved.spec(rules) })
}

/// Refuses an image whose kubelet the control plane would not serve.
fn reaches(asked: &StartSelfManagedUpdate, target: &Target) -> Result<(), Refusal> {
    let control_plane = asked.control_plane.as_deref().and_then(Minor::of_version);
    let (Some(cluster), Some(minor)) = (control_plane, Minor::parse(&target.version)) else { return Ok(()) };
    let reach = Reach { own: None, cluster: Some(cluster), back: None };
    reach.check(&minor.to_string()).map(drop).map_err(|error| Refusal::invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use replank_core::names::{ImageId, TemplateId};
    use replank_core::node_group::spec::Batch;
    use replank_core::template::TemplateContent;

    use super::*;
    use replank_core::node_group::spec::Strategy;

    struct Group(&'static str);

    impl SelfManagedGroups for Group {
        async fn target(&self, _group: &str, _wanted: &Wanted) -> Result<Target, Refusal> {
            let content = TemplateContent { image: ImageId::new("ami-1"), settings: "{}".into() };
            let template = TemplateId::new("lt-1");
            Ok(Target { template, content, release: "r".into(), version: self.0.into() })
        }
    }

    async fn prepared(minor: &'static str, asked: &StartSelfManagedUpdate) -> Result<Spec, Refusal> {
        prepare(&Group(minor), asked, Rules::default(), 0).await
    }

    fn asked() -> StartSelfManagedUpdate {
        let control_plane = Some("v1.32.9-eks-1".to_owned());
        StartSelfManagedUpdate { cluster: "c".into(), group: "g".into(), control_plane, ..Default::default() }
    }

    #[tokio::test]
    async fn the_same_situation_has_the_same_id_and_the_usual_batch() {
        let spec = prepared("1.32", &asked()).await.unwrap();
        assert_eq!(spec, prepared("1.32", &asked()).await.unwrap());
        assert_eq!((spec.batch, spec.strategy), (Batch::Count(1), Strategy::Default));
        assert_eq!(spec.control_plane, Some(Minor(32)), "new kubelets are held to it");
        let other = prepare(&Group("1.32"), &asked(), Rules::default(), 1).await.unwrap();
        assert_ne!(spec.update, other.update);
    }

    #[tokio::test]
    async fn no_node_gets_ahead_of_the_control_plane() {
        let refused = prepared("1.33", &asked()).await.unwrap_err().to_string();
        assert!(refused.contains("1.33") && refused.contains("1.32"), "{refused}");
        assert!(prepared("", &asked()).await.is_ok(), "an image of one's own tells no version");
        let unknown = StartSelfManagedUpdate { control_plane: None, ..asked() };
        assert!(prepared("1.33", &unknown).await.is_ok());
    }
}
