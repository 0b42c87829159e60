//! Resolves an update of a world file against the cloud into the engine's `Spec`.

use std::sync::Arc;

use replank_core::names::{ClusterName, ImageId, NodeGroupName, TemplateId, UpdateId};
use replank_core::node_group::spec::{Batch, Spec, Target};
use replank_core::observed::TemplateContent;

use replank_service::start_update::{Resolved, Rules};

use super::SessionError;
use replank_formats::worldfile;
use replank_formats::worldfile::spec::{Cluster, NodeGroup, Update};
use replank_world::cloud::Cloud;
use replank_world::cloud::catalogue::Catalogue;

/// The release of an update that names none.
pub(super) const NEWEST: &str = "newest";

/// The target of a node group.
pub(super) fn target(
    cloud: &Cloud,
    cluster: &Cluster,
    group: &NodeGroup,
    update: &Update,
) -> Result<Target, SessionError> {
    let (template, settings) = settings(cloud, group)?;
    let Runs { image, release, version } = leads_to(cluster, group, update)?;
    let content = TemplateContent { image: ImageId::new(image), settings };
    Ok(Target { template, content, release, version })
}

/// What nodes run after an update.
pub(super) struct Runs {
    image: String,
    release: String,
    version: String,
}

/// Image, release and version that an update leads to, by the rules of EKS and the catalogue.
pub(super) fn leads_to(cluster: &Cluster, group: &NodeGroup, update: &Update) -> Result<Runs, SessionError> {
    let wrong = |why: String| SessionError::Target { group: group.name.clone(), why };
    let version = worldfile::moves_to(cluster, group, update).map_err(|error| wrong(error.to_string()))?;
    let (image, release) = match (&update.image, group.image_type.as_str()) {
        (_, "CUSTOM") if update.release != NEWEST => {
            return Err(wrong(format!(
                "Requested release version {} is not valid: its nodes run an image of their own (imageType CUSTOM), of \
                 which there are no releases; leave it out",
                update.release
            )));
        }
        (Some(image), "CUSTOM") => (image.clone(), image.clone()),
        (None, "CUSTOM") => {
            let text = "its imageType is CUSTOM: say in the world file which image it moves to, as \
                        `update: {image: ami-...}`";
            return Err(wrong(text.into()));
        }
        (_, image_type) => release(image_type, &version, &update.release).map_err(wrong)?,
    };
    Ok(Runs { image, release, version })
}

/// The launch template of a group, and its settings besides the image.
pub(super) fn settings(cloud: &Cloud, group: &NodeGroup) -> Result<(TemplateId, Arc<str>), SessionError> {
    let wrong = |why: &str| SessionError::Target { group: group.name.clone(), why: why.to_owned() };
    let number = cloud.group_of(&group.name).ok_or_else(|| wrong("the cloud has no such group"))?;
    let now = &cloud.group(number).spec;
    let template = cloud.template(&now.template).ok_or_else(|| wrong("its launch template is gone"))?;
    let settings = template.versions.get(&now.version).map(|content| content.settings.clone());
    let settings = settings.ok_or_else(|| wrong("its launch template version is gone"))?;
    Ok((TemplateId::new(now.template.clone()), settings))
}

/// Image id and release for `newest`, `newest-1` or an exact release.
pub(super) fn release(image_type: &str, minor: &str, wish: &str) -> Result<(String, String), String> {
    let found = Catalogue::get().find(image_type, minor, wish).map_err(|not_there| not_there.to_string())?;
    Ok((found.id.to_string(), found.release.to_string()))
}

/// The complete `Spec`.
pub(super) fn spec(
    cluster: &Cluster,
    group: &NodeGroup,
    update: &Update,
    target: Target,
    id: UpdateId,
    seed: u64,
) -> Spec {
    let resolved = Resolved {
        update: id,
        cluster: ClusterName::new(cluster.name.as_str()),
        group: NodeGroupName::new(group.name.as_str()),
        target,
        batch: batch(group, update),
        strategy: update.strategy.unwrap_or(group.update_config.strategy).into(),
        force: update.force,
        seed,
    };
    resolved.spec(rules(update))
}

/// The settings for which EKS has no field.
pub(super) fn rules(update: &Update) -> Rules {
    Rules {
        increment: update.increment.into(),
        guard: update.guard.into(),
        order: update.order.into(),
        pods: update.pods.into(),
        limits: update.limits.into(),
    }
}

/// Nodes at once: the update's setting, else the group's, else one (EKS).
fn batch(group: &NodeGroup, update: &Update) -> Batch {
    let config = &group.update_config;
    let pairs = [
        (update.max_unavailable, update.max_unavailable_percentage),
        (config.max_unavailable, config.max_unavailable_percentage),
    ];
    for (count, share) in pairs {
        match (count, share) {
            (Some(count), _) => return Batch::Count(count),
            (None, Some(share)) => return Batch::Percent(share),
            (None, None) => {}
        }
    }
    Batch::Count(1)
}
