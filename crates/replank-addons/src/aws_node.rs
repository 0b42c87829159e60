//! The network plug-in: its tag and that of its init container. Environment, resources and everything else are the owner's.

use crate::image::{CONTAINERS, INIT_CONTAINERS, set_tag, tag};
use crate::version::BuildVersion;
use crate::{AddOn, AddOnObject, Found, Update, UpdateError, object};

const NAME: &str = "aws-node";
/// The container that installs the plug-in before.
const INIT: &str = "aws-vpc-cni-init";

pub(crate) fn update(found: &[Found], version: &str) -> Result<Update, UpdateError> {
    let live = object(found, AddOnObject::AwsNode).ok_or(UpdateError::Absent(AddOn::AwsNode.name()))?;
    let wanted = BuildVersion::parse(version).ok_or_else(|| UpdateError::Version(version.to_owned()))?;
    let from = tag(live, CONTAINERS, NAME, NAME)?.ok_or(UpdateError::Absent(NAME))?.to_owned();
    let is_there = |tag: &str| BuildVersion::parse(tag).is_some_and(|is| is.release >= wanted.release);
    // The releases of the project carry no build of EKS; who runs one of them stays with them.
    let has_build = from.contains("eksbuild");
    let (major, minor, patch) = wanted.release;
    let new = if has_build { version.to_owned() } else { format!("v{major}.{minor}.{patch}") };
    let is_ahead =
        BuildVersion::parse(&from).is_some_and(|is| if has_build { is >= wanted } else { is_there(&from) });
    let to = if is_ahead { from.clone() } else { new };
    let mut object = live.clone();
    set_tag(&mut object, CONTAINERS, NAME, &to);
    if tag(live, INIT_CONTAINERS, INIT, NAME)?.is_some() {
        set_tag(&mut object, INIT_CONTAINERS, INIT, &to);
    }
    let objects =
        if object == *live { Vec::new() } else { vec![Found { place: AddOnObject::AwsNode, object }] };
    Ok(Update { from, to, objects, changes: Vec::new(), keeps: Vec::new() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_images_follow_and_the_environment_stays() {
        let live = |tag: &str| {
            let image = |repository: &str| format!("r.example/{repository}:{tag}");
            let object = json!({"spec": {"template": {"spec": {
                "initContainers": [{"name": INIT, "image": image("amazon-k8s-cni-init")}],
                "containers": [
                    {"name": NAME, "image": image("amazon-k8s-cni"), "env": [{"name": "WARM_IP_TARGET", "value": "3"}]},
                    {"name": "aws-eks-nodeagent", "image": "r.example/agent:v1.1.6"},
                ],
            }}}});
            vec![Found { place: AddOnObject::AwsNode, object }]
        };
        for (tag, becomes) in [
            ("v1.19.2-eksbuild.1", "v1.20.4-eksbuild.2"),
            ("v1.19.2", "v1.20.4"),
            ("v1.20.4", "v1.20.4"),
            ("v1.21.0-eksbuild.1", "v1.21.0-eksbuild.1"),
        ] {
            let done = update(&live(tag), "v1.20.4-eksbuild.2").unwrap();
            assert_eq!(done.to, becomes);
            assert_eq!(done.objects, if tag == becomes { Vec::new() } else { live(becomes) });
        }
    }
}
