//! What a person may bring about in a simulated world: how fast its time goes, and misfortune.
//!
//! A real world keeps its own time and takes no acts; it says so.

use std::future::Future;

use jiff::Timestamp;
use serde_json::Value;

use super::ActError;

/// Lets a person act on the world and on its time.
pub trait Simulation {
    /// What time it is there, and how fast it goes.
    fn time(&self) -> SimulationTime;

    /// Sets how its time goes; a real world refuses.
    fn set_speed(&self, change: SpeedChange) -> Result<(), ActError>;

    /// Does something to the world of a cluster, the first one's if none is named, as an act of a world file says it;
    /// answers in words what was done.
    fn act(
        &self,
        cluster: Option<&str>,
        act: &Value,
    ) -> impl Future<Output = Result<String, ActError>> + Send;
}

/// What time it is in a world, and how fast it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimulationTime {
    /// The time there.
    pub now: Timestamp,
    /// How many times as fast as the clock on the wall.
    pub times: f64,
    /// Whether it stands still.
    pub is_paused: bool,
}

/// A change of how time goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpeedChange {
    /// It stands still.
    Pause,
    /// It goes on.
    Resume,
    /// It goes so many times as fast as the clock on the wall.
    Times(f64),
    /// This much of it passes as fast as the machine can; then it goes on as before, or stands still as before.
    Advance(jiff::SignedDuration),
}
