//! Client request tokens of EKS requests.

use replank_service::ports::Account;
use replank_service::records::Change;
use replank_service::tokens::Tokened;
use serde_json::{Value, json};

use super::{EksError, Input};
use crate::app::App;

/// A request with its client token.
pub(super) fn of(input: &Input) -> Tokened {
    Tokened {
        operation: input.operation.clone(),
        token: input.given("clientRequestToken").map(str::to_owned),
        asked: json!(input.without_token()),
    }
}

/// Runs `act` and keeps its answer; a repetition with the same token gets the first answer.
pub(super) fn once<A: Account>(
    app: &App<A>,
    input: &Input,
    act: impl FnOnce(&mut Change<'_>) -> Result<Value, EksError>,
) -> Result<Value, EksError> {
    of(input).once(&app.service.records, act)
}

/// The answer that was given to this token before, if any.
pub(super) fn replayed<A: Account>(app: &App<A>, input: &Input) -> Result<Option<Value>, EksError> {
    Ok(of(input).replayed(&app.service.records)?)
}
