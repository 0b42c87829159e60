//! Client request tokens, as requests carry them.

use replank_service::ports::Account;
use replank_service::records::Change;
use replank_service::tokens::Tokened;
use serde_json::{Value, json};

use super::{Failure, Input};
use crate::app::App;

/// What a request asks for, with its token.
pub(super) fn of(input: &Input) -> Tokened {
    Tokened {
        operation: input.operation.clone(),
        token: input.given("clientRequestToken").map(str::to_owned),
        asked: json!(input.without_token()),
    }
}

/// Does what `act` does, unless the same client asked for the same before: then it gets the first answer.
pub(super) fn once<A: Account>(
    app: &App<A>,
    input: &Input,
    act: impl FnOnce(&mut Change<'_>) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    of(input).once(&app.service.records, act)
}

/// What was answered before to this token, if anything.
pub(super) fn replayed<A: Account>(app: &App<A>, input: &Input) -> Result<Option<Value>, Failure> {
    Ok(of(input).replayed(&app.service.records)?)
}
