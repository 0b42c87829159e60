//! Finding a launch template and one of its versions.

use serde_json::{Value, json};
use thiserror::Error;

use crate::ports::launch_templates::{OwnTemplate, OwnVersion, TemplateVersion};
use crate::ports::{ReadError, UpdateTargets};
use crate::records::{Kind, Nodegroup, read};
use crate::refusal::{Refusal, RefusalKind};
use crate::service::Service;

/// How a request identifies a launch template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// By its id, such as `lt-0123456789abcdef0`.
    Id(&'a str),
    /// As it was given at its creation; unique in account and region (EC2).
    Name(&'a str),
}

/// Why a template or version was not found; the messages are those of EC2.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotFound {
    /// No template has that id.
    #[error("The specified launch template, with template ID {0}, does not exist.")]
    Id(String),
    /// No template has that name.
    #[error("The specified launch template, with template name {0}, does not exist.")]
    Name(String),
    /// The template has no such version.
    #[error("Could not find the specified version {version} for the launch template with ID {id}.")]
    Version {
        /// Id of the template.
        id: String,
        /// The version as the request has it.
        version: String,
    },
    /// The port could not be read.
    #[error(transparent)]
    Unread(#[from] ReadError),
}

impl From<NotFound> for Refusal {
    fn from(missing: NotFound) -> Self {
        let kind = match missing {
            NotFound::Unread(_) => RefusalKind::Server,
            NotFound::Id(_) | NotFound::Name(_) | NotFound::Version { .. } => RefusalKind::InvalidRequest,
        };
        Self::new(kind, missing.to_string())
    }
}

/// Every launch template: the user's own, and those made for node groups, which are named `eks-<uuid>` (EKS).
pub async fn all<A: UpdateTargets>(service: &Service<A>) -> Result<Vec<OwnTemplate>, NotFound> {
    let mut found = service.account.own_templates().await?;
    for (_, record) in service.records.all(Kind::NodeGroup) {
        let Ok(group) = read::<Nodegroup>(&record.document) else { continue };
        let scaling = service.account.scaling_group(&group.cluster_name, &group.nodegroup_name).await?;
        let Some(scaling) = scaling else { continue };
        let made = service.account.template_versions(&scaling.template).await?;
        let Some(latest) = made.keys().next_back().copied() else { continue };
        let uuid = group.nodegroup_arn.rsplit('/').next().unwrap_or_default();
        let version = |(number, made): (u64, TemplateVersion)| {
            let data = json!({ "imageId": made.image, "instanceType": made.instance_type }).to_string();
            (number, OwnVersion { description: None, created_at: String::new(), data, token: None })
        };
        let tags = [("eks:cluster-name", &group.cluster_name), ("eks:nodegroup-name", &group.nodegroup_name)];
        found.push(OwnTemplate {
            id: scaling.template,
            name: format!("eks-{uuid}"),
            created_at: stamp(group.created_at),
            default: 1,
            latest,
            versions: made.into_iter().map(version).collect(),
            tags: tags.map(|(key, value)| (key.to_owned(), value.clone())).into(),
        });
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(found)
}

/// A time as EC2 writes it; `seconds` is since the Unix epoch.
fn stamp(seconds: f64) -> String {
    let at = jiff::Timestamp::from_second(seconds as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_string()
}

/// The template that a request identifies.
pub async fn find<A: UpdateTargets>(service: &Service<A>, named: Named<'_>) -> Result<OwnTemplate, NotFound> {
    let mut all = all(service).await?.into_iter();
    match named {
        Named::Id(id) => all.find(|template| template.id == id).ok_or_else(|| NotFound::Id(id.to_owned())),
        Named::Name(name) => {
            all.find(|template| template.name == name).ok_or_else(|| NotFound::Name(name.to_owned()))
        }
    }
}

/// The number of a version that is given as a number, `$Latest` or `$Default` (EC2).
pub fn version(template: &OwnTemplate, named: &str) -> Result<u64, NotFound> {
    let number = match named {
        "$Latest" => Some(template.versions.keys().next_back().copied().unwrap_or(template.latest)),
        "$Default" => Some(template.default),
        number => number.parse().ok(),
    };
    let number = number.filter(|number| template.versions.contains_key(number));
    number.ok_or_else(|| NotFound::Version { id: template.id.clone(), version: named.to_owned() })
}

/// The content of a version as JSON with the names of EC2; an empty object when it cannot be read.
pub fn says(template: &OwnTemplate, version: u64) -> Value {
    let found = template.versions.get(&version);
    found.and_then(|found| serde_json::from_str(&found.data).ok()).unwrap_or_else(|| json!({}))
}
