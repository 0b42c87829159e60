//! Launch template versions. A version never changes once it is made, so each is read once; which one is the latest
//! and which the default may change at any time.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use replank_core::names::ImageId;
use replank_core::template::TemplateContent;
use serde_json::{Value, json};

use crate::ec2::Tree;

/// Beginning of the descriptions of versions that updates make; their tokens follow.
pub(crate) const MADE: &str = "replank update ";

/// All versions that were read, by the id of their template.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Templates(BTreeMap<String, Template>);

/// A launch template.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Template {
    /// Number of the default version.
    pub(crate) default: u64,
    /// Contents by number.
    pub(crate) versions: BTreeMap<u64, Version>,
    /// Versions that updates made.
    pub(crate) made: BTreeMap<u64, Made>,
}

/// A version that an update made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// Id of the update.
    pub(crate) by: String,
    /// When; `None` when EC2 does not tell.
    pub(crate) at: Option<Timestamp>,
}

impl Made {
    fn of(item: &Tree) -> Option<Self> {
        let by = item.text("versionDescription")?.strip_prefix(MADE)?.to_owned();
        Some(Self { by, at: item.text("createTime").and_then(|at| at.parse().ok()) })
    }
}

/// What a version holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Version {
    /// Image and settings, for comparing.
    pub(crate) content: TemplateContent,
    /// As EC2 told it (`launchTemplateData`).
    pub(crate) data: Tree,
}

impl Version {
    /// The version that EC2 describes.
    pub(crate) fn of(data: &Tree) -> Self {
        let image = data.text("imageId").unwrap_or_default();
        let mut settings = data.canonical();
        if let Some(members) = settings.as_object_mut() {
            members.shift_remove("imageId");
            // It may be long, and may hold secrets: what is compared is written into journals.
            if let Some(user_data) = members.get_mut("userData") {
                *user_data = Value::from(fingerprint(user_data.as_str().unwrap_or_default()));
            }
        }
        let content = TemplateContent { image: ImageId::new(image), settings: settings.to_string().into() };
        Self { content, data: data.clone() }
    }
}

/// A short text that differs where `text` does.
fn fingerprint(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    let hex: String = hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

impl Template {
    /// The template that the items of a list describe (EC2: `launchTemplateVersionSet`).
    pub(crate) fn of(items: &[Tree]) -> Self {
        let mut template = Self::default();
        for item in items {
            let Some(number) = item.text("versionNumber").and_then(|number| number.parse().ok()) else {
                continue;
            };
            if item.text("defaultVersion") == Some("true") {
                template.default = number;
            }
            template.made.extend(Made::of(item).map(|made| (number, made)));
            let data = item.get("launchTemplateData").cloned().unwrap_or(Tree::Elements(Vec::new()));
            template.versions.insert(number, Version::of(&data));
        }
        template
    }

    /// The number that a version stands for; `None` when there is no such version.
    pub(crate) fn number(&self, written: &str) -> Option<u64> {
        match written {
            "$Latest" => self.versions.keys().next_back().copied(),
            "$Default" => Some(self.default).filter(|number| self.versions.contains_key(number)),
            number => number.parse().ok().filter(|number| self.versions.contains_key(number)),
        }
    }
}

impl Templates {
    /// The template with that id.
    pub(crate) fn get(&self, id: &str) -> Option<&Template> {
        self.0.get(id)
    }

    /// Replaces what is known of a template, except that versions which were just made and are not told yet stay.
    pub(crate) fn put(&mut self, id: &str, read: Template) {
        let known = self.0.entry(id.to_owned()).or_default();
        let newest = read.versions.keys().next_back().copied().unwrap_or_default();
        known.default = read.default;
        known.made.retain(|number, _| *number > newest);
        known.made.extend(read.made);
        known.versions.retain(|number, _| *number > newest);
        known.versions.extend(read.versions);
    }

    /// Adds a version that an update just made.
    pub(crate) fn add(&mut self, id: &str, number: u64, version: Version, by: &str) {
        let template = self.0.entry(id.to_owned()).or_default();
        template.versions.insert(number, version);
        template.made.insert(number, Made { by: by.to_owned(), at: Some(Timestamp::now()) });
    }

    /// What a version of a template holds.
    pub(crate) fn version(&self, id: &str, written: &str) -> Option<(u64, &Version)> {
        let template = self.get(id)?;
        let number = template.number(written)?;
        Some((number, template.versions.get(&number)?))
    }

    /// Sets the image of versions whose image is a parameter's name, as that parameter stands now.
    pub(crate) fn resolve(&mut self, images: &BTreeMap<String, String>) {
        for version in self.0.values_mut().flat_map(|template| template.versions.values_mut()) {
            if let Some(image) = version.data.text("imageId").and_then(|name| images.get(name)) {
                version.content.image = ImageId::new(image.as_str());
            }
        }
    }

    /// Names of the images that are parameters (`resolve:ssm:NAME`).
    pub(crate) fn parameters(&self) -> Vec<String> {
        let versions = self.0.values().flat_map(|template| template.versions.values());
        let images = versions.filter_map(|version| version.data.text("imageId"));
        let mut names: Vec<String> =
            images.filter(|image| image.starts_with(RESOLVE)).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Prefix of an image that is a parameter's name.
pub(crate) const RESOLVE: &str = "resolve:ssm:";

/// Content of nodes that a launch configuration launches: its name stands for all that it holds, since a launch
/// configuration never changes.
pub(crate) fn configured(name: &str, image: &str) -> TemplateContent {
    let settings: Arc<str> = json!({ "launchConfiguration": name }).to_string().into();
    TemplateContent { image: ImageId::new(image), settings }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A version as EC2 lists it, for tests.
    pub(crate) fn item(number: u64, is_default: bool, data: &str) -> Tree {
        Tree::read(&format!(
            "<item><versionNumber>{number}</versionNumber><defaultVersion>{is_default}</defaultVersion>\
             <launchTemplateData>{data}</launchTemplateData></item>"
        ))
        .unwrap()
    }

    #[test]
    fn versions_differ_by_content_and_user_data_is_not_written_down() {
        let version = |data: &str| Version::of(item(1, true, data).get("launchTemplateData").unwrap());
        let one =
            version("<imageId>ami-1</imageId><userData>c2VjcmV0</userData><ebsOptimized>true</ebsOptimized>");
        let other =
            version("<imageId>ami-2</imageId><ebsOptimized>true</ebsOptimized><userData>c2VjcmV0</userData>");
        assert_eq!(one.content.settings, other.content.settings);
        assert_ne!(one.content.image, other.content.image);
        assert!(!one.content.settings.contains("c2VjcmV0") && one.content.settings.contains("sha256:"));
        assert_ne!(
            one.content.settings,
            version("<imageId>ami-1</imageId><userData>b3RoZXI=</userData>").content.settings
        );
    }

    #[test]
    fn a_version_that_is_not_listed_yet_is_kept() {
        let mut templates = Templates::default();
        let read = |numbers: &[u64]| {
            Template::of(&numbers.iter().map(|number| item(*number, *number == 1, "")).collect::<Vec<_>>())
        };
        templates.put("lt-1", read(&[1, 2]));
        templates.add("lt-1", 3, read(&[3]).versions[&3].clone(), "u-1");
        templates.put("lt-1", read(&[1, 2]));
        let numbers = |written: &str| templates.version("lt-1", written).map(|(number, _)| number);
        assert_eq!(
            (numbers("$Latest"), numbers("$Default"), numbers("2"), numbers("7")),
            (Some(3), Some(1), Some(2), None)
        );
        templates.put("lt-1", read(&[1, 4]));
        assert_eq!(templates.version("lt-1", "3").map(|(number, _)| number), None, "it was deleted");
    }
}
