//! The update of a world file.

#![expect(missing_docs, reason = "the table of fields says what each is")]

use serde::{Deserialize, Serialize};

use super::Strategy;
use crate::words::Length;

/// Settings of an update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Update {
    pub cluster: Option<String>,
    pub groups: Option<Vec<String>>,
    pub after: Length,
    pub release: String,
    pub version: Option<String>,
    pub image: Option<String>,
    pub max_unavailable: Option<u32>,
    pub max_unavailable_percentage: Option<u32>,
    pub strategy: Option<Strategy>,
    pub guard: Guard,
    pub order: Order,
    pub increment: Increment,
    pub force: bool,
    pub pods: PodRules,
    pub limits: Limits,
}

/// How new pods are kept off old nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    Taint,
    Cordon,
}

/// The order in which old nodes are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    Random,
    ZoneByZone,
    Oldest,
    Emptiest,
}

/// How many extra nodes the scale-up requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Increment {
    Smallest,
    Ceiling,
}

/// How a drain treats pods that lose data or work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodRules {
    pub bare: LossRule,
    pub empty_dir: LossRule,
    pub jobs: JobRule,
    pub grace_cap: Option<Length>,
}

/// Whether such a pod is evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossRule {
    Evict,
    Refuse,
}

/// How a drain treats running pods of Jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobRule {
    Evict,
    Wait,
}

/// Deadlines and delays of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    pub join: Length,
    pub drain: Length,
    pub deregistration_delay: Length,
    pub evict_again: Length,
    pub act_again: Length,
    pub terminate: Length,
    pub launch_attempts: u32,
}
