//! What a person may look at and bring about in the world beside any update: a preview of one, its nodes and images,
//! the pace of its time, misfortune.
//!
//! A real world keeps its own time and takes no acts; it says so.

use std::future::Future;

use jiff::Timestamp;
use replank_core::node_group::preview::Preview;
use replank_core::node_group::spec::Spec;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ReadError;
use super::account::Refused;

/// Says what an update would do, before it does it.
pub trait Foresight {
    /// What the update would do, begun now; nothing changes by it. It may take seconds of computing, so it is no
    /// call to make on a thread that serves others.
    fn foresee(&self, spec: &Spec) -> Result<Foreseen, Refused>;
}

/// What an update would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreseen {
    /// What it would do.
    pub preview: Preview,
    /// Why it was projected from what was seen and not rehearsed, if so: then nothing is known of where pods would go.
    pub projected: Option<String>,
}

/// Lists what is there.
pub trait Census {
    /// The nodes of a cluster, or of one of its node groups, by name; instances that never joined come last.
    fn nodes(
        &self,
        cluster: &str,
        group: Option<&str>,
    ) -> impl Future<Output = Result<Vec<NodeRow>, ReadError>> + Send;

    /// The images of a type for a Kubernetes minor, oldest first; `None` is any.
    fn images(
        &self,
        kind: Option<&str>,
        minor: Option<&str>,
    ) -> impl Future<Output = Result<Vec<ImageRow>, Refused>> + Send;
}

/// A node in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeRow {
    /// Its name; `None` before it joined.
    pub name: Option<String>,
    /// Its instance.
    pub instance: String,
    /// Its node group.
    pub nodegroup: String,
    /// Its zone.
    pub zone: String,
    /// Words as `kubectl get nodes` has them: `Ready`, `NotReady`, `SchedulingDisabled`; or where the instance stands.
    pub status: String,
    /// The release of its image, or the image's id.
    pub release: String,
    /// The version its kubelet reports.
    pub kubelet: String,
    /// Pods on it.
    pub pods: u32,
}

/// An image in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageRow {
    /// Its id.
    pub id: String,
    /// Its type (EKS: `AMITypes`).
    pub kind: String,
    /// The Kubernetes minor it is for.
    pub minor: String,
    /// Its release.
    pub release: String,
    /// The day it was published.
    pub published: String,
}

/// Lets a person act on the world and on its time.
pub trait Stage {
    /// What time it is there, and how fast it goes.
    fn time(&self) -> StageTime;

    /// Sets how its time goes; a real world refuses.
    fn set_pace(&self, change: PaceChange) -> Result<(), Refused>;

    /// Does something to the world of a cluster, the first one's if none is named, as an act of a world file says it;
    /// answers in words what was done.
    fn act(&self, cluster: Option<&str>, act: &Value)
    -> impl Future<Output = Result<String, Refused>> + Send;
}

/// What time it is in a world, and how fast it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StageTime {
    /// The time there.
    pub now: Timestamp,
    /// How many times as fast as the clock on the wall.
    pub times: f64,
    /// Whether it stands still.
    pub is_paused: bool,
}

/// A change of how time goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PaceChange {
    /// It stands still.
    Pause,
    /// It goes on.
    Resume,
    /// It goes so many times as fast as the clock on the wall.
    Times(f64),
    /// This much of it passes as fast as the machine can; then it goes on as before, or stands still as before.
    Advance(jiff::SignedDuration),
}
