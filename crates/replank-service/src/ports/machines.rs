//! The port for what EC2 tells: instances, images, instance types, and what a zone has left. Times are wall time.

use std::collections::BTreeMap;
use std::future::Future;

use jiff::Timestamp;

use super::ReadError;
use super::auto_scaling::Instance;

/// The machines of the account and what they are made of.
pub trait Machines: Send + Sync {
    /// All instances by launch, with those that ended within the last hour.
    fn machines(&self) -> impl Future<Output = Result<Vec<Machine>, ReadError>> + Send;

    /// The images that can be launched, by id.
    fn machine_images(&self) -> impl Future<Output = Result<Vec<MachineImage>, ReadError>> + Send;

    /// The instance types that there are, by name.
    fn machine_types(&self) -> impl Future<Output = Result<Vec<MachineType>, ReadError>> + Send;

    /// What is told of zones, by name; a zone without limits is none.
    fn zone_limits(&self) -> impl Future<Output = Result<BTreeMap<String, ZoneLimits>, ReadError>> + Send;
}

/// An instance of EC2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its instance as its group sees it; terminated ones too.
    pub instance: Instance,
    /// Name of its scaling group.
    pub group: String,
    /// The cluster that its node joins.
    pub cluster: String,
    /// Private DNS name, which is the name of its node.
    pub host: String,
    /// State of EC2.
    pub state: MachineState,
    /// Whether it is a Spot instance.
    pub is_spot: bool,
    /// When it was launched.
    pub launched_at: Timestamp,
    /// When it was terminated.
    pub ended_at: Option<Timestamp>,
    /// Tags of the instance by key.
    pub tags: BTreeMap<String, String>,
    /// Whether its node joins: what its console ends with.
    pub joins: bool,
}

/// State of an instance of EC2 that was never stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineState {
    /// Being launched.
    Pending,
    /// It runs.
    Running,
    /// Being terminated.
    ShuttingDown,
    /// Gone.
    Terminated,
}

impl MachineState {
    /// Code and name in the API.
    pub fn shown(self) -> (u32, &'static str) {
        match self {
            Self::Pending => (0, "pending"),
            Self::Running => (16, "running"),
            Self::ShuttingDown => (32, "shutting-down"),
            Self::Terminated => (48, "terminated"),
        }
    }
}

/// An image that instances can be launched from (EC2: AMI).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineImage {
    /// Such as `ami-0123456789abcdef0`.
    pub id: String,
    /// As its publisher named it, such as `amazon-eks-node-al2023-x86_64-standard-1.32-v20251101`.
    pub name: String,
    /// Day of its publication, such as `2025-11-01`; empty when that is not known.
    pub published: String,
    /// Architecture of its machines, as EC2 writes it: `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// Whether Windows runs on its machines; Linux does otherwise.
    pub is_windows: bool,
    /// Whose it is: one of AWS's own, or the account's.
    pub owner: ImageOwner,
    /// Name of the public parameter that leads to it.
    pub parameter: Option<String>,
}

/// Who published an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageOwner {
    /// One of AWS's own, or of a publisher that it lists.
    Amazon,
    /// The account's own.
    Account,
}

/// A kind of machine that instances are launched as (EC2: instance type).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineType {
    /// As EC2 writes it, such as `m5.large`.
    pub name: String,
    /// Number of vCPUs.
    pub vcpus: u32,
    /// Memory in MiB, as `DescribeInstanceTypes` tells it.
    pub memory_mib: u32,
    /// Architecture, as EC2 writes it.
    pub architecture: &'static str,
    /// Number of GPUs.
    pub gpus: u32,
}

/// What a zone has left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneLimits {
    /// Free addresses in the subnets of a zone; `None` for no limit.
    pub addresses: Option<u32>,
    /// Instance types that it does not offer.
    pub types_missing: Vec<String>,
}
