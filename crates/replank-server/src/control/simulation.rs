//! Simulation controls: the time of a simulated world, its speed, and commands to it.

use jiff::SignedDuration;
use replank_service::ports::Account;
use replank_service::ports::simulation::{Simulation, SpeedChange};
use serde_json::Value;

use super::api::{ActAnswer, TimeAnswer, TimeRequest};
use super::{Query, Refusal};
use crate::app::App;
use replank_service::records;

/// The present time of the world and its speed.
pub(crate) fn show<A: Account + Simulation>(app: &App<A>) -> TimeAnswer {
    let time = app.service.account.time();
    TimeAnswer {
        now: time.now.to_string(),
        wall: replank_service::now().to_string(),
        speed: time.times,
        paused: time.is_paused,
    }
}

/// Changes the time or its speed.
pub(crate) fn set_speed<A: Account + Simulation>(
    app: &App<A>,
    change: &TimeRequest,
) -> Result<TimeAnswer, Refusal> {
    let paused = change.paused.map(|paused| if paused { SpeedChange::Pause } else { SpeedChange::Resume });
    let advance =
        change.advance_seconds.map(|seconds| SpeedChange::Advance(SignedDuration::from_secs(seconds)));
    for change in [paused, change.speed.map(SpeedChange::Times), advance].into_iter().flatten() {
        app.service.account.set_speed(change).map_err(|refused| Refusal::bad(refused.to_string()))?;
    }
    app.service.wake();
    Ok(show(app))
}

/// Carries out a command on the world of a cluster.
pub(crate) async fn act<A: Account + Simulation>(
    app: &App<A>,
    query: &Query,
    act: &Value,
) -> Result<ActAnswer, Refusal> {
    let cluster =
        query.text("cluster").map(|name| records::cluster(&app.service.records, name)).transpose()?;
    let cluster = cluster.map(|cluster| cluster.name);
    let done = app
        .service
        .account
        .act(cluster.as_deref(), act)
        .await
        .map_err(|refused| Refusal::new(409, "Conflict", refused.to_string()))?;
    app.service.wake();
    Ok(ActAnswer { done })
}
