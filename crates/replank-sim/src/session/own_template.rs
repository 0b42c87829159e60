//! The launch template of the user's own that a group of a world file was made with.

use std::collections::BTreeMap;

use replank_service::ports::launch_templates::{OwnTemplate, OwnVersion, Source};
use serde_json::json;

use crate::world::World;
use crate::worldfile::spec::{NodeGroup, Update};

/// `#!/bin/bash` and a call of `/etc/eks/bootstrap.sh`, without which an image of one's own joins no cluster.
const USER_DATA: &str = "IyEvYmluL2Jhc2gKL2V0Yy9la3MvYm9vdHN0cmFwLnNoICIkKGNhdCAvZXRjL2Vrcy9jbHVzdGVyKSIK";

/// Puts the template of a group into the account, if the group has one: one that runs an image of the user's own
/// always has. The image that a custom group is updated to stands in its next version.
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
