//! The port for Auto Scaling groups as the API of that service knows them.
//!
//! What a managed node group needs of its own group is in [`node_groups`](super::node_groups). Times are wall time.

use std::future::Future;

use jiff::Timestamp;
use replank_core::sizes::Sizes;

use super::ReadError;

/// The Auto Scaling groups of the account.
pub trait AutoScaling: Send + Sync {
    /// All groups, by name.
    fn auto_scaling_groups(&self) -> impl Future<Output = Result<Vec<Group>, ReadError>> + Send;

    /// The activities of a group that are kept, newest first; none when there is no such group.
    fn activities(&self, group: &str) -> impl Future<Output = Result<Vec<Activity>, ReadError>> + Send;

    /// Carries out a call on a group. Nothing is changed when it is declined.
    fn call(&self, group: &str, call: &Call) -> impl Future<Output = Result<Done, Declined>> + Send;

    /// Creates a group that the user keeps.
    fn create_auto_scaling_group(&self, new: &NewGroup) -> impl Future<Output = Result<(), Declined>> + Send;
}

/// An Auto Scaling group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Name of the group.
    pub name: String,
    /// Id that the ARN of the group ends with.
    pub id: String,
    /// The cluster that its nodes join.
    pub cluster: String,
    /// The managed node group it belongs to; `None` for one that the user keeps.
    pub nodegroup: Option<String>,
    /// When it was created; `None` when it is older than the records.
    pub created_at: Option<Timestamp>,
    /// Zone names.
    pub zones: Vec<String>,
    /// Present minimum, desired and maximum number of instances.
    pub sizes: Sizes,
    /// What it launches.
    pub source: LaunchSource,
    /// Instance type of what it launches now.
    pub instance_type: String,
    /// Its instances, oldest first; terminated ones are none.
    pub instances: Vec<Instance>,
    /// Names of suspended processes, each with the time since when.
    pub suspended: Vec<(String, Timestamp)>,
    /// Its lifecycle hooks, by name.
    pub hooks: Vec<Hook>,
    /// Tags of the group; which of them instances get too is said in each.
    pub tags: Vec<Tag>,
    /// Whether scale-in leaves new instances alone.
    pub protects_new: bool,
    /// Whether it is being deleted.
    pub is_leaving: bool,
}

/// A launch template and the version of it that a group launches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchSource {
    /// Id of the template.
    pub template: String,
    /// A number, `$Latest` or `$Default`.
    pub version: String,
}

/// An instance as its group sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Id of the instance.
    pub id: String,
    /// Zone name.
    pub zone: String,
    /// What it runs on, such as `m5.large`.
    pub instance_type: String,
    /// Id of its image.
    pub image: String,
    /// Lifecycle state (Auto Scaling: `LifecycleState`).
    pub lifecycle: &'static str,
    /// Whether its health check has not failed.
    pub is_healthy: bool,
    /// Whether scale-in leaves it alone.
    pub is_protected: bool,
    /// Id of the launch template it was launched from.
    pub template: String,
    /// Number of the template version that it was launched from, from 1.
    pub version: u64,
}

/// A lifecycle hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Unique in its group.
    pub name: String,
    /// Whether instances wait while they are launched, or else while they are terminated.
    pub is_of_launch: bool,
    /// How long they wait for a heartbeat, in seconds.
    pub heartbeat_seconds: u32,
    /// How the action ends when nobody completes it.
    pub by_default: HookResult,
}

/// How a lifecycle action ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookResult {
    /// It goes on as if nobody had waited.
    Continue,
    /// An instance that is launched is terminated instead.
    Abandon,
}

/// A tag of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// Unique in its group, such as `k8s.io/cluster-autoscaler/enabled`.
    pub key: String,
    /// May be empty.
    pub value: String,
    /// Whether instances that are launched get it too (`PropagateAtLaunch`).
    pub propagates: bool,
}

/// A scaling activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Unique among the activities of all groups.
    pub id: String,
    /// Name of its group.
    pub group: String,
    /// What is done, such as `Launching a new EC2 instance: i-0123456789abcdef0`.
    pub description: String,
    /// What made it necessary, in sentences with times in wall time, as Auto Scaling writes them.
    pub cause: String,
    /// Zone that it is about.
    pub zone: String,
    /// When it began.
    pub started_at: Timestamp,
    /// `None` while it is under way.
    pub ended_at: Option<Timestamp>,
    /// `InProgress`, `Successful` or `Failed`.
    pub status: &'static str,
    /// Why it failed.
    pub message: Option<String>,
}

/// A call on a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `UpdateAutoScalingGroup`; `None` leaves a member as it is.
    Update {
        /// `MinSize`, `DesiredCapacity` and `MaxSize`.
        sizes: [Option<u32>; 3],
        /// What it launches.
        source: Option<LaunchSource>,
        /// `NewInstancesProtectedFromScaleIn`.
        protects_new: Option<bool>,
    },
    /// `SetDesiredCapacity`.
    SetDesired(u32),
    /// `TerminateInstanceInAutoScalingGroup`.
    Terminate {
        /// Ids of the instances.
        instances: Vec<String>,
        /// Whether the desired size is decremented with each.
        decrement: bool,
    },
    /// `SuspendProcesses` and `ResumeProcesses`; without names all that there are.
    Processes {
        /// Names of processes.
        names: Vec<String>,
        /// Whether they are suspended from now on.
        suspended: bool,
    },
    /// `SetInstanceProtection`.
    Protect {
        /// Ids of instances in service.
        instances: Vec<String>,
        /// Whether scale-in leaves them alone from now on.
        protected: bool,
    },
    /// `CreateOrUpdateTags` and `DeleteTags`.
    Tags {
        /// Tags to set.
        set: Vec<Tag>,
        /// Keys of tags to remove.
        remove: Vec<String>,
    },
    /// `LaunchInstances`.
    Launch {
        /// Zone name.
        zone: String,
        /// Number of instances to launch; the desired size grows by those that were.
        count: u32,
        /// Client token.
        token: String,
        /// Whether the group launches later what could not be launched now.
        retries: bool,
    },
    /// `PutLifecycleHook`.
    PutHook(Hook),
    /// `DeleteLifecycleHook`.
    DeleteHook(String),
    /// `CompleteLifecycleAction` and, without a result, `RecordLifecycleActionHeartbeat`.
    Hooked {
        /// Name of the hook.
        hook: String,
        /// Id of the instance.
        instance: String,
        /// How the action ends.
        result: Option<HookResult>,
    },
    /// `DeleteAutoScalingGroup`.
    Delete {
        /// Whether its instances are terminated.
        force: bool,
    },
}

/// What a call did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// The activities that it began, of terminations.
    pub activities: Vec<Activity>,
    /// Ids of the instances that it launched.
    pub launched: Vec<String>,
    /// Why it did not launch more: code and message.
    pub failure: Option<(&'static str, String)>,
}

/// A group that is to be created for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Name of the group.
    pub name: String,
    /// The cluster that its nodes join.
    pub cluster: String,
    /// Zone names.
    pub zones: Vec<String>,
    /// Minimum, desired and maximum size.
    pub sizes: [u32; 3],
    /// What it launches.
    pub source: LaunchSource,
    /// Tags that the group has from the start.
    pub tags: Vec<Tag>,
    /// Whether scale-in leaves new instances alone.
    pub protects_new: bool,
}

/// Why a call was declined, as the service says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// Error code, such as `ValidationError`.
    pub code: String,
    /// Sentence for people, as AWS words it.
    pub message: String,
}

impl Declined {
    /// An error of the caller.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}
