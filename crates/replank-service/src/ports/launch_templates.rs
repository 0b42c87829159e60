//! The port for launch templates, and the user's own ones as EC2 keeps them: numbered versions that never change.
//!
//! The content of a version is one JSON text with the names of EC2, which nothing here reads.

use std::collections::BTreeMap;
use std::future::Future;

use replank_core::observed::TemplateContent;

use serde::{Deserialize, Serialize};

use super::{ActError, ReadError};

/// Most versions of a template (EC2 quota).
const VERSIONS_MAX: usize = 10_000;

/// Launch templates: the user's own, and those made for node groups.
pub trait LaunchTemplates: Send + Sync {
    /// Versions of a launch template by number; empty when the template does not exist.
    fn template_versions(
        &self,
        template: &str,
    ) -> impl Future<Output = Result<BTreeMap<u64, TemplateVersion>, ReadError>> + Send;

    /// The user's own launch templates, by id.
    fn own_templates(&self) -> impl Future<Output = Result<Vec<OwnTemplate>, ReadError>> + Send;

    /// Changes a launch template and returns it as it is afterwards.
    fn change_template(
        &self,
        change: &TemplateChange,
    ) -> impl Future<Output = Result<OwnTemplate, NoChange>> + Send;

    /// Template content that a group would have with that version of the user's template and its present image.
    fn sourced(
        &self,
        cluster: &str,
        group: &str,
        source: &Source,
    ) -> impl Future<Output = Result<TemplateContent, ActError>> + Send;
}

/// A version of a launch template, as far as it is of interest here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateVersion {
    /// Id of its image.
    pub image: String,
    /// What it launches, such as `m5.large`.
    pub instance_type: String,
}

/// A launch template of the user's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnTemplate {
    /// Id, such as `lt-0123456789abcdef0`.
    pub id: String,
    /// Name of the template.
    pub name: String,
    /// When it was created, in wall time: `2026-11-21T10:00:00Z`.
    pub created_at: String,
    /// Version that is used when a request names none (EC2: `$Default`).
    pub default: u64,
    /// Highest version number so far, that of removed versions included.
    pub latest: u64,
    /// Versions by number.
    pub versions: BTreeMap<u64, OwnVersion>,
    /// Tags of the template.
    pub tags: BTreeMap<String, String>,
}

/// A version of a launch template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnVersion {
    /// Description given by the user.
    pub description: Option<String>,
    /// When it was created, in wall time.
    pub created_at: String,
    /// Content, as JSON.
    pub data: String,
    /// Client token of the request that created it.
    pub token: Option<String>,
}

/// A change to launch templates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateChange {
    /// Creates a template with its first version.
    Create {
        /// Id of the new template.
        id: String,
        /// Name of the new template.
        name: String,
        /// Its version 1.
        first: OwnVersion,
        /// Tags of the template, not of the instances that it launches.
        tags: BTreeMap<String, String>,
    },
    /// Adds a version.
    Add {
        /// Id of the template.
        id: String,
        /// The version to add.
        version: OwnVersion,
    },
    /// Changes the default version.
    Default {
        /// Id of the template.
        id: String,
        /// Number of the new default version.
        version: u64,
    },
    /// Removes a version.
    Remove {
        /// Id of the template.
        id: String,
        /// Number of the version to remove.
        version: u64,
    },
    /// Adds a template as it is, or takes the place of the one with its id: a copy for another cluster.
    Copy {
        /// All of it; its id stays.
        template: Box<OwnTemplate>,
    },
    /// Deletes a template: the user's own, or one made for a node group.
    Delete {
        /// Id of the template.
        id: String,
    },
}

impl TemplateChange {
    /// Id of the template it changes.
    pub fn id(&self) -> &str {
        match self {
            Self::Create { id, .. }
            | Self::Add { id, .. }
            | Self::Default { id, .. }
            | Self::Remove { id, .. }
            | Self::Delete { id } => id,
            Self::Copy { template } => &template.id,
        }
    }
}

/// Why a change was refused. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoChange {
    /// The template does not exist.
    NoTemplate,
    /// The version does not exist.
    NoVersion,
    /// Another template has the name.
    NameTaken,
    /// The default version cannot be removed.
    IsDefault,
    /// The template has as many versions as EC2 allows.
    TooMany,
}

/// The user's own launch templates, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnTemplates(BTreeMap<String, OwnTemplate>);

impl OwnTemplates {
    /// All templates, by id.
    pub fn all(&self) -> impl Iterator<Item = &OwnTemplate> {
        self.0.values()
    }

    /// The template with this id.
    pub fn get(&self, id: &str) -> Option<&OwnTemplate> {
        self.0.get(id)
    }

    /// Adds a template or replaces the one with its id.
    pub fn put(&mut self, template: OwnTemplate) {
        self.0.insert(template.id.clone(), template);
    }

    /// Applies a change and returns the template as it is afterwards, or was before its deletion. A version with the
    /// client token of an existing one is not added again.
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
        if let TemplateChange::Copy { template } = change {
            self.put((**template).clone());
            return Ok((**template).clone());
        }
        let template = self.0.get_mut(change.id()).ok_or(NoChange::NoTemplate)?;
        match change {
            TemplateChange::Create { .. } | TemplateChange::Copy { .. } => {}
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

/// What the user's launch template contributes to the nodes of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Id of the user's template.
    pub template: String,
    /// Number of its version.
    pub version: u64,
    /// Its instance type, if it has one.
    pub instance_type: Option<String>,
    /// Whether nodes launched with it join the cluster. With an image of the user's own that is up to its user data.
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
