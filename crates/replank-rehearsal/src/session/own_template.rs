//! The user's own launch template of a node group in a world file.

use std::collections::BTreeMap;

use replank_service::ports::launch_templates::{OwnTemplate, OwnVersion, Source};
use serde_json::json;

use replank_formats::worldfile::spec::{NodeGroup, Update};
use replank_world::world::World;

/// A script that calls `/etc/eks/bootstrap.sh`, without which nodes with a user's image do not join; in base64.
const USER_DATA: &str = "IyEvYmluL2Jhc2gKL2V0Yy9la3MvYm9vdHN0cmFwLnNoICIkKGNhdCAvZXRjL2Vrcy9jbHVzdGVyKSIK";

/// Creates the user's launch template of a group; `None` if it has none. A group with AMI type `CUSTOM` always
/// has one, whose next version holds the image to update to.
pub(super) fn put(world: &mut World, group: &NodeGroup, update: &Update) -> Option<Source> {
    let is_custom = group.image_type == "CUSTOM";
    if !is_custom && group.launch_template.is_none() {
        return None;
    }
    let given = group.launch_template.as_ref();
    let name = given.map_or_else(|| group.name.clone(), |given| given.name.clone());
    let version = given.map_or(1, |given| given.version);
    let id = format!("lt-0{:016x}", world.chance.draw("own-template", &name, 0));
    let says = |image: Option<&String>| {
        let data = match image {
            Some(image) => json!({
                "imageId": image, "instanceType": group.instance_type, "userData": USER_DATA,
            }),
            None => json!({ "instanceType": group.instance_type }),
        };
        OwnVersion { description: None, created_at: String::new(), data: data.to_string(), token: None }
    };
    let mut versions = BTreeMap::from([(version, says(group.image.as_ref()))]);
    if let Some(image) = update.image.as_ref().filter(|_| is_custom) {
        versions.insert(version + 1, says(Some(image)));
    }
    let latest = versions.keys().next_back().copied().unwrap_or(version);
    let source = Source { template: id.clone(), version, instance_type: None, joins: true };
    let tags = BTreeMap::new();
    world.cloud.put_own_template(OwnTemplate {
        id,
        name,
        created_at: String::new(),
        default: version,
        latest,
        versions,
        tags,
    });
    Some(source)
}
