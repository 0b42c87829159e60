//! The world as a stage: its time and pace, and acts on it.

use jiff::SignedDuration;
use replank_engine::ports::account::Account;
use replank_engine::ports::stage::{PaceChange, Stage};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Query, Refusal};
use crate::app::{self, App};
use crate::eks::record;

/// How the world's time is to go; what is not given stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Pace {
    paused: Option<bool>,
    speed: Option<f64>,
    advance_seconds: Option<i64>,
}

/// What time it is in the world, and how fast it goes.
pub(super) fn show<A: Account + Stage>(app: &App<A>) -> Value {
    let time = app.account.time();
    json!({
        "now": time.now.to_string(),
        "wall": app::now().to_string(),
        "speed": time.times,
        "paused": time.is_paused,
    })
}

/// Sets how time goes in the world.
pub(super) fn set_pace<A: Account + Stage>(app: &App<A>, pace: &Pace) -> Answer {
    let paused = pace.paused.map(|paused| if paused { PaceChange::Pause } else { PaceChange::Resume });
    let advance = pace.advance_seconds.map(|seconds| PaceChange::Advance(SignedDuration::from_secs(seconds)));
    for change in [paused, pace.speed.map(PaceChange::Times), advance].into_iter().flatten() {
        app.account.set_pace(change).map_err(|refused| Refusal::bad(refused.to_string()))?;
    }
    (app.wake)();
    Ok(show(app))
}

/// Does something to the world.
pub(super) async fn act<A: Account + Stage>(app: &App<A>, query: &Query, act: &Value) -> Answer {
    let cluster = query.text("cluster").map(|name| record::cluster(&app.estate, name)).transpose()?;
    let cluster = cluster.map(|cluster| cluster.name);
    let done = app
        .account
        .act(cluster.as_deref(), act)
        .await
        .map_err(|refused| Refusal::new(409, "Conflict", refused.to_string()))?;
    (app.wake)();
    Ok(json!({ "done": done }))
}
