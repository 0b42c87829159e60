//! The port for pods on Fargate: which pods run there, which of them are there, and ending one that is to be made again.
//!
//! A pod on Fargate has a node of its own, which lives as long as it does; so its kubelet's version is that of the control
//! plane at the time it was launched.

use std::collections::BTreeMap;
use std::future::Future;

use replank_core::cluster_upgrade::observed::FargatePod;
use replank_core::names::ObjectName;
use replank_core::observed::Answer;
use serde::{Deserialize, Serialize};

use super::{ActError, ReadError};

/// A profile, as far as it decides which pods run on Fargate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FargateProfile {
    /// Name of the profile.
    pub name: String,
    /// A pod that one of these selects runs on Fargate.
    pub selectors: Vec<FargateSelector>,
}

/// What a profile selects pods by. In namespace and label values `*` stands for any text and `?` for any character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FargateSelector {
    /// Namespace of the pods.
    pub namespace: String,
    /// Labels that the pods have, all of them.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// Pods on Fargate. A world without Fargate has none.
pub trait Fargate: Send + Sync {
    /// Lets these profiles decide from now on. Pods of a profile that is gone are deleted (EKS: `DeleteFargateProfile`).
    /// Does nothing where they decide already.
    fn set_fargate_profiles(
        &self,
        _cluster: &str,
        _profiles: &[FargateProfile],
    ) -> impl Future<Output = Result<(), ActError>> + Send {
        async { Ok(()) }
    }

    /// All pods that run on Fargate or are to, by namespace and name.
    fn fargate_pods(
        &self,
        _cluster: &str,
    ) -> impl Future<Output = Result<Vec<FargatePod>, ReadError>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Evicts a pod. `Answer::Done` for one that is gone.
    fn evict_fargate_pod(&self, _cluster: &str, pod: &ObjectName) -> impl Future<Output = Answer> + Send {
        let said = format!("pod {pod} is not on Fargate");
        async { Answer::Impossible(said) }
    }
}
