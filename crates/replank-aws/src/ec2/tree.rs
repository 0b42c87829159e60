//! Answers of EC2 as trees: what AWS adds tomorrow is kept and compared, where typed answers would drop it and take two
//! launch templates for equal that differ only there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use thiserror::Error;

/// An element of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// An element with text alone.
    Text(String),
    /// An element with elements in it, in their order.
    Elements(Vec<(String, Tree)>),
}

/// An answer that is no XML.
#[derive(Debug, Error)]
#[error("the answer is no XML: {0}")]
pub struct BadXml(#[from] roxmltree::Error);

impl Tree {
    /// Reads a document.
    pub fn read(xml: &str) -> Result<Self, BadXml> {
        let document = roxmltree::Document::parse(xml)?;
        Ok(Self::of(document.root_element()))
    }

    fn of(node: roxmltree::Node<'_, '_>) -> Self {
        let elements: Vec<(String, Self)> = node
            .children()
            .filter(roxmltree::Node::is_element)
            .map(|child| (child.tag_name().name().to_owned(), Self::of(child)))
            .collect();
        if elements.is_empty() {
            let text: String = node.children().filter_map(|child| child.text()).collect();
            Self::Text(text.trim().to_owned())
        } else {
            Self::Elements(elements)
        }
    }

    /// The first element of that name in it.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Elements(elements) => elements.iter().find(|(own, _)| own == name).map(|(_, tree)| tree),
            Self::Text(_) => None,
        }
    }

    /// The text of the element of that name in it; an empty one counts as none.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Text(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
            Self::Elements(_) => None,
        }
    }

    /// The members of a set (EC2: elements `item` in it).
    pub fn items(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.set(name, "item")
    }

    /// The members of a set as other services than EC2 tell them (elements `member` in it).
    pub fn members(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.set(name, "member")
    }

    fn set(&self, name: &str, of: &'static str) -> impl Iterator<Item = &Self> {
        let elements = match self.get(name) {
            Some(Self::Elements(elements)) => elements.as_slice(),
            Some(Self::Text(_)) | None => &[],
        };
        elements.iter().filter(move |(own, _)| own == of).map(|(_, tree)| tree)
    }

    /// Key and value of the tags in it.
    pub fn tags(&self) -> BTreeMap<&str, &str> {
        let pairs =
            self.items("tagSet").filter_map(|tag| Some((tag.text("key")?, tag.text("value").unwrap_or(""))));
        pairs.collect()
    }

    /// The same for comparing: members by name, sets in their order, elements that are empty left out.
    pub fn canonical(&self) -> Value {
        match self {
            Self::Text(text) => Value::from(text.as_str()),
            Self::Elements(elements) if elements.iter().all(|(name, _)| name == "item") => {
                elements.iter().map(|(_, tree)| tree.canonical()).collect()
            }
            Self::Elements(elements) => {
                let sorted: BTreeMap<&str, Value> = elements
                    .iter()
                    .filter(|(_, tree)| !matches!(tree, Self::Text(text) if text.is_empty()))
                    .map(|(name, tree)| (name.as_str(), tree.canonical()))
                    .collect();
                let members: Map<String, Value> =
                    sorted.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                Value::Object(members)
            }
        }
    }

    /// The tree as parameters of a request that sends it back: `blockDeviceMappingSet` is `BlockDeviceMapping.N` there,
    /// and every name begins with a capital.
    pub fn parameters(&self, prefix: &str, into: &mut Vec<(String, String)>) {
        match self {
            Self::Text(text) if text.is_empty() => {}
            Self::Text(text) => into.push((prefix.to_owned(), text.clone())),
            Self::Elements(elements) => {
                for (at, (name, tree)) in elements.iter().enumerate() {
                    let name = if name == "item" { (at + 1).to_string() } else { asked(name) };
                    tree.parameters(&format!("{prefix}.{name}"), into);
                }
            }
        }
    }
}

/// The name of a member in requests.
fn asked(name: &str) -> String {
    let name = name.strip_suffix("Set").unwrap_or(name);
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Answer xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <data><userData>a &amp; b</userData><imageId>ami-1</imageId>
    <blockDeviceMappingSet><item><deviceName>/dev/xvda</deviceName><ebs><volumeSize>20</volumeSize><snapshotId/></ebs></item></blockDeviceMappingSet>
    <tagSet><item><key>Name</key><value><![CDATA[<w>]]></value></item><item><key>empty</key><value/></item></tagSet>
  </data>
</Answer>"#;

    #[test]
    fn an_answer_is_read_with_its_references_sections_and_empty_elements() {
        let answer = Tree::read(ANSWER).unwrap();
        let data = answer.get("data").unwrap();
        assert_eq!(data.text("userData"), Some("a & b"));
        assert_eq!(data.tags(), BTreeMap::from([("Name", "<w>"), ("empty", "")]));
        assert_eq!(data.items("blockDeviceMappingSet").count(), 1);
        assert!(Tree::read("<a><b></a>").is_err() && Tree::read("").is_err());
    }

    #[test]
    fn the_order_of_members_does_not_count_and_the_order_in_sets_does() {
        let read = |xml: &str| Tree::read(xml).unwrap().canonical();
        assert_eq!(read("<d><a>1</a><b>2</b></d>"), read("<d><b>2</b><c/><a>1</a></d>"));
        let set = |one, two| read(&format!("<d><s><item>{one}</item><item>{two}</item></s></d>"));
        assert_ne!(set(1, 2), set(2, 1));
    }

    #[test]
    fn what_was_read_is_sent_back_in_the_words_of_requests() {
        let answer = Tree::read(ANSWER).unwrap();
        let mut parameters = Vec::new();
        let devices = answer.get("data").and_then(|data| data.get("blockDeviceMappingSet")).unwrap();
        devices.parameters("LaunchTemplateData.BlockDeviceMapping", &mut parameters);
        let parameters: Vec<String> =
            parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            parameters,
            [
                "LaunchTemplateData.BlockDeviceMapping.1.DeviceName=/dev/xvda",
                "LaunchTemplateData.BlockDeviceMapping.1.Ebs.VolumeSize=20",
            ]
        );
    }
}
