//! Launch templates: versions numbered by creation, never changed (EC2: `CreateLaunchTemplateVersion`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use replank_core::observed::{self, TemplateContent};
use replank_service::ports::launch_templates::OwnTemplate;

use super::settings::Settings;
use crate::refusal::Refusal;
use crate::vocab::taint::Taint;

/// How many versions a template may have (EC2 quota: launch template versions).
const VERSIONS_MAX: usize = 10_000;

/// A launch template.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its id, such as `lt-0123456789abcdef0`.
    pub id: Arc<str>,
    /// Its versions by number, as the engine reads them: without labels and taints, which nodes that live are given
    /// too, so that they make no node an old one.
    pub versions: BTreeMap<u64, TemplateContent>,
    whole: BTreeMap<u64, TemplateContent>,
    settings: BTreeMap<u64, Arc<Settings>>,
    by_content: BTreeMap<TemplateContent, u64>,
    by_token: BTreeMap<Arc<str>, u64>,
    by_hand: BTreeSet<u64>,
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
        }
    }

    /// Makes a version; the same token twice is the same version, with other content it is refused.
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
        let shape = TemplateContent { image: content.image.clone(), settings: settings.shape().into() };
        self.settings.insert(number, Arc::new(settings));
        self.versions.insert(number, shape);
        self.whole.insert(number, content);
        Ok(number)
    }

    /// Makes a version past EKS, which never finds it by its content.
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

    /// Whether a version was made past EKS.
    pub fn is_by_hand(&self, number: u64) -> bool {
        self.by_hand.contains(&number)
    }

    /// This version, or the last one before it that EKS made.
    pub fn made(&self, number: u64) -> u64 {
        let made = self.versions.range(..=number).map(|(number, _)| *number);
        made.rev().find(|number| !self.is_by_hand(*number)).unwrap_or(number)
    }

    /// As it is shown to whoever lists templates.
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

    /// The taints that its versions give their nodes, as far as they keep pods off.
    pub fn taints(&self) -> Vec<observed::Taint> {
        let given = self.settings.values().flat_map(|settings| &settings.taints);
        let named = |taint: &Taint| {
            let effect = observed::Effect::named(taint.effect.as_str())?;
            Some(observed::Taint { key: taint.key.clone(), effect })
        };
        let taints: BTreeSet<observed::Taint> = given.filter_map(named).collect();
        taints.into_iter().collect()
    }

    /// What a version says, labels and taints with it.
    pub fn content(&self, number: u64) -> Option<&TemplateContent> {
        self.whole.get(&number)
    }

    /// The first version with that content, labels and taints with it.
    pub fn equal(&self, content: &TemplateContent) -> Option<u64> {
        self.by_content.get(content).copied()
    }

    /// Image and settings of a version.
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
