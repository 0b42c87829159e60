//! Client request tokens: what was asked for once is done once, and answered as it was the first time.

use jiff::{SignedDuration, Timestamp};
use replank_engine::estate::{Change, Estate, Key, Kind};
use replank_engine::ports::account::Account;
use serde_json::{Value, json};

use super::{Failure, Input};
use crate::app::{self, App};

/// How long a token is remembered. AWS does not publish it; its clients repeat within minutes.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Does what `act` does, unless the same client asked for the same before: then it gets the first answer.
pub(super) fn once<A: Account>(
    app: &App<A>,
    input: &Input,
    act: impl FnOnce(&mut Change<'_>) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    let token = input.given("clientRequestToken").filter(|token| !token.is_empty());
    let key = token.map(|token| Key::new(Kind::Token, &input.operation, token));
    let asked = Value::Object(input.without_token());
    let outcome = app.estate.change(|change| {
        if let Some(said) = key.as_ref().and_then(|key| change.get(key)) {
            if said["asked"] == asked {
                return Ok(said["answer"].clone());
            }
            return Err(used());
        }
        let answer = act(change)?;
        if let Some(key) = key {
            let at = app::now().as_second();
            change.put(key, json!({ "at": at, "asked": asked, "answer": answer }));
        }
        Ok(answer)
    });
    Ok(outcome?)
}

/// What was answered before to this token, if anything. A request that would be refused today is still answered so;
/// one that asks for something else is refused whatever the state of things.
pub(crate) fn replayed<A: Account>(app: &App<A>, input: &Input) -> Result<Option<Value>, Failure> {
    let token = input.given("clientRequestToken").filter(|token| !token.is_empty());
    let key = token.map(|token| Key::new(Kind::Token, &input.operation, token));
    let Some(said) = key.and_then(|key| app.estate.get(&key)) else { return Ok(None) };
    if said.document["asked"] == Value::Object(input.without_token()) {
        return Ok(Some(said.document["answer"].clone()));
    }
    Err(used())
}

fn used() -> Failure {
    Failure::invalid("The client request token was already used with other parameters.")
}

/// Forgets old tokens.
pub(crate) fn forget_old(estate: &Estate, now: Timestamp) {
    let before = (now - KEPT).as_second();
    let old: Vec<Key> = estate
        .all(Kind::Token)
        .into_iter()
        .filter(|(_, record)| record.document["at"].as_i64().is_none_or(|at| at < before))
        .map(|(key, _)| key)
        .collect();
    // What cannot be forgotten now is old the next time too.
    let _later = estate.change::<(), ()>(|change| {
        old.into_iter().for_each(|key| change.remove(key));
        Ok(())
    });
}
