//! The port for what a person may do to a simulated world: control its time, and inject failures.
//!
//! A real world keeps its own time and refuses both.

use std::future::Future;

use jiff::Timestamp;
use serde_json::Value;

use super::ActError;

/// Control of a simulated world.
pub trait Simulation {
    /// The time there and its speed.
    fn time(&self) -> SimulationTime;

    /// The only acts that [`Self::act`] carries out; `None` means every one, and that the pace can be changed too.
    fn only_acts(&self) -> Option<&'static [&'static str]> {
        None
    }

    /// Changes how its time passes; a real world refuses.
    fn set_speed(&self, change: SpeedChange) -> Result<(), ActError>;

    /// Carries out a command, in the form of a world file, on the world of a cluster (`None`: the first one). Returns
    /// what was done, in words.
    fn act(
        &self,
        cluster: Option<&str>,
        act: &Value,
    ) -> impl Future<Output = Result<String, ActError>> + Send;
}

/// The time of a world and its speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimulationTime {
    /// The present time there.
    pub now: Timestamp,
    /// Its speed as a multiple of wall time.
    pub times: f64,
    /// Whether time stands still there; [`times`](Self::times) is kept for when it goes on.
    pub is_paused: bool,
}

/// A change of how time passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpeedChange {
    /// Stop time.
    Pause,
    /// Let time go on.
    Resume,
    /// Set the speed as a multiple of wall time.
    Times(f64),
    /// Let this much time pass as fast as the machine can, then go on as before.
    Advance(jiff::SignedDuration),
}
