//! Starting an update of a node group: from the request to the [`Spec`] that the engine runs. The only maker of specs.
//!
//! EKS calls, the control API and the command make a [`StartUpdate`]; [`prepare`] checks it and looks up image and
//! settings; [`begin`] records it, and the reconciler hands its spec to the engine.

use replank_core::draw::stable_hash;
use replank_core::names::{ClusterName, ImageId, NodeGroupName, TemplateId, UpdateId};
use replank_core::node_group::spec::{
    Batch, GroupOwner, Guard, Increment, Limits, Order, Spec, Strategy, Target,
};
use replank_core::pod_rules::PodRules;
use replank_core::template::TemplateContent;
use replank_core::version::{Minor, Reach};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::id::{uuid, uuid_of};
use crate::launch_template::{self, Template, TemplateRequest};
use crate::ports::UpdateTargets;
use crate::ports::images::Image;
use crate::ports::node_groups::ScalingGroup;
use crate::records::{
    self, Cluster, Key, Kind, NodeOrder, Nodegroup, NodegroupStatus, NodegroupVersionUpdate, Owned, Owner,
    PendingOperation, Update, UpdateConfigChange,
};
use crate::refusal::{Refusal, RefusalKind};
use crate::service::{Service, now};
use crate::tokens::Tokened;
use crate::update_rules::takes_update;
use crate::{release, rollback};

/// A request for an update of a node group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StartUpdate {
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the node group.
    pub group: String,
    /// Kubernetes minor; `None` means the group's present one.
    pub version: Option<String>,
    /// Release of the image; `None` means the newest for the minor.
    pub release_version: Option<String>,
    /// The user's own launch template, for groups that were created with one.
    pub template: Option<TemplateRequest>,
    /// The image, for groups that run an image of their own without a launch template that would name it. No request
    /// of EKS says this: its groups of that kind always have a template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Whether pods that do not leave within the drain limit are deleted.
    pub force: bool,
    /// Batch size and strategy for this update only, over those of the group.
    pub config: UpdateConfigChange,
    /// Order of the nodes; `None` means the service's own. No request of EKS says this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<NodeOrder>,
    /// Client request token, which makes the request idempotent.
    pub token: Option<String>,
}

/// How the id of an update is chosen. The id also seeds the order of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdFrom<'a> {
    /// At random (EKS).
    Chance,
    /// From account, group, target and number of earlier updates, so that a plan shows the order of the update after
    /// it.
    Situation,
    /// As it is given, such as the uid of the object that asks for the update, so that it is asked for once.
    Given(&'a str),
}

impl StartUpdate {
    /// The request with its token set apart.
    pub fn tokened(&self) -> Tokened {
        let asked = serde_json::to_value(Self { token: None, ..self.clone() }).unwrap_or_default();
        Tokened { operation: "StartUpdate".into(), token: self.token.clone(), asked }
    }
}

/// The update that a request leads to, checked and with everything looked up. Nothing is recorded.
pub async fn prepare<A: UpdateTargets>(
    service: &Service<A>,
    asked: &StartUpdate,
    id: IdFrom<'_>,
) -> Result<NodegroupVersionUpdate, Refusal> {
    let cluster = records::cluster(&service.records, &asked.cluster)?;
    let group = records::nodegroup(&service.records, &cluster.name, &asked.group)?;
    takes_update(&cluster, &group)?;
    let about = |refusal: Refusal| refusal.about(&cluster.name, &group.nodegroup_name);
    let (template, image) = target(service, asked, &cluster, &group).await.map_err(about)?;
    let config = group.update_config.changed_by(&asked.config).map_err(about)?;
    let scaling = service.account.scaling_group(&cluster.name, &group.nodegroup_name).await?;
    let scaling = scaling.ok_or_else(|| {
        let said = format!("The Auto Scaling group of node group {} is gone.", group.nodegroup_name);
        about(Refusal::new(RefusalKind::InvalidRequest, said))
    })?;
    let mut update = resolved(&group, image, scaling, asked.force);
    (update.config, update.order) = (config, asked.order);
    if let Some(template) = &template {
        let sourced = service.account.sourced(&cluster.name, &group.nodegroup_name, &template.source()).await;
        let failed = |error: crate::ports::ActError| Refusal::new(RefusalKind::Server, error.to_string());
        update.settings = sourced.map_err(failed).map_err(about)?.settings.to_string();
        update.source = Some(template.shown.clone());
    }
    match id {
        IdFrom::Chance => {}
        IdFrom::Situation => update.update = id_of_situation(service, &update),
        IdFrom::Given(id) => id.clone_into(&mut update.update),
    }
    Ok(update)
}

/// The launch template and the image that a request leads to.
async fn target<A: UpdateTargets>(
    service: &Service<A>,
    asked: &StartUpdate,
    cluster: &Cluster,
    group: &Nodegroup,
) -> Result<(Option<Template>, Image), Refusal> {
    if asked.template.is_some() && group.launch_template.is_none() {
        return Err(launch_template::created_without());
    }
    if let Some(image) = &asked.image {
        return Ok((None, own_image(asked, group, image)?));
    }
    let template = match &asked.template {
        Some(named) => Some(launch_template::named(service, named).await?),
        None => None,
    };
    if group.ami_type == "CUSTOM" {
        launch_template::no_version(asked.version.as_deref(), asked.release_version.as_deref())?;
    }
    launch_template::follows(group, template.as_ref())?;
    let image = match template.as_ref().and_then(Template::image) {
        Some(own) => Image { id: own.to_owned(), release: own.to_owned(), minor: String::new() },
        None => {
            let minor = minor(cluster, group, back(service, cluster), asked.version.as_deref())?;
            let release = asked.release_version.as_deref();
            release::image(&service.account, &group.ami_type, &minor.to_string(), release).await?
        }
    };
    Ok((template, image))
}

/// The image that is named without a template, for a group that can be told so.
fn own_image(asked: &StartUpdate, group: &Nodegroup, image: &str) -> Result<Image, Refusal> {
    if group.ami_type != "CUSTOM" || group.launch_template.is_some() {
        return Err(Refusal::invalid(format!(
            "image {image}: node group {} takes its image from a release or from its launch template; name one of these",
            group.nodegroup_name
        )));
    }
    launch_template::no_version(asked.version.as_deref(), asked.release_version.as_deref())?;
    Ok(Image { id: image.to_owned(), release: image.to_owned(), minor: String::new() })
}

/// Records the update, unless the same client made the same request before. The group is `UPDATING` when this returns
/// the update as EKS shows it.
pub fn begin<A: UpdateTargets>(
    service: &Service<A>,
    tokened: &Tokened,
    pending: NodegroupVersionUpdate,
) -> Result<Value, Refusal> {
    let answer = tokened.once::<Refusal>(&service.records, |change| {
        let cluster = records::cluster(&service.records, &pending.cluster)?;
        let mut group = records::nodegroup_in(change, &pending.cluster, &pending.group)?;
        takes_update(&cluster, &group)?;
        let update = Update::begun(&pending.update, "VersionUpdate", pending.params());
        group.status = NodegroupStatus::Updating;
        records::put_nodegroup(change, &group);
        update.put(change, &cluster.name, Owner::Nodegroup(group.nodegroup_name));
        let key = Key::new(Kind::PendingOperation, &cluster.name, &pending.update);
        change.put(key, records::written(&PendingOperation::NodegroupVersion(Box::new(pending))));
        Ok(json!({ "update": update }))
    })?;
    service.wake();
    Ok(answer)
}

/// The minor that the cluster may be rolled back to, which its node groups may go to before it.
fn back<A: UpdateTargets>(service: &Service<A>, cluster: &Cluster) -> Option<Minor> {
    let updates = service.records.list(Kind::Update, &cluster.name).into_iter();
    rollback::previous(updates.map(|(_, record)| record.document.clone()), now())
}

/// The Kubernetes minor that is meant; `asked` or the group's own (EKS: `UpdateNodegroupVersion`), within the allowed
/// range.
fn minor(
    cluster: &Cluster,
    group: &Nodegroup,
    back: Option<Minor>,
    asked: Option<&str>,
) -> Result<Minor, Refusal> {
    let own = group.version.as_deref();
    let reach = Reach { own: own.and_then(Minor::parse), cluster: Minor::parse(&cluster.version), back };
    let Some(wanted) = asked.or(own) else {
        return Err(Refusal::invalid("The Kubernetes version of the node group is not known; name one."));
    };
    reach.check(wanted).map_err(|error| Refusal::invalid(error.to_string()))
}

fn resolved(group: &Nodegroup, image: Image, scaling: ScalingGroup, force: bool) -> NodegroupVersionUpdate {
    NodegroupVersionUpdate {
        update: uuid(),
        cluster: group.cluster_name.clone(),
        group: group.nodegroup_name.clone(),
        template: scaling.template,
        image: image.id,
        settings: scaling.content.settings.to_string(),
        release: image.release,
        version: Some(image.minor).filter(|minor| !minor.is_empty()),
        source: None,
        force,
        config: group.update_config.clone(),
        order: None,
    }
}

fn id_of_situation<A: UpdateTargets>(service: &Service<A>, update: &NodegroupVersionUpdate) -> String {
    let before = service.records.list(Kind::Update, &update.cluster).into_iter().filter(|(_, record)| {
        let owned = records::read::<Owned>(&record.document);
        owned.is_ok_and(|owned| owned.owner == Owner::Nodegroup(update.group.clone()))
    });
    let NodegroupVersionUpdate { cluster, group, image, settings, .. } = update;
    let situation = json!([service.identity.account, cluster, group, image, settings, before.count()]);
    uuid_of(&situation.to_string())
}

/// Settings for updates that EKS does not let a user choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How many extra nodes Scale up asks for.
    pub increment: Increment,
    /// How new pods are kept off old nodes.
    pub guard: Guard,
    /// In which order old nodes are replaced.
    pub order: Order,
    /// Which pods a drain may lose.
    pub pods: PodRules,
    /// Time limits and pauses.
    pub limits: Limits,
}

impl Default for Rules {
    /// The behaviour of EKS.
    fn default() -> Self {
        Self {
            increment: Increment::Smallest,
            guard: Guard::Cordon,
            order: Order::Random,
            pods: PodRules::default(),
            limits: Limits::default(),
        }
    }
}

impl Rules {
    /// The rules that an update was started with.
    pub fn of(spec: &Spec) -> Self {
        let Spec { increment, guard, order, pods, limits, .. } = *spec;
        Self { increment, guard, order, pods, limits }
    }
}

/// An update whose target is known and whose values are valid; becomes a [`Spec`] with [`Rules`].
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// Id of the update.
    pub update: UpdateId,
    /// Name of the cluster.
    pub cluster: ClusterName,
    /// Name of the node group.
    pub group: NodeGroupName,
    /// What every node is to run.
    pub target: Target,
    /// Most nodes that may be unavailable at once.
    pub batch: Batch,
    /// Whether new nodes come up before old ones go.
    pub strategy: Strategy,
    /// Whether pods that do not leave within the drain limit are deleted.
    pub force: bool,
    /// Seed of the random order of its nodes.
    pub seed: u64,
}

impl Resolved {
    /// The spec of the update under these rules.
    pub fn spec(self, rules: Rules) -> Spec {
        let Self { update, cluster, group, target, batch, strategy, force, seed } = self;
        let Rules { increment, guard, order, pods, limits } = rules;
        Spec {
            update,
            cluster,
            group,
            target,
            batch,
            strategy,
            increment,
            guard,
            order,
            force,
            pods,
            limits,
            seed,
            inherited: None,
            owner: GroupOwner::Eks,
            control_plane: None,
        }
    }
}

impl NodegroupVersionUpdate {
    /// The spec of the update under these rules. Its id seeds the order of its nodes.
    pub fn spec(&self, rules: Rules) -> Spec {
        let content = TemplateContent {
            image: ImageId::new(self.image.as_str()),
            settings: self.settings.as_str().into(),
        };
        let resolved = Resolved {
            update: UpdateId::new(self.update.as_str()),
            cluster: ClusterName::new(self.cluster.as_str()),
            group: NodeGroupName::new(self.group.as_str()),
            target: Target {
                template: TemplateId::new(self.template.as_str()),
                content,
                release: self.release.clone(),
                version: self.version.clone().unwrap_or_default(),
            },
            batch: self.config.batch(),
            strategy: self.config.strategy(),
            force: self.force,
            seed: stable_hash(self.update.bytes()),
        };
        let order = self.order.map_or(rules.order, Order::from);
        resolved.spec(Rules { order, ..rules })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::records::{Found, FoundGroup, Records, ScalingConfig, UpdateConfig};
    use crate::service::Identity;

    fn group(ami_type: &str) -> Nodegroup {
        let group = FoundGroup {
            name: "g".into(),
            version: None,
            release: "r".into(),
            ami_type: ami_type.into(),
            capacity_type: "ON_DEMAND".into(),
            sizes: ScalingConfig { min_size: 1, max_size: 3, desired_size: 2 },
            instance_type: "m6i.large".into(),
            zones: Vec::new(),
            labels: BTreeMap::new(),
            taints: Vec::new(),
            tags: BTreeMap::new(),
            update_config: UpdateConfig {
                max_unavailable: Some(1),
                max_unavailable_percentage: None,
                update_strategy: None,
            },
            launch_template: None,
            scaling_group: "eks-g".into(),
        };
        let identity = Identity { account: "111122223333".into(), region: "r".into(), user: "u".into() };
        let at = now();
        let found = Found { name: "c".into(), version: "1.32".into(), at, identity, groups: vec![group] };
        let records = Records::in_memory().unwrap();
        found.put(&records).unwrap();
        records::nodegroup(&records, "c", "g").unwrap()
    }

    #[test]
    fn an_image_is_named_only_where_nothing_else_names_one() {
        let asked = StartUpdate { image: Some("ami-next".into()), ..StartUpdate::default() };
        let image = own_image(&asked, &group("CUSTOM"), "ami-next").unwrap();
        assert_eq!((image.id.as_str(), image.minor.as_str()), ("ami-next", ""));
        let refused = own_image(&asked, &group("AL2023_x86_64_STANDARD"), "ami-next").unwrap_err();
        assert!(refused.message.starts_with("image ami-next: node group g takes its image"), "{refused}");
        let both = StartUpdate { version: Some("1.33".into()), ..asked };
        let refused = own_image(&both, &group("CUSTOM"), "ami-next").unwrap_err();
        assert!(refused.message.contains("kubernetes version"), "{refused}");
    }

    #[test]
    fn tokens_of_before_images_could_be_named_are_known_still() {
        let asked = StartUpdate { cluster: "c".into(), ..StartUpdate::default() }.tokened().asked;
        assert!(asked.get("image").is_none() && asked.get("order").is_none(), "{asked}");
    }
}
