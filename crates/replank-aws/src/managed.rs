//! EKS-managed node groups: EKS updates them, and they are begun and followed through its API.

use aws_sdk_eks::types::{
    AmiTypes, ErrorCode, LaunchTemplateSpecification, NodegroupHealth, NodegroupIssueCode, NodegroupStatus,
    Update, UpdateStatus, UpdateType,
};
use jiff::Timestamp;
use replank_service::records::UpdateConfigChange;

use crate::Aws;
use crate::failure::{CallError, if_there};
use crate::group::activities::time;

/// A managed node group, as far as an update of it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managed {
    /// Kubernetes minor; `None` for groups with an image of their own.
    pub version: Option<String>,
    /// Release of its image, or the image itself.
    pub release: String,
    /// Type of its image, such as `AL2023_x86_64_STANDARD` or `CUSTOM`.
    pub image_type: String,
    /// Its status, such as `ACTIVE`.
    pub status: String,
    /// Batch and strategy.
    pub config: UpdateConfigChange,
    /// Id of the user's own launch template that it was made with.
    pub template: Option<String>,
    /// Health issues: code and message.
    pub issues: Vec<String>,
}

/// What EKS is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagedUpdate {
    /// Kubernetes minor.
    pub version: Option<String>,
    /// Release of the image.
    pub release: Option<String>,
    /// Id of the user's own launch template, and the version of it.
    pub template: Option<(Option<String>, String)>,
    /// Whether pods that do not leave are deleted.
    pub force: bool,
    /// Makes the request the same when it is repeated.
    pub token: String,
}

/// How an update of EKS stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Id that EKS gave the update.
    pub update: String,
    /// Time by EKS's clock.
    pub begun: Timestamp,
    /// How it stands.
    pub status: ManagedStatus,
    /// Errors: code, message and what they name.
    pub errors: Vec<String>,
}

/// Status of an update (EKS: `UpdateStatus`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagedStatus {
    /// EKS is still at it.
    InProgress,
    /// EKS says that all nodes were replaced.
    Successful,
    /// It ended otherwise, in EKS's word.
    Ended(String),
}

impl ManagedStatus {
    /// How an update stands; one that EKS does not tell of goes on.
    pub(crate) fn of(found: Option<&Update>) -> Self {
        match found.and_then(|update| update.status()) {
            Some(UpdateStatus::InProgress) | None => Self::InProgress,
            Some(UpdateStatus::Successful) => Self::Successful,
            Some(other) => Self::Ended(other.as_str().to_owned()),
        }
    }
}

impl Aws {
    /// The managed node group; `None` when EKS knows none of that name.
    pub async fn managed(&self, cluster: &str, name: &str) -> Result<Option<Managed>, CallError> {
        let call = self.eks.describe_nodegroup().cluster_name(cluster).nodegroup_name(name);
        let answer = if_there("ResourceNotFoundException", self.ask("DescribeNodegroup", call.send()).await)?;
        let Some(group) = answer.as_ref().and_then(|answer| answer.nodegroup()) else { return Ok(None) };
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let count = |number: Option<i32>| number.and_then(|number| u64::try_from(number).ok());
        let config = group.update_config();
        let issues = group.health().map(NodegroupHealth::issues).unwrap_or_default();
        Ok(Some(Managed {
            version: group.version().map(str::to_owned),
            release: text(group.release_version()),
            image_type: text(group.ami_type().map(AmiTypes::as_str)),
            status: text(group.status().map(NodegroupStatus::as_str)),
            config: UpdateConfigChange {
                max_unavailable: config.and_then(|config| count(config.max_unavailable())),
                max_unavailable_percentage: config
                    .and_then(|config| count(config.max_unavailable_percentage())),
                update_strategy: config
                    .and_then(|config| Some(config.update_strategy()?.as_str().to_owned())),
            },
            template: group.launch_template().and_then(|own| own.id().map(str::to_owned)),
            issues: issues
                .iter()
                .map(|issue| {
                    let code = issue.code().map_or("", NodegroupIssueCode::as_str);
                    format!("{code}: {}", issue.message().unwrap_or_default())
                })
                .collect(),
        }))
    }

    /// Asks EKS to update the group. The id of its update.
    pub async fn update_managed(
        &self,
        cluster: &str,
        name: &str,
        asked: &ManagedUpdate,
    ) -> Result<String, CallError> {
        let mut call = self.eks.update_nodegroup_version().cluster_name(cluster).nodegroup_name(name);
        call = call.set_version(asked.version.clone()).set_release_version(asked.release.clone());
        call = call.force(asked.force).client_request_token(&asked.token);
        if let Some((id, version)) = &asked.template {
            let named = LaunchTemplateSpecification::builder().set_id(id.clone()).version(version);
            call = call.launch_template(named.build());
        }
        let answer = self.ask("UpdateNodegroupVersion", call.send()).await?;
        Ok(answer.update().and_then(|update| update.id()).unwrap_or_default().to_owned())
    }

    /// How an update of the group stands.
    pub async fn managed_progress(
        &self,
        cluster: &str,
        name: &str,
        update: &str,
    ) -> Result<Progress, CallError> {
        let call = self.eks.describe_update().name(cluster).nodegroup_name(name).update_id(update);
        let answer = self.ask("DescribeUpdate", call.send()).await?;
        let found = answer.update();
        let status = ManagedStatus::of(found);
        let errors = found.map(Update::errors).unwrap_or_default().iter().map(|error| {
            let code = error.error_code().map_or("", ErrorCode::as_str);
            let named = error.resource_ids().join(", ");
            format!("{code}: {} ({named})", error.error_message().unwrap_or_default())
        });
        Ok(Progress {
            update: update.to_owned(),
            begun: found.and_then(|update| time(update.created_at()?)).unwrap_or_else(Timestamp::now),
            status,
            errors: errors.collect(),
        })
    }

    /// The update of the group that runs, if one does.
    pub async fn managed_running(&self, cluster: &str, name: &str) -> Result<Option<String>, CallError> {
        let call = self.eks.list_updates().name(cluster).nodegroup_name(name);
        let answer = self.ask("ListUpdates", call.send()).await?;
        for update in answer.update_ids() {
            let call = self.eks.describe_update().name(cluster).nodegroup_name(name).update_id(update);
            let found = self.ask("DescribeUpdate", call.send()).await?;
            let found = found.update();
            let runs = found.and_then(|update| update.status()) == Some(&UpdateStatus::InProgress);
            let is_version = found.and_then(|update| update.r#type()) == Some(&UpdateType::VersionUpdate);
            if runs && is_version {
                return Ok(Some(update.clone()));
            }
        }
        Ok(None)
    }
}
