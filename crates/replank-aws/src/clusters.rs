//! Clusters as EKS has them, for whoever takes one to another minor: what belongs to it, its control plane's updates, and
//! what EKS's insights say before.

use aws_sdk_eks::types::{
    Category, ErrorCode, InsightStatusValue, InsightsFilter, Update, UpdateParamType, UpdateType,
};
use jiff::Timestamp;

use crate::Aws;
use crate::failure::CallError;
use crate::group::activities::time;
use crate::managed::ManagedStatus;

/// What an update of EKS is of, beside its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateOf<'n> {
    /// The cluster itself.
    Cluster,
    /// The node group of this name.
    NodeGroup(&'n str),
    /// The add-on of this name.
    AddOn(&'n str),
}

/// An update as EKS tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EksUpdate {
    /// Id that EKS gave it.
    pub id: String,
    /// What it does, such as `VersionUpdate`.
    pub kind: String,
    /// What it leads to: Kubernetes minor, or version of an add-on; `None` when it is about something else.
    pub version: Option<String>,
    /// Time by EKS's clock.
    pub begun: Timestamp,
    /// How it stands.
    pub status: ManagedStatus,
    /// Errors: code and message.
    pub errors: Vec<String>,
}

/// What EKS found about a cluster before an upgrade (EKS: cluster insights, category `UPGRADE_READINESS`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insight {
    /// Title, such as `Deprecated APIs removed in Kubernetes v1.33`.
    pub name: String,
    /// Why it has its status.
    pub reason: String,
    /// Whether EKS refuses the version as long as it stands (`ERROR`).
    pub is_error: bool,
}

impl Aws {
    /// Asks EKS to move the control plane. The same token makes it the same request for EKS. `force` overrides its
    /// insights. The id of the update.
    pub async fn update_cluster(
        &self,
        cluster: &str,
        version: &str,
        token: &str,
        force: bool,
    ) -> Result<String, CallError> {
        let call = self.eks.update_cluster_version().name(cluster).version(version);
        let call = call.client_request_token(token).set_force(force.then_some(true));
        let answer = self.ask("UpdateClusterVersion", call.send()).await?;
        Ok(answer.update().and_then(|update| update.id()).unwrap_or_default().to_owned())
    }

    /// Ids of all updates, ended ones too, in the order of EKS, which promises none.
    pub async fn updates(&self, cluster: &str, of: UpdateOf<'_>) -> Result<Vec<String>, CallError> {
        let (mut ids, mut token) = (Vec::new(), None);
        loop {
            let call = self.eks.list_updates().name(cluster).set_next_token(token);
            let call = match of {
                UpdateOf::Cluster => call,
                UpdateOf::NodeGroup(name) => call.nodegroup_name(name),
                UpdateOf::AddOn(name) => call.addon_name(name),
            };
            let answer = self.ask("ListUpdates", call.send()).await?;
            ids.extend(answer.update_ids().iter().cloned());
            token = answer.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(ids);
            }
        }
    }

    /// How an update stands.
    pub async fn update(&self, cluster: &str, of: UpdateOf<'_>, id: &str) -> Result<EksUpdate, CallError> {
        let call = self.eks.describe_update().name(cluster).update_id(id);
        let call = match of {
            UpdateOf::Cluster => call,
            UpdateOf::NodeGroup(name) => call.nodegroup_name(name),
            UpdateOf::AddOn(name) => call.addon_name(name),
        };
        let answer = self.ask("DescribeUpdate", call.send()).await?;
        let found = answer.update();
        let params = found.map(Update::params).unwrap_or_default();
        let is_version =
            |kind: &UpdateParamType| matches!(kind, UpdateParamType::Version | UpdateParamType::AddonVersion);
        let version = params.iter().find(|param| param.r#type().is_some_and(is_version));
        let errors = found.map(Update::errors).unwrap_or_default().iter().map(|error| {
            let code = error.error_code().map_or("", ErrorCode::as_str);
            format!("{code}: {}", error.error_message().unwrap_or_default())
        });
        Ok(EksUpdate {
            id: id.to_owned(),
            kind: found.and_then(|update| update.r#type()).map_or("", UpdateType::as_str).to_owned(),
            version: version.and_then(|param| param.value()).map(str::to_owned),
            begun: found.and_then(|update| time(update.created_at()?)).unwrap_or(Timestamp::UNIX_EPOCH),
            status: ManagedStatus::of(found),
            errors: errors.collect(),
        })
    }

    /// Names of the add-ons that EKS manages in a cluster.
    pub async fn add_on_names(&self, cluster: &str) -> Result<Vec<String>, CallError> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let call = self.eks.list_addons().cluster_name(cluster).set_next_token(token);
            let answer = self.ask("ListAddons", call.send()).await?;
            names.extend(answer.addons().iter().cloned());
            token = answer.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    /// Names of a cluster's Fargate profiles.
    pub async fn fargate_profiles(&self, cluster: &str) -> Result<Vec<String>, CallError> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let call = self.eks.list_fargate_profiles().cluster_name(cluster).set_next_token(token);
            let answer = self.ask("ListFargateProfiles", call.send()).await?;
            names.extend(answer.fargate_profile_names().iter().cloned());
            token = answer.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(names);
            }
        }
    }

    /// Minors that EKS serves, in the order of EKS.
    pub async fn cluster_versions(&self) -> Result<Vec<String>, CallError> {
        let (mut versions, mut token) = (Vec::new(), None);
        loop {
            let call = self.eks.describe_cluster_versions().set_next_token(token);
            let answer = self.ask("DescribeClusterVersions", call.send()).await?;
            let told = answer.cluster_versions().iter().filter_map(|one| one.cluster_version());
            versions.extend(told.map(str::to_owned));
            token = answer.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(versions);
            }
        }
    }

    /// What EKS found that speaks against a minor: errors and warnings.
    pub async fn insights(&self, cluster: &str, minor: &str) -> Result<Vec<Insight>, CallError> {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let filter = InsightsFilter::builder()
                .categories(Category::UpgradeReadiness)
                .kubernetes_versions(minor)
                .statuses(InsightStatusValue::Error)
                .statuses(InsightStatusValue::Warning);
            let call = self.eks.list_insights().cluster_name(cluster).filter(filter.build());
            let answer = self.ask("ListInsights", call.set_next_token(token).send()).await?;
            found.extend(answer.insights().iter().map(|insight| {
                let status = insight.insight_status();
                Insight {
                    name: insight.name().unwrap_or_default().to_owned(),
                    reason: status.and_then(|status| status.reason()).unwrap_or_default().to_owned(),
                    is_error: status.and_then(|status| status.status()) == Some(&InsightStatusValue::Error),
                }
            }));
            token = answer.next_token().map(str::to_owned);
            if token.is_none() {
                return Ok(found);
            }
        }
    }
}
