//! Checks a world file against the cloud's catalogue: instance types, images, releases.

use replank_core::version::{Minor, Reach, VersionError};

use super::relations::Source;
use super::spec::{Cluster, NodeGroup, Update};
use crate::yaml::{BadInput, Field, nearest};
use replank_world::cloud::catalogue::{Catalogue, Image, NotThere};
use replank_world::cloud::instance_type::InstanceType;

/// The AMI type of images that users bring.
const CUSTOM: &str = "CUSTOM";

/// Checks version, instance type and image of a node group.
pub(super) fn group(
    cluster: &Cluster,
    group: &NodeGroup,
    from: Source,
    field: &Field<'_>,
    wrong: &mut Vec<BadInput>,
) {
    let version = group.version.as_ref().unwrap_or(&cluster.version);
    let there = Reach { cluster: Minor::parse(&cluster.version), ..Reach::default() };
    match there.check(version) {
        Ok(_) => {}
        // A real cluster is as it is.
        Err(VersionError::TooOld { .. }) if from == Source::Found => {}
        Err(error) => wrong.push(field.get("version").error(error.to_string())),
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

/// Checks the target of an update.
pub(super) fn update(cluster: &Cluster, update: &Update, field: &Field<'_>, wrong: &mut Vec<BadInput>) {
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
    for group in updated {
        let version = match moves_to(cluster, group, update) {
            Ok(version) => version,
            Err(error) => return wrong.push(field.get("version").error(error.to_string())),
        };
        if group.image_type != CUSTOM
            && image(&group.image_type, &version, &update.release, field, wrong).is_none()
        {
            return;
        }
    }
}

/// The Kubernetes version an update brings a group to: the requested one if the group may get it, otherwise the
/// group's own.
pub fn moves_to(cluster: &Cluster, group: &NodeGroup, update: &Update) -> Result<String, VersionError> {
    let own = group.version.as_ref().unwrap_or(&cluster.version);
    let Some(asked) = &update.version else { return Ok(own.clone()) };
    let reach = Reach { own: Minor::parse(own), cluster: Minor::parse(&cluster.version), back: None };
    reach.check(asked).map(|minor| minor.to_string())
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

#[cfg(test)]
mod tests {
    use crate::worldfile::tests::refused;

    #[test]
    fn offers_of_the_cloud_are_known() {
        let of = |text: &str| refused(&format!("clusters:\n- nodeGroups:\n  - {{{text}}}\n"));
        let type_error = of("instanceType: m5.lage");
        assert!(
            type_error.contains("instanceType: \"m5.lage\" is not known, expected one of "),
            "{type_error}"
        );
        assert!(
            type_error.ends_with("or a `capacity` beside it; did you mean \"m5.large\"?"),
            "{type_error}"
        );
        let release = of("release: 1.32.0-20200101");
        let said =
            "release: Requested release version 1.32.0-20200101 is not valid for kubernetes version 1.32.";
        assert!(release.contains(said), "{release}");
    }

    #[test]
    fn versions_and_images_have_their_form_and_fit_the_cluster() {
        let group = |text: &str| format!("clusters:\n- nodeGroups:\n  - {text}\n");
        let update = |text: &str| format!("clusters: [{{nodeGroups: [{{}}]}}]\nupdate: {{{text}}}\n");
        let table = [
            (
                group("version: \"1.33\""),
                "w.yaml:3:14: clusters[0].nodeGroups[0].version: Nodegroup Kubernetes version cannot be \
                 greater than the version of its cluster: 1.33 > 1.32; accepted are 1.29 to 1.32",
            ),
            (
                group("version: \"1.28\""),
                "w.yaml:3:14: clusters[0].nodeGroups[0].version: Nodegroup Kubernetes version 1.28 is too old for its \
                 cluster, which is 1.32: kubelets are at most three minors behind; accepted are 1.29 to 1.32",
            ),
            (
                group("{imageType: CUSTOM, image: banana}"),
                "w.yaml:3:32: clusters[0].nodeGroups[0].image: \"banana\" is not accepted, expected an image id such as \
                 ami-0123456789abcdef0",
            ),
            (
                update("image: banana"),
                "w.yaml:2:17: update.image: \"banana\" is not accepted, expected an image id such as \
                 ami-0123456789abcdef0",
            ),
            (
                update("version: \"1.36\""),
                "w.yaml:2:19: update.version: Nodegroup Kubernetes version cannot be greater than the version of its \
                 cluster: 1.36 > 1.32; accepted is 1.32",
            ),
            (
                update("version: \"1.31\""),
                "w.yaml:2:19: update.version: Nodegroup Kubernetes version cannot be rolled back from 1.32 to 1.31; \
                 accepted is 1.32",
            ),
        ];
        for (text, expected) in table {
            assert_eq!(refused(&text), expected, "{text}");
        }
    }
}
