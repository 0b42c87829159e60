//! An EC2 instance: its lifecycle state and what it was launched from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::activity::ActivityNo;
use super::group::GroupNo;
use super::hook::Held;
use super::settings::Settings;
use crate::time::Time;
use crate::vocab::labels::Map;

/// The number of an instance in its cloud; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceNo(pub u32);

/// An instance of a group, from its launch on; it stays known after its end.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Instance id, such as `i-0123456789abcdef0`.
    pub id: Arc<str>,
    /// Private DNS name, which is also the name of its node.
    pub host: Arc<str>,
    /// The group it belongs to.
    pub group: GroupNo,
    /// Zone name.
    pub zone: Arc<str>,
    /// Id of the launch template it was launched from.
    pub template: Arc<str>,
    /// Number of the template version that it was launched from, from 1.
    pub version: u64,
    /// AMI id.
    pub image: Arc<str>,
    /// The other settings of that version.
    pub settings: Arc<Settings>,
    /// Lifecycle state.
    pub state: State,
    /// Launch time.
    pub launched_at: Time,
    /// When it was terminated.
    pub ended_at: Option<Time>,
    /// Whether and how its machine died without its group's doing, noticed or not.
    pub dead: Option<Death>,
    /// Whether a health check found it dead.
    pub is_unhealthy: bool,
    /// Whether scale-in leaves it alone.
    pub is_protected: bool,
    /// Lifecycle actions that it waits for, by the name of their hooks.
    pub held: BTreeMap<Arc<str>, Held>,
    /// Tags that it got at its launch, of its group and of the template.
    pub tags: Arc<Map>,
    /// The activity of its launch or termination.
    pub activity: ActivityNo,
}

/// Lifecycle state (Auto Scaling: `LifecycleState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Launched and not in service yet.
    Pending,
    /// Launched and counted by its group, whether or not its node is Ready.
    InService,
    /// Being terminated.
    Terminating,
    /// Gone; only its record is left.
    Terminated,
}

/// How a machine died without its group's doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Death {
    /// It was terminated through EC2.
    Terminated,
    /// Its hardware failed.
    Impaired,
}

impl Instance {
    /// Whether it counts towards the size of its group.
    pub fn stands(&self) -> bool {
        matches!(self.state, State::Pending | State::InService)
    }
}
