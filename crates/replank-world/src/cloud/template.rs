//! Launch templates: immutable versions, numbered in order of creation (EC2: `CreateLaunchTemplateVersion`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use replank_core::observed::{self, TemplateContent};
use replank_service::ports::launch_templates::OwnTemplate;

use super::settings::Settings;
use crate::refusal::Refusal;
use crate::vocab::labels::Map;
use crate::vocab::taint::Taint;

/// The most versions of a template (EC2 quota).
const VERSIONS_MAX: usize = 10_000;

/// A launch template that EKS made for a node group, or what groups launch of a user's own.
#[derive(Clone, Debug)]
pub struct Template {
    /// Template id, such as `lt-0123456789abcdef0`.
    pub id: Arc<str>,
    /// Versions as the engine compares them: without labels and taints, which are applied to existing nodes and
    /// make none an old one.
    pub versions: BTreeMap<u64, TemplateContent>,
    whole: BTreeMap<u64, TemplateContent>,
    settings: BTreeMap<u64, Arc<Settings>>,
    by_content: BTreeMap<TemplateContent, u64>,
    by_token: BTreeMap<Arc<str>, u64>,
    by_hand: BTreeSet<u64>,
    tags: BTreeMap<u64, Map>,
}

impl Template {
    /// A template without versions.
    pub fn new(id: Arc<str>) -> Self {
        Self {
            id,
            versions: BTreeMap::new(),
            whole: BTreeMap::new(),
            settings: BTreeMap::new(),
            by_content: BTreeMap::new(),
            by_token: BTreeMap::new(),
            by_hand: BTreeSet::new(),
            tags: BTreeMap::new(),
        }
    }

    /// Creates a version. Repeating a token returns the same version, or fails when the content differs.
    pub fn create(&mut self, content: TemplateContent, token: &str) -> Result<u64, Refusal> {
        if let Some(number) = self.by_token.get(token) {
            let same = self.whole.get(number) == Some(&content);
            return same.then_some(*number).ok_or_else(|| mismatch(token));
        }
        if self.versions.len() == VERSIONS_MAX {
            let id = &self.id;
            let said = format!("You have reached the maximum number of versions for launch template {id}.");
            return Err(Refusal::new(400, "VersionLimitExceeded", said));
        }
        let settings = Settings::parse(&content.settings)
            .map_err(|error| Refusal::new(400, "InvalidLaunchTemplateData", error.to_string()))?;
        let number = self.versions.keys().next_back().map_or(1, |last| last + 1);
        self.by_content.entry(content.clone()).or_insert(number);
        self.by_token.insert(token.into(), number);
        self.store(number, content, settings);
        Ok(number)
    }

    /// Stores a version of a user's template under its own number, with the tags that it gives to instances.
    pub(super) fn put(&mut self, number: u64, content: TemplateContent, tags: Map) -> Result<(), Refusal> {
        let settings = Settings::parse(&content.settings)
            .map_err(|error| Refusal::new(400, "InvalidLaunchTemplateData", error.to_string()))?;
        self.store(number, content, settings);
        self.tags.insert(number, tags);
        Ok(())
    }

    fn store(&mut self, number: u64, content: TemplateContent, settings: Settings) {
        let shape = TemplateContent { image: content.image.clone(), settings: settings.shape().into() };
        self.settings.insert(number, Arc::new(settings));
        self.versions.insert(number, shape);
        self.whole.insert(number, content);
    }

    /// Forgets the versions that the user's template does not have any more.
    pub(super) fn keep(&mut self, has: impl Fn(u64) -> bool) {
        self.versions.retain(|number, _| has(*number));
        self.whole.retain(|number, _| has(*number));
        self.settings.retain(|number, _| has(*number));
        self.tags.retain(|number, _| has(*number));
    }

    /// The tags that a version gives to instances.
    pub fn tags(&self, number: u64) -> Map {
        self.tags.get(&number).cloned().unwrap_or_default()
    }

    /// Creates a version behind EKS, which EKS does not reuse for equal content.
    pub fn create_by_hand(&mut self, content: TemplateContent) -> Result<u64, Refusal> {
        let first = self.by_content.get(&content).copied();
        let number = self.create(content.clone(), &format!("by hand {}", self.versions.len()))?;
        match first {
            Some(first) => drop(self.by_content.insert(content, first)),
            None => drop(self.by_content.remove(&content)),
        }
        self.by_hand.insert(number);
        Ok(number)
    }

    /// Whether a version was created behind EKS.
    pub fn is_by_hand(&self, number: u64) -> bool {
        self.by_hand.contains(&number)
    }

    /// The given version or, if it was created behind EKS, the last earlier one of EKS.
    pub fn made(&self, number: u64) -> u64 {
        let made = self.versions.range(..=number).map(|(number, _)| *number);
        made.rev().find(|number| !self.is_by_hand(*number)).unwrap_or(number)
    }

    /// The template as `DescribeLaunchTemplates` shows it.
    pub fn shown(&self) -> OwnTemplate {
        OwnTemplate {
            id: self.id.to_string(),
            name: String::new(),
            created_at: String::new(),
            default: 1,
            latest: self.versions.keys().next_back().copied().unwrap_or(1),
            versions: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    /// `NoSchedule` and `NoExecute` taints that any of its versions gives to nodes.
    pub fn taints(&self) -> Vec<observed::Taint> {
        let given = self.settings.values().flat_map(|settings| &settings.taints);
        let named = |taint: &Taint| {
            let effect = observed::Effect::named(taint.effect.as_str())?;
            Some(observed::Taint { key: taint.key.clone(), effect })
        };
        let taints: BTreeSet<observed::Taint> = given.filter_map(named).collect();
        taints.into_iter().collect()
    }

    /// The full content of a version, labels and taints included.
    pub fn content(&self, number: u64) -> Option<&TemplateContent> {
        self.whole.get(&number)
    }

    /// The first version with this full content.
    pub fn equal(&self, content: &TemplateContent) -> Option<u64> {
        self.by_content.get(content).copied()
    }

    /// Image and settings of a version; the error is that of EC2.
    pub fn version(&self, number: u64) -> Result<(Arc<str>, Arc<Settings>), Refusal> {
        let found = self.versions.get(&number).zip(self.settings.get(&number));
        found.map(|(content, settings)| (Arc::from(content.image.as_str()), settings.clone())).ok_or_else(
            || {
                let said = format!(
                    "Could not find the specified version {number} for the launch template with ID {}.",
                    self.id
                );
                Refusal::new(400, "InvalidLaunchTemplateId.VersionNotFound", said)
            },
        )
    }
}

fn mismatch(token: &str) -> Refusal {
    let said = format!("The client token {token} was already used with different parameters.");
    Refusal::new(400, "IdempotentParameterMismatch", said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(image: &str) -> TemplateContent {
        TemplateContent { image: image.into(), settings: Settings::new("m5.large").to_string().into() }
    }

    #[test]
    fn labels_and_taints_make_no_other_node() {
        let mut template = Template::new("lt-1".into());
        let mut settings = Settings::new("m5.large");
        settings.labels.insert("team".into(), "a".into());
        let labelled = TemplateContent { image: "ami-1".into(), settings: settings.to_string().into() };
        assert_eq!(template.create(content("ami-1"), "a"), Ok(1));
        assert_eq!(template.create(labelled.clone(), "b"), Ok(2));
        assert_eq!(template.versions[&1], template.versions[&2]);
        assert_eq!((template.content(2), template.equal(&labelled)), (Some(&labelled), Some(2)));
    }

    #[test]
    fn what_was_made_by_hand_is_known_as_that() {
        let mut template = Template::new("lt-1".into());
        assert_eq!(template.create(content("ami-1"), "a"), Ok(1));
        assert_eq!(template.create_by_hand(content("ami-2")), Ok(2));
        assert_eq!(template.create_by_hand(content("ami-1")), Ok(3));
        assert_eq!((template.is_by_hand(1), template.is_by_hand(3), template.made(3)), (false, true, 1));
        assert_eq!((template.equal(&content("ami-1")), template.equal(&content("ami-2"))), (Some(1), None));
        assert_eq!((template.create(content("ami-2"), "b"), template.made(4)), (Ok(4), 4));
    }

    #[test]
    fn a_token_makes_one_version() {
        let mut template = Template::new("lt-1".into());
        assert_eq!(template.create(content("ami-1"), "a"), Ok(1));
        assert_eq!(template.create(content("ami-2"), "b"), Ok(2));
        assert_eq!(template.create(content("ami-1"), "a"), Ok(1));
        assert_eq!(template.create(content("ami-3"), "a").unwrap_err().reason, "IdempotentParameterMismatch");
        assert_eq!(template.create(content("ami-1"), "c"), Ok(3));
        assert_eq!((template.equal(&content("ami-1")), template.equal(&content("ami-9"))), (Some(1), None));
        assert_eq!(template.version(2).map(|(image, _)| image), Ok("ami-2".into()));
        assert_eq!(template.version(4).unwrap_err().code, 400);
        let broken = TemplateContent { image: "ami-1".into(), settings: "?".into() };
        assert_eq!(template.create(broken, "d").unwrap_err().reason, "InvalidLaunchTemplateData");
    }
}
