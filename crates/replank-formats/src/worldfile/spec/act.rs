//! The script of a world file (commands during an update) and the rules for failing calls.

#![expect(missing_docs, reason = "the table of fields says what each is")]

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Budget;
use crate::words::{Delay, Length, NotAccepted, When};

/// A scheduled command. Exactly one of `at` and `when` is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Act {
    pub at: Option<Length>,
    pub when: Option<When>,
    pub after: Length,
    #[serde(rename = "do")]
    pub deed: Deed,
}

/// A command in a script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Deed {
    Pause { group: Option<String>, uncordon: bool },
    Resume { group: Option<String> },
    Cancel { group: Option<String>, uncordon: bool, restore_target: bool, keep_new: bool },
    Force { group: Option<String> },
    DeleteNode { node: NodeChoice },
    TerminateInstance { node: NodeChoice, lower_desired: bool },
    NodeDies { node: NodeChoice },
    KubeletSilent { node: NodeChoice, r#for: Delay },
    Cordon { node: NodeChoice },
    Uncordon { node: NodeChoice },
    HoldNode { node: NodeChoice },
    ReleaseNode { node: NodeChoice },
    AnnotateNode { node: NodeChoice, key: String, value: Option<String> },
    SetSizes { group: Option<String>, min: Option<u32>, desired: Option<u32>, max: Option<u32> },
    AddBudget { object: String, selector: BTreeMap<String, String>, budget: Budget },
    DeleteBudget { object: String },
    Scale { object: String, kind: ScaledKind, replicas: u32 },
    DeletePod { pod: String },
    PodUnready { pod: String, r#for: Delay },
    BreakWorkload { object: String, how: Breakage },
    HealWorkload { object: String },
    ImageDisappears { group: Option<String> },
    ImageReturns { group: Option<String> },
    EditTemplate { group: Option<String>, instance_type: String },
    RevertTemplate { group: Option<String> },
    ZoneCapacity { zone: String, instances: Option<u32> },
    ZoneAddresses { zone: String, free: Option<u32> },
    Quota { instances: Option<u32> },
    AutoscalerOn {},
    AutoscalerOff {},
    AutoscalerStops {},
    AutoscalerStarts {},
}

/// Kinds that a script can scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScaledKind {
    Deployment,
    StatefulSet,
    ReplicaSet,
}

/// How new pods of a workload fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breakage {
    Image,
    Readiness,
    Crash,
}

/// The node that a command is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NodeChoice {
    /// The node of this name.
    Named(String),
    /// `old 1`: the first old node by name.
    Old(u32),
    /// `new 1`: the first new node by name.
    New(u32),
    /// `picked 1`: the first node that the update picked.
    Picked(u32),
    /// `of shop/cart-0`: the node that this pod runs on.
    Of(String),
}

impl FromStr for NodeChoice {
    type Err = NotAccepted;

    fn from_str(text: &str) -> Result<Self, NotAccepted> {
        let Some((word, rest)) = text.split_once(' ') else {
            let fits =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
            let named = !text.is_empty() && text.bytes().all(fits);
            return if named { Ok(Self::Named(text.to_owned())) } else { Err(NotAccepted) };
        };
        let count = || rest.parse().ok().filter(|count| *count > 0).ok_or(NotAccepted);
        match word {
            "old" => count().map(Self::Old),
            "new" => count().map(Self::New),
            "picked" => count().map(Self::Picked),
            "of" if rest.split('/').filter(|part| !part.is_empty()).count() == 2 => {
                Ok(Self::Of(rest.to_owned()))
            }
            _ => Err(NotAccepted),
        }
    }
}

impl fmt::Display for NodeChoice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => out.write_str(name),
            Self::Old(count) => write!(out, "old {count}"),
            Self::New(count) => write!(out, "new {count}"),
            Self::Picked(count) => write!(out, "picked {count}"),
            Self::Of(pod) => write!(out, "of {pod}"),
        }
    }
}

impl TryFrom<String> for NodeChoice {
    type Error = NotAccepted;

    fn try_from(text: String) -> Result<Self, NotAccepted> {
        text.parse()
    }
}

impl From<NodeChoice> for String {
    fn from(choice: NodeChoice) -> Self {
        choice.to_string()
    }
}

/// A rule for calls of the update that fail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    pub call: FaultCall,
    pub object: Option<String>,
    pub nth: Option<u64>,
    pub every: Option<u64>,
    pub chance: Option<f64>,
    pub from: Length,
    pub until: Option<Length>,
    pub times: Option<u64>,
    pub verdict: Verdict,
}

/// The calls that a rule applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultCall {
    Any,
    ObserveCluster,
    ObserveCloud,
    ListPods,
    Mark,
    Evict,
    Delete,
    CreateVersion,
    PointGroup,
    SetSizes,
    Terminate,
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Verdict {
    Fail { error: FaultError, message: Option<String> },
    Delay { by: Delay },
    LoseAnswer {},
    Stale { behind: Length },
    Throttle { retry_after: Length },
    Crash {},
}

/// The error that a call fails with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultError {
    ServerError,
    Unavailable,
    Conflict,
    Forbidden,
    NotFound,
    Webhook,
}
