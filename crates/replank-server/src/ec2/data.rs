//! Content of launch templates: read from query parameters, kept as JSON with the member names of responses, written as
//! XML.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::sts::escaped;

/// Greatest depth of parameters; `LaunchTemplateData.InstanceRequirements.BaselinePerformanceFactors.Cpu...` is the
/// deepest.
const DEPTH_MAX: usize = 12;

/// Query parameters as a tree.
#[derive(Debug)]
enum Tree {
    Leaf(String),
    Branch(BTreeMap<String, Tree>),
}

/// The value below a parameter name, if there is one: structures as objects, numbered members as arrays.
pub(super) fn below(given: &[(String, String)], name: &str) -> Option<Value> {
    let mut root = BTreeMap::new();
    let prefix = format!("{name}.");
    for (key, value) in given {
        let Some(path) = key.strip_prefix(&prefix) else { continue };
        let path: Vec<&str> = path.split('.').collect();
        if path.len() <= DEPTH_MAX {
            put(&mut root, &path, value);
        }
    }
    (!root.is_empty()).then(|| value(Tree::Branch(root)))
}

fn put(into: &mut BTreeMap<String, Tree>, path: &[&str], value: &str) {
    match path {
        [] => {}
        [name] => drop(into.insert((*name).to_owned(), Tree::Leaf(value.to_owned()))),
        [name, rest @ ..] => {
            let branch = into.entry((*name).to_owned()).or_insert_with(|| Tree::Branch(BTreeMap::new()));
            if let Tree::Branch(branch) = branch {
                put(branch, rest, value);
            }
        }
    }
}

fn value(tree: Tree) -> Value {
    let branch = match tree {
        Tree::Leaf(text) => return Value::String(text),
        Tree::Branch(branch) => branch,
    };
    let number = |name: &String| name.parse::<u32>().ok();
    if branch.keys().all(|name| number(name).is_some()) {
        let mut items: Vec<(Option<u32>, Tree)> =
            branch.into_iter().map(|(name, item)| (number(&name), item)).collect();
        items.sort_by_key(|(number, _)| *number);
        return Value::Array(items.into_iter().map(|(_, item)| value(item)).collect());
    }
    let mut object = Map::new();
    for (name, member) in branch {
        let member = value(member);
        object.insert(answered(&name, member.is_array()), member);
    }
    Value::Object(object)
}

/// Name of a member in responses: lower case first, and `Set` after lists.
fn answered(name: &str, is_list: bool) -> String {
    match name {
        "LicenseSpecification" => return "licenseSet".into(),
        // A network interface lists its groups under a name of its own; the template itself does not.
        "Groups" => return "groupSet".into(),
        _ => {}
    }
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    let mut small: String = first.into_iter().chain(letters).collect();
    if is_list {
        small.push_str("Set");
    }
    small
}

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
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut data = below(&given, "LaunchTemplateData").unwrap();
        interfaces(&mut data);
        let wanted = json!({
            "imageId": "ami-1",
            "blockDeviceMappingSet": [{ "ebs": { "volumeSize": "20" } }],
            "tagSpecificationSet": [{ "tagSet": [{ "key": "a<b" }] }, { "resourceType": "volume" }],
            "securityGroupIdSet": ["sg-1"],
            "networkInterfaceSet": [{ "groupSet": ["sg-2"] }],
        });
        assert_eq!(data, wanted);
        assert_eq!(below(&given, "Nothing"), None);
        let text = xml(&data);
        assert!(text.contains("<tagSet><item><key>a&lt;b</key></item></tagSet>"), "{text}");
        assert!(text.contains("<groupSet><groupId>sg-2</groupId></groupSet>"), "{text}");
    }
}
