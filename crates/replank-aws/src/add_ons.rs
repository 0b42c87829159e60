//! Clusters and their add-ons as EKS has them: for who updates an add-on, and to which version.

use aws_sdk_eks::types::{
    AddonInfo, AddonStatus, ClusterStatus, Compatibility, ErrorCode, ResolveConflicts, Update,
};

use crate::Aws;
use crate::failure::{CallError, if_there};
use crate::managed::ManagedStatus;

/// A cluster, as far as an update of an add-on needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EksCluster {
    /// Its status, such as `ACTIVE`.
    pub status: String,
    /// Kubernetes minor, such as `1.33`.
    pub version: String,
    /// URL of its Kubernetes API; `None` while it has none.
    pub endpoint: Option<String>,
}

/// An add-on that EKS manages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EksAddOn {
    /// Version that is installed, such as `v1.33.0-eksbuild.2`.
    pub version: String,
    /// Its status, such as `ACTIVE`.
    pub status: String,
}

impl Aws {
    /// The cluster; `None` when EKS knows none of that name.
    pub async fn cluster(&self, name: &str) -> Result<Option<EksCluster>, CallError> {
        let call = self.eks.describe_cluster().name(name);
        let answer = if_there("ResourceNotFoundException", self.ask("DescribeCluster", call.send()).await)?;
        let found = answer.as_ref().and_then(|answer| answer.cluster());
        Ok(found.map(|cluster| EksCluster {
            status: cluster.status().map_or("", ClusterStatus::as_str).to_owned(),
            version: cluster.version().unwrap_or_default().to_owned(),
            endpoint: cluster.endpoint().map(str::to_owned),
        }))
    }

    /// The add-on of a cluster; `None` when EKS does not manage it.
    pub async fn add_on(&self, cluster: &str, name: &str) -> Result<Option<EksAddOn>, CallError> {
        let call = self.eks.describe_addon().cluster_name(cluster).addon_name(name);
        let answer = if_there("ResourceNotFoundException", self.ask("DescribeAddon", call.send()).await)?;
        let found = answer.as_ref().and_then(|answer| answer.addon());
        Ok(found.map(|add_on| EksAddOn {
            version: add_on.addon_version().unwrap_or_default().to_owned(),
            status: add_on.status().map_or("", AddonStatus::as_str).to_owned(),
        }))
    }

    /// Versions of an add-on that EKS offers for a minor, with whether one is the default.
    pub async fn add_on_versions(&self, name: &str, minor: &str) -> Result<Vec<(String, bool)>, CallError> {
        let call = self.eks.describe_addon_versions().addon_name(name).kubernetes_version(minor);
        let answer = self.ask("DescribeAddonVersions", call.send()).await?;
        let versions = answer.addons().iter().flat_map(AddonInfo::addon_versions);
        let one = versions.filter_map(|one| {
            let fits = one.compatibilities().iter().find(|fits| fits.cluster_version() == Some(minor));
            Some((one.addon_version()?.to_owned(), fits.is_some_and(Compatibility::default_version)))
        });
        Ok(one.collect())
    }

    /// Asks EKS to update an add-on and to keep what somebody changed on it. The id of the update.
    pub async fn update_add_on(
        &self,
        cluster: &str,
        name: &str,
        version: &str,
        token: &str,
    ) -> Result<String, CallError> {
        let call = self.eks.update_addon().cluster_name(cluster).addon_name(name).addon_version(version);
        let call = call.resolve_conflicts(ResolveConflicts::Preserve).client_request_token(token);
        let answer = self.ask("UpdateAddon", call.send()).await?;
        Ok(answer.update().and_then(|update| update.id()).unwrap_or_default().to_owned())
    }

    /// How an update of an add-on stands, and its errors.
    pub async fn add_on_progress(
        &self,
        cluster: &str,
        name: &str,
        update: &str,
    ) -> Result<(ManagedStatus, Vec<String>), CallError> {
        let call = self.eks.describe_update().name(cluster).addon_name(name).update_id(update);
        let answer = self.ask("DescribeUpdate", call.send()).await?;
        let found = answer.update();
        let errors = found.map(Update::errors).unwrap_or_default().iter().map(|error| {
            let code = error.error_code().map_or("", ErrorCode::as_str);
            format!("{code}: {}", error.error_message().unwrap_or_default())
        });
        Ok((ManagedStatus::of(found), errors.collect()))
    }
}
