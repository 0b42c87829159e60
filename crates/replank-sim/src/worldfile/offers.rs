//! What a world file asks of the cloud's offers: instance types, images, releases.

use super::spec::{Cluster, NodeGroup, Update};
use crate::cloud::catalogue::{Catalogue, Image, NotThere};
use crate::cloud::instance_type::InstanceType;
use crate::yaml::{BadInput, Field, nearest};

/// Image ids are the person's own with this type.
const CUSTOM: &str = "CUSTOM";

/// Checks what a group launches.
pub(super) fn group(cluster: &Cluster, group: &NodeGroup, field: &Field<'_>, wrong: &mut Vec<BadInput>) {
    let version = group.version.as_ref().unwrap_or(&cluster.version);
    if minor(version) > minor(&cluster.version) {
        let message = format!("{version} is newer than the cluster, which is {}", cluster.version);
        wrong.push(field.get("version").error(message));
    }
    let machine = InstanceType::find(&group.instance_type);
    if machine.is_none() && group.capacity.is_none() {
        let known = InstanceType::all().keys().map(AsRef::as_ref);
        let near = nearest(&group.instance_type, known.clone());
        let hint = near.map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
        let known = known.collect::<Vec<_>>().join(", ");
        let message = format!(
            "\"{}\" is not known, expected one of {known}, or a `capacity` beside it{hint}",
            group.instance_type
        );
        wrong.push(field.get("instanceType").error(message));
    }
    let Some(image) = image(&group.image_type, version, &group.release, field, wrong) else { return };
    if let Some(machine) = machine.filter(|machine| machine.arch != image.arch()) {
        let message = format!(
            "{} does not run on {}: one is {}, the other {}",
            group.image_type,
            machine.name,
            image.arch().as_str(),
            machine.arch.as_str()
        );
        wrong.push(field.get("imageType").error(message));
    }
}

/// Checks what an update leads to.
pub(super) fn update(cluster: &Cluster, update: &Update, field: &Field<'_>, wrong: &mut Vec<BadInput>) {
    if let Some(version) = &update.version
        && minor(version) > minor(&cluster.version)
    {
        let message = format!("{version} is newer than the cluster, which is {}", cluster.version);
        wrong.push(field.get("version").error(message));
        return;
    }
    let updated: Vec<&NodeGroup> = cluster
        .node_groups
        .iter()
        .filter(|group| update.groups.as_ref().is_none_or(|groups| groups.contains(&group.name)))
        .collect();
    if update.image.is_some() && updated.iter().all(|group| group.image_type != CUSTOM) {
        let message = "is given, but no node group that is updated has imageType CUSTOM";
        wrong.push(field.get("image").error(message));
    }
    // What is not given follows from the group, which was checked.
    if field.get("version").is_absent() && field.get("release").is_absent() {
        return;
    }
    for group in updated.into_iter().filter(|group| group.image_type != CUSTOM) {
        let version = update.version.as_ref().or(group.version.as_ref()).unwrap_or(&cluster.version);
        if image(&group.image_type, version, &update.release, field, wrong).is_none() {
            return;
        }
    }
}

fn image(
    image_type: &str,
    version: &str,
    release: &str,
    field: &Field<'_>,
    wrong: &mut Vec<BadInput>,
) -> Option<&'static Image> {
    if image_type == CUSTOM {
        return None;
    }
    match Catalogue::get().find(image_type, version, release) {
        Ok(image) => Some(image),
        Err(missing) => {
            let name = match &missing {
                NotThere::Type { .. } => "imageType",
                NotThere::Minor { .. } => "version",
                NotThere::Release { .. } => "release",
            };
            wrong.push(field.get(name).error(missing.to_string()));
            None
        }
    }
}

fn minor(version: &str) -> Option<u32> {
    version.split_once('.').and_then(|(_, minor)| minor.parse().ok())
}
