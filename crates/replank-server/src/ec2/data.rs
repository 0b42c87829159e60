//! Content of launch templates, which is kept as JSON with the member names of responses: written as XML.

use serde_json::Value;

use crate::xml::escaped;

/// Renames the security groups of network interfaces as responses have them.
pub(super) fn interfaces(data: &mut Value) {
    let interfaces = data.get_mut("networkInterfaceSet").and_then(Value::as_array_mut);
    for interface in interfaces.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(groups) = interface.remove("securityGroupIdSet") {
            interface.insert("groupSet".into(), groups);
        }
    }
}

/// Writes content as XML.
pub(super) fn xml(data: &Value) -> String {
    match data {
        Value::Object(members) => members.iter().map(|(name, member)| element(name, member)).collect(),
        Value::Array(items) => items.iter().map(|item| format!("<item>{}</item>", xml(item))).collect(),
        Value::String(text) => escaped(text),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn element(name: &str, member: &Value) -> String {
    let inner = match (name, member) {
        ("groupSet", Value::Array(items)) => {
            items.iter().map(|item| format!("<groupId>{}</groupId>", xml(item))).collect()
        }
        _ => xml(member),
    };
    format!("<{name}>{inner}</{name}>")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::given::Given;

    #[test]
    fn parameters_become_the_names_of_the_answers() {
        let given = [
            ("LaunchTemplateData.ImageId", "ami-1"),
            ("LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeSize", "20"),
            ("LaunchTemplateData.TagSpecification.2.ResourceType", "volume"),
            ("LaunchTemplateData.TagSpecification.1.Tag.1.Key", "a<b"),
            ("LaunchTemplateData.SecurityGroupId.1", "sg-1"),
            ("LaunchTemplateData.NetworkInterface.1.SecurityGroupId.1", "sg-2"),
            ("LaunchTemplateName", "x"),
        ];
        let given = Given::of(given);
        let mut data = given.structure("LaunchTemplateData").unwrap();
        interfaces(&mut data);
        let wanted = json!({
            "imageId": "ami-1",
            "blockDeviceMappingSet": [{ "ebs": { "volumeSize": "20" } }],
            "tagSpecificationSet": [{ "tagSet": [{ "key": "a<b" }] }, { "resourceType": "volume" }],
            "securityGroupIdSet": ["sg-1"],
            "networkInterfaceSet": [{ "groupSet": ["sg-2"] }],
        });
        assert_eq!(data, wanted);
        assert_eq!(given.structure("Nothing"), None);
        let text = xml(&data);
        assert!(text.contains("<tagSet><item><key>a&lt;b</key></item></tagSet>"), "{text}");
        assert!(text.contains("<groupSet><groupId>sg-2</groupId></groupSet>"), "{text}");
    }
}
