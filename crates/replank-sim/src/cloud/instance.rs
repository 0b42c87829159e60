//! An instance: where it stands in its life, and what it was made from.

use std::sync::Arc;

use super::activity::ActivityNo;
use super::group::GroupNo;
use super::settings::Settings;
use crate::time::Time;

/// The number of an instance in its cloud; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceNo(pub u32);

/// An instance.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its id, such as `i-0123456789abcdef0`.
    pub id: Arc<str>,
    /// Its private DNS name, which its node takes.
    pub host: Arc<str>,
    /// The group it belongs to.
    pub group: GroupNo,
    /// Its zone.
    pub zone: Arc<str>,
    /// The template version it was launched from.
    pub version: u64,
    /// Its image.
    pub image: Arc<str>,
    /// The settings of that version.
    pub settings: Arc<Settings>,
    /// Where it stands.
    pub state: State,
    /// When it was launched.
    pub launched_at: Time,
    /// When it was gone.
    pub ended_at: Option<Time>,
    /// Whether the machine under it is dead, whatever the group knows.
    pub dead: Option<Death>,
    /// The launch or termination under way.
    pub(super) activity: ActivityNo,
}

/// Where an instance stands (Auto Scaling: `LifecycleState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Launched, not in service yet.
    Pending,
    /// In service.
    InService,
    /// On its way out.
    Terminating,
    /// Gone.
    Terminated,
}

/// How a machine died by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Death {
    /// Somebody terminated it past its group.
    Terminated,
    /// The hardware failed.
    Impaired,
}

impl Instance {
    /// Whether the group counts it.
    pub fn stands(&self) -> bool {
        matches!(self.state, State::Pending | State::InService)
    }
}
