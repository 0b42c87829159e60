//! `UpdateClusterVersion`: checked by the rules of the service and begun; the control plane takes its time.

use replank_service::cluster_version;
use replank_service::ports::Account;
use serde_json::{Value, json};

use super::clusters::may_change;
use super::{EksError, Exception, Input, token};
use crate::app::App;

/// Begins the update.
pub(super) async fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    if let Some(answer) = token::replayed(app, input)? {
        return Ok(answer);
    }
    let (name, version) = (input.text("name"), input.text("version"));
    may_change(app, name)?;
    let pods = app.service.account.fargate_pods(name).await;
    let pods = pods.map_err(|error| EksError::new(Exception::Server, error.to_string()))?;
    let answer = token::once(app, input, |change| {
        let begun = cluster_version::begin(change, name, version, &replank_service::uuid(), &pods)?;
        Ok(json!({ "update": begun }))
    })?;
    app.service.wake();
    Ok(answer)
}
