//! Launch templates of the user's own, as EC2 keeps them: versions numbered by creation, never changed.
//!
//! What a version says is one JSON text with the names that EC2 answers with; nothing here reads it.

use std::collections::BTreeMap;
use std::future::Future;

use replank_core::observed::TemplateContent;

use serde::{Deserialize, Serialize};

use super::{ActError, ReadError};

/// How many versions a template may have (EC2 quota: launch template versions).
const VERSIONS_MAX: usize = 10_000;

/// Launch templates, those of node groups and those of the user's own.
pub trait LaunchTemplates: Send + Sync {
    /// The versions of a launch template, by number; none when there is no such template.
    fn template_versions(
        &self,
        template: &str,
    ) -> impl Future<Output = Result<BTreeMap<u64, TemplateVersion>, ReadError>> + Send;

    /// The launch templates of the user's own, by id.
    fn own_templates(&self) -> impl Future<Output = Result<Vec<OwnTemplate>, ReadError>> + Send;

    /// Changes a launch template; how it is afterwards.
    fn change_template(
        &self,
        change: &TemplateChange,
    ) -> impl Future<Output = Result<OwnTemplate, NoChange>> + Send;

    /// What a group would launch with that version of the user's template, its image left as it is.
    fn sourced(
        &self,
        cluster: &str,
        group: &str,
        source: &Source,
    ) -> impl Future<Output = Result<TemplateContent, ActError>> + Send;
}

/// A version of a launch template, as far as anybody asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateVersion {
    /// Its image.
    pub image: String,
    /// Its instance type.
    pub instance_type: String,
}

/// A launch template of the user's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTemplate {
    /// Its id, such as `lt-0123456789abcdef0`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was made, on the wall's clock: `2026-11-21T10:00:00Z`.
    pub created_at: String,
    /// The version that is meant when none is named (EC2: `$Default`).
    pub default: u64,
    /// The newest version there ever was (EC2: `$Latest`).
    pub latest: u64,
    /// Its versions by number.
    pub versions: BTreeMap<u64, OwnVersion>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A version of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnVersion {
    /// The user's words about it.
    pub description: Option<String>,
    /// When it was made, on the wall's clock.
    pub created_at: String,
    /// What it says, JSON.
    pub data: String,
    /// The client's token it was made for.
    pub token: Option<String>,
}

/// Something that is done to the templates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateChange {
    /// A new template with its first version.
    Create {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// The first version.
        first: OwnVersion,
        /// Its tags.
        tags: BTreeMap<String, String>,
    },
    /// Another version.
    Add {
        /// The template.
        id: String,
        /// The version.
        version: OwnVersion,
    },
    /// Another default version.
    Default {
        /// The template.
        id: String,
        /// The version.
        version: u64,
    },
    /// A version less.
    Remove {
        /// The template.
        id: String,
        /// The version.
        version: u64,
    },
    /// No such template any more: one of the user's own, or one that was made for a node group.
    Delete {
        /// The template.
        id: String,
    },
}

impl TemplateChange {
    /// The template it is about.
    pub fn id(&self) -> &str {
        match self {
            Self::Create { id, .. }
            | Self::Add { id, .. }
            | Self::Default { id, .. }
            | Self::Remove { id, .. }
            | Self::Delete { id } => id,
        }
    }
}

/// Why nothing was done to the templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoChange {
    /// There is no such template.
    NoTemplate,
    /// There is no such version.
    NoVersion,
    /// The name is another template's.
    NameTaken,
    /// The default version stays.
    IsDefault,
    /// There are as many versions as there may be.
    TooMany,
}

/// The templates of an account, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnTemplates(BTreeMap<String, OwnTemplate>);

impl OwnTemplates {
    /// Every template, by id.
    pub fn all(&self) -> impl Iterator<Item = &OwnTemplate> {
        self.0.values()
    }

    /// The template of an id.
    pub fn get(&self, id: &str) -> Option<&OwnTemplate> {
        self.0.get(id)
    }

    /// Puts a template in as it is, in the place of one of its id.
    pub fn put(&mut self, template: OwnTemplate) {
        self.0.insert(template.id.clone(), template);
    }

    /// Changes a template; how it is afterwards, or was before it went. A version that was made for the same token
    /// already is not made again.
    pub fn apply(&mut self, change: &TemplateChange) -> Result<OwnTemplate, NoChange> {
        if let TemplateChange::Create { id, name, first, tags } = change {
            if self.0.values().any(|other| other.name == *name) {
                return Err(NoChange::NameTaken);
            }
            let made = OwnTemplate {
                id: id.clone(),
                name: name.clone(),
                created_at: first.created_at.clone(),
                default: 1,
                latest: 1,
                versions: BTreeMap::from([(1, first.clone())]),
                tags: tags.clone(),
            };
            self.0.insert(id.clone(), made.clone());
            return Ok(made);
        }
        let template = self.0.get_mut(change.id()).ok_or(NoChange::NoTemplate)?;
        match change {
            TemplateChange::Create { .. } => {}
            TemplateChange::Add { version, .. } => template.add(version)?,
            TemplateChange::Default { version, .. } if template.versions.contains_key(version) => {
                template.default = *version;
            }
            TemplateChange::Remove { version, .. } if template.default == *version => {
                return Err(NoChange::IsDefault);
            }
            TemplateChange::Remove { version, .. } if template.versions.contains_key(version) => {
                template.versions.remove(version);
            }
            TemplateChange::Default { .. } | TemplateChange::Remove { .. } => {
                return Err(NoChange::NoVersion);
            }
            TemplateChange::Delete { id } => return self.0.remove(id).ok_or(NoChange::NoTemplate),
        }
        Ok(template.clone())
    }
}

impl OwnTemplate {
    fn add(&mut self, version: &OwnVersion) -> Result<(), NoChange> {
        if version.token.is_some() && self.versions.values().any(|made| made.token == version.token) {
            return Ok(());
        }
        if self.versions.len() == VERSIONS_MAX {
            return Err(NoChange::TooMany);
        }
        self.latest += 1;
        self.versions.insert(self.latest, version.clone());
        Ok(())
    }
}

/// What the user's template gives the nodes of a group, beside what the group says itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The user's template.
    pub template: String,
    /// Its version.
    pub version: u64,
    /// Its instance type, if it names one.
    pub instance_type: Option<String>,
    /// Whether nodes find their cluster: with an image of the user's own nobody but the user tells them how.
    pub joins: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(data: &str, token: Option<&str>) -> OwnVersion {
        let created_at = "2026-11-21T10:00:00Z".to_owned();
        OwnVersion { description: None, created_at, data: data.into(), token: token.map(str::to_owned) }
    }

    #[test]
    fn versions_are_numbered_by_creation_and_their_numbers_never_come_again() {
        let mut templates = OwnTemplates::default();
        let id = || "lt-1".to_owned();
        let first = version("{}", None);
        let create = TemplateChange::Create { id: id(), name: "a".into(), first, tags: BTreeMap::new() };
        templates.apply(&create).unwrap();
        assert_eq!(templates.apply(&create), Err(NoChange::NameTaken));
        let add = |token| TemplateChange::Add { id: id(), version: version("{1}", token) };
        assert_eq!(templates.apply(&add(Some("t"))).unwrap().latest, 2);
        assert_eq!(templates.apply(&add(Some("t"))).unwrap().latest, 2);
        let remove = |version| TemplateChange::Remove { id: id(), version };
        assert_eq!(templates.apply(&remove(1)), Err(NoChange::IsDefault));
        templates.apply(&remove(2)).unwrap();
        let default = |version| TemplateChange::Default { id: id(), version };
        assert_eq!(templates.apply(&default(2)), Err(NoChange::NoVersion));
        assert_eq!(templates.apply(&add(None)).unwrap().latest, 3);
        assert_eq!(templates.apply(&default(3)).unwrap().default, 3);
        assert_eq!(templates.apply(&TemplateChange::Delete { id: id() }).unwrap().name, "a");
        assert_eq!(templates.apply(&TemplateChange::Delete { id: id() }), Err(NoChange::NoTemplate));
    }
}
