//! Commands: every change that comes from outside a world, by the engine's ports, by users or as an injected
//! failure.
//!
//! A world is determined by its definition and its commands with their times, so they are logged and can be
//! replayed.

use std::sync::Arc;

use replank_service::ports::fargate::FargateProfile;
use replank_service::ports::launch_templates::TemplateChange;
use serde::{Deserialize, Serialize};

use crate::api;
use crate::cloud::{Call, OwnGroup};
use crate::fault::Counts;
use crate::object::Uid;
use crate::refusal::Refusal;
use crate::time::Time;
use crate::vocab::labels::Map;
use crate::world::World;

/// A command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// A request to the API server.
    Cluster(api::Act),
    /// A workload breaks or recovers.
    Breakage {
        /// Namespace of the workload.
        namespace: Arc<str>,
        /// Name of the workload.
        name: Arc<str>,
        /// How its pods fail from now on; `None` lets them recover.
        how: Option<Breakage>,
    },
    /// A pod is not Ready for a while.
    Unready {
        /// Namespace of the workload.
        namespace: Arc<str>,
        /// Name of the workload.
        name: Arc<str>,
        /// Duration in microseconds.
        for_micros: i64,
    },
    /// The end of [`Self::Unready`], scheduled by it.
    ReadyAgain {
        /// Namespace of the pod.
        namespace: Arc<str>,
        /// Name of the workload.
        name: Arc<str>,
        /// Its uid: a later pod of the same name is left alone.
        uid: Uid,
    },
    /// The kubelet of a node stops for a while.
    Silent {
        /// Node name.
        node: Arc<str>,
        /// Duration in microseconds.
        for_micros: i64,
    },
    /// The end of [`Self::Silent`], scheduled by it.
    SpeaksAgain {
        /// Node name.
        node: Arc<str>,
    },
    /// Creates a launch template version.
    CreateVersion {
        /// Template id.
        template: Arc<str>,
        /// AMI id.
        image: Arc<str>,
        /// The other settings in their canonical text form.
        settings: Arc<str>,
        /// Client token for idempotency.
        token: Arc<str>,
    },
    /// Changes a launch template that a user created.
    OwnTemplate {
        /// What is created, changed or removed.
        change: Box<TemplateChange>,
    },
    /// Sets the template version that the group of a node group launches.
    PointGroup {
        /// Name of the node group.
        group: Arc<str>,
        /// The present version, as a precondition; 409 when it differs.
        from: Option<u64>,
        /// The new version.
        to: u64,
    },
    /// Creates a template version behind EKS and lets the group launch it.
    EditTemplate {
        /// Name of the node group.
        group: Arc<str>,
        /// The new instance type.
        instance_type: Arc<str>,
    },
    /// Lets the group launch the last version that EKS made.
    RevertTemplate {
        /// Name of the node group.
        group: Arc<str>,
    },
    /// Changes the sizes of the group of a node group.
    SetSizes {
        /// Name of the node group.
        group: Arc<str>,
        /// The present minimum, desired and maximum, as a precondition; 409 when they differ.
        from: Option<[u32; 3]>,
        /// New minimum, desired and maximum; `None` leaves one as it is.
        to: [Option<u32>; 3],
    },
    /// Creates an Auto Scaling group with a launch template.
    CreateGroup {
        /// Names, sizes, zones and what it launches.
        group: Box<NewGroup>,
    },
    /// Creates an Auto Scaling group on a launch template of the user's own.
    CreateOwnGroup {
        /// Name, sizes, zones and the launch template.
        group: Box<OwnGroup>,
    },
    /// A call of the Auto Scaling API on a group.
    AutoScaling {
        /// Name of the node group, or key of a group without one.
        group: Arc<str>,
        /// One operation of the API, with its members.
        call: Box<Call>,
    },
    /// Removes the empty group of a node group.
    DeleteGroup {
        /// Name of the node group.
        group: Arc<str>,
    },
    /// Terminates an instance through its group.
    Terminate {
        /// Instance id.
        instance: Arc<str>,
        /// Whether the desired size is decremented.
        shrink: bool,
    },
    /// The machine of a node fails.
    NodeDies {
        /// Node name.
        node: Arc<str>,
    },
    /// An image is deregistered or available again.
    Image {
        /// AMI id.
        image: Arc<str>,
        /// Whether it is available.
        there: bool,
    },
    /// Lets Fargate profiles decide which new pods run there; pods of one that is gone are deleted.
    FargateProfiles {
        /// All of the cluster.
        profiles: Vec<FargateProfile>,
    },
    /// The API server is replaced by one of another minor.
    ControlPlane {
        /// Minor of the Kubernetes version, such as 34.
        minor: u32,
    },
    /// Limits how many more instances a zone has capacity for.
    ZoneCapacity {
        /// Zone name.
        zone: Arc<str>,
        /// The number; `None` for no limit.
        instances: Option<u32>,
    },
    /// Limits the free addresses in the subnet of a zone.
    ZoneAddresses {
        /// Zone name.
        zone: Arc<str>,
        /// The number; `None` for no limit.
        free: Option<u32>,
    },
    /// Limits how many instances the account may run.
    Quota {
        /// The number; `None` for no limit.
        instances: Option<u32>,
    },
    /// A command that takes effect later, as a delayed call does.
    Later {
        /// Delay in microseconds.
        by_micros: i64,
        /// What is done then.
        act: Box<Act>,
    },
    /// Switches the Cluster Autoscaler on or off.
    Autoscaler {
        /// Whether it acts from now on; taints and cordons that it set stay.
        on: bool,
    },
    /// Kills the process of the Cluster Autoscaler, or lets it start again.
    AutoscalerProcess {
        /// Whether it may run.
        lives: bool,
    },
}

/// An Auto Scaling group to create, with a launch template of one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewGroup {
    /// Name of the Auto Scaling group.
    pub name: Arc<str>,
    /// The node group it belongs to.
    pub nodegroup: Arc<str>,
    /// Zone names.
    pub zones: Vec<Arc<str>>,
    /// Minimum, desired and maximum size.
    pub sizes: [u32; 3],
    /// Id of the launch template.
    pub template: Arc<str>,
    /// AMI id.
    pub image: Arc<str>,
    /// The other settings in their canonical text form.
    pub settings: Arc<str>,
    /// Tags of the group.
    pub tags: Map,
}

/// How the pods of a workload fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breakage {
    /// The image cannot be pulled.
    Image,
    /// The pods never become ready.
    Readiness,
    /// The containers crash after each start.
    Crash,
}

/// Receives commands before they are carried out, to write them down.
pub trait ActLog: std::fmt::Debug + Send + Sync {
    /// A command from outside is about to be carried out in this world. An error keeps it from being carried out.
    ///
    /// Where others act in the same world, theirs come first: they are [taken in](World::take_in) before this one, and the
    /// world is then at the time at which this one is written down.
    fn note(&self, world: &mut World, act: &Act) -> Result<(), Refusal>;

    /// Time goes on to `until`, as far as those who act in the same world have agreed on that.
    fn pass(&self, world: &mut World, until: Time) {
        world.advance_to(until);
    }

    /// The counters of the fault rules advanced: a process that is restarted from the log must not count those
    /// calls again.
    fn note_faults(&self, counts: &Counts);
}
