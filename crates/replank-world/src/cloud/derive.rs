//! What nodes get of a user's launch template: its content in the JSON of EC2, read as image and settings.

use std::sync::Arc;

use replank_core::names::ImageId;
use replank_core::observed::TemplateContent;
use replank_service::launch_template::user_data;
use serde_json::Value;

use super::catalogue::{Catalogue, Image};
use super::settings::{Bootstrap, Settings};
use super::ssm::parameter_of;
use crate::vocab::labels::Map;
use crate::vocab::taint::{Effect, Taint};

/// Content of a version, with the tags that it gives to instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Derived {
    pub(super) content: TemplateContent,
    pub(super) tags: Map,
}

/// Reads the content of a version. The error says what of it cannot be launched, in the words of EC2.
pub(super) fn derived(data: &str) -> Result<Derived, String> {
    let says: Value = serde_json::from_str(data).unwrap_or_default();
    let text = |name: &str| says[name].as_str().filter(|text| !text.is_empty());
    let image = text("imageId").ok_or("The request must contain the parameter ImageId")?;
    let image: Arc<str> = match image.strip_prefix("resolve:ssm:") {
        None => image.into(),
        Some(name) => Catalogue::get()
            .by_parameter(name)
            .ok_or_else(|| format!("The parameter {name} that the image id names does not exist."))?,
    };
    let kind = text("instanceType").ok_or("The request must contain the parameter InstanceType")?;
    let mut settings = Settings::new(kind);
    if says["instanceMarketOptions"]["marketType"] == "spot" {
        settings.capacity_type = "SPOT".into();
    }
    let given = user_data::read(text("userData").unwrap_or_default());
    settings.user_data = if given.joins { Bootstrap::Sound } else { Bootstrap::Broken };
    settings.labels = given.labels.iter().map(|(key, value)| (arc(key), arc(value))).collect();
    settings.taints =
        given.taints.iter().filter_map(|(key, value, effect)| taint(key, value, effect)).collect();
    let content = TemplateContent { image: ImageId::new(image), settings: settings.to_string().into() };
    Ok(Derived { content, tags: tags(&says) })
}

fn taint(key: &str, value: &str, effect: &str) -> Option<Taint> {
    let known = [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute];
    let effect = known.into_iter().find(|known| known.as_str() == effect)?;
    Some(Taint::new(key, value, effect))
}

/// The tags for instances in `TagSpecifications`.
fn tags(says: &Value) -> Map {
    let specifications = says["tagSpecificationSet"].as_array().into_iter().flatten();
    let ours = specifications.filter(|it| it["resourceType"] == "instance");
    let tags = ours.flat_map(|it| it["tagSet"].as_array().into_iter().flatten());
    let text = |value: &Value| arc(value.as_str().unwrap_or_default());
    tags.map(|tag| (text(&tag["key"]), text(&tag["value"]))).collect()
}

fn arc(text: &str) -> Arc<str> {
    text.into()
}

impl Catalogue {
    /// The image that a public parameter names; a version at its end, as in `name:3`, is left out.
    pub fn by_parameter(&self, name: &str) -> Option<Arc<str>> {
        let name = name.split(':').next().unwrap_or_default();
        let leads = |image: &&Image| parameter_of(image).is_some_and(|known| known == name);
        self.images().find(leads).map(|image| image.id.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// `#!/bin/bash\n/etc/eks/bootstrap.sh c --kubelet-extra-args '--node-labels=team=a --register-with-taints=x=y:NoSchedule'`
    const USER_DATA: &str = "IyEvYmluL2Jhc2gKL2V0Yy9la3MvYm9vdHN0cmFwLnNoIGMgLS1rdWJlbGV0LWV4dHJhLWFyZ3MgJy0tbm9kZS1sYW\
        JlbHM9dGVhbT1hIC0tcmVnaXN0ZXItd2l0aC10YWludHM9eD15Ok5vU2NoZWR1bGUnCg==";

    #[test]
    fn a_template_gives_image_type_labels_taints_and_tags() {
        let data = json!({
            "imageId": "ami-1", "instanceType": "m5.large", "userData": USER_DATA,
            "tagSpecificationSet": [{ "resourceType": "instance", "tagSet": [{ "key": "team", "value": "b" }] }],
        });
        let found = derived(&data.to_string()).unwrap();
        assert_eq!(found.content.image.as_str(), "ami-1");
        let settings = Settings::parse(&found.content.settings).unwrap();
        assert_eq!((&*settings.instance_type, settings.user_data), ("m5.large", Bootstrap::Sound));
        assert_eq!(settings.labels, Map::from([("team".into(), "a".into())]));
        assert_eq!(settings.taints, [Taint::new("x", "y", Effect::NoSchedule)]);
        assert_eq!(found.tags, Map::from([("team".into(), "b".into())]));
    }

    #[test]
    fn what_cannot_be_launched_says_what_it_lacks() {
        let name =
            "/aws/service/eks/optimized-ami/1.32/amazon-linux-2023/x86_64/standard/recommended/image_id";
        let newest = Catalogue::get().find("AL2023_x86_64_STANDARD", "1.32", "latest").unwrap();
        let by_name = json!({ "imageId": format!("resolve:ssm:{name}"), "instanceType": "m5.large" });
        let found = derived(&by_name.to_string()).unwrap().content;
        assert_eq!(found.image.as_str(), &*newest.id);
        assert!(found.settings.contains("user-data=broken"), "nothing makes it join: {}", found.settings);
        for (data, said) in [
            (json!({ "instanceType": "m5.large" }), "ImageId"),
            (json!({ "imageId": "ami-1" }), "InstanceType"),
            (json!({ "imageId": "resolve:ssm:/x", "instanceType": "m5.large" }), "The parameter /x"),
        ] {
            let error = derived(&data.to_string()).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
