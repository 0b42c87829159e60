//! The processes of an Auto Scaling group that a user can suspend (EC2 Auto Scaling: `DescribeScalingProcessTypes`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::group::Group;
use crate::time::Time;

/// A process of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Process {
    /// Adds instances to a load balancer; there are none here.
    AddToLoadBalancer,
    /// Takes alarms of policies; there are none here.
    AlarmNotification,
    /// Balances the zones.
    AZRebalance,
    /// Looks for dead machines.
    HealthCheck,
    /// Replaces instances by an instance refresh; there is none here.
    InstanceRefresh,
    /// Adds instances.
    Launch,
    /// Replaces instances that a health check found dead.
    ReplaceUnhealthy,
    /// Carries out scheduled actions; there are none here.
    ScheduledActions,
    /// Removes instances.
    Terminate,
}

impl Process {
    /// All of them, by name.
    pub const ALL: [Self; 9] = [
        Self::AddToLoadBalancer,
        Self::AlarmNotification,
        Self::AZRebalance,
        Self::HealthCheck,
        Self::InstanceRefresh,
        Self::Launch,
        Self::ReplaceUnhealthy,
        Self::ScheduledActions,
        Self::Terminate,
    ];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::AddToLoadBalancer => "AddToLoadBalancer",
            Self::AlarmNotification => "AlarmNotification",
            Self::AZRebalance => "AZRebalance",
            Self::HealthCheck => "HealthCheck",
            Self::InstanceRefresh => "InstanceRefresh",
            Self::Launch => "Launch",
            Self::ReplaceUnhealthy => "ReplaceUnhealthy",
            Self::ScheduledActions => "ScheduledActions",
            Self::Terminate => "Terminate",
        }
    }

    /// The process of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|process| process.name() == name)
    }
}

impl Group {
    /// The suspended processes, each with the time since when.
    pub fn suspended(&self) -> &BTreeMap<Process, Time> {
        &self.suspended
    }

    /// Whether a process runs.
    pub(super) fn runs(&self, process: Process) -> bool {
        !self.suspended.contains_key(&process)
    }

    /// Whether instances that a health check finds dead are replaced.
    pub(super) fn replaces_dead(&self) -> bool {
        [Process::HealthCheck, Process::ReplaceUnhealthy, Process::Terminate]
            .into_iter()
            .all(|process| self.runs(process))
    }
}
