//! Client request tokens: a repeated request is not carried out again and gets the first answer.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::records::{Change, ChangeError, Key, Kind, Records};
use crate::refusal::Refusal;
use crate::service::now;

/// How long a token is kept. AWS does not publish its value; its clients repeat within minutes.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A request with its client token.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokened {
    /// Name of the operation; tokens of different operations are independent.
    pub operation: String,
    /// Client token; nothing is kept without one.
    pub token: Option<String>,
    /// The request without the token, which a repetition must equal.
    pub asked: Value,
}

impl Tokened {
    fn key(&self) -> Option<Key> {
        let token = self.token.as_deref().filter(|token| !token.is_empty())?;
        Some(Key::new(Kind::Token, &self.operation, token))
    }

    /// Runs `act` and keeps its answer. A repetition gets the first answer; other parameters with the same token are
    /// refused.
    pub fn once<E: From<Refusal>>(
        &self,
        records: &Records,
        act: impl FnOnce(&mut Change<'_>) -> Result<Value, E>,
    ) -> Result<Value, E> {
        let key = self.key();
        let outcome = records.change(|change| {
            if let Some(said) = key.as_ref().and_then(|key| change.get(key)) {
                if said["asked"] == self.asked {
                    return Ok(said["answer"].clone());
                }
                return Err(E::from(used()));
            }
            let answer = act(change)?;
            if let Some(key) = key {
                let at = now().as_second();
                change.put(key, json!({ "at": at, "asked": self.asked, "answer": answer }));
            }
            Ok(answer)
        });
        outcome.map_err(|error| match error {
            ChangeError::Refused(refusal) => refusal,
            ChangeError::Records(error) => E::from(Refusal::from(error)),
        })
    }

    /// The answer that was given to this token before, if any, whatever the present state. Other parameters with the
    /// same token are refused.
    pub fn replayed(&self, records: &Records) -> Result<Option<Value>, Refusal> {
        let Some(said) = self.key().and_then(|key| records.get(&key)) else { return Ok(None) };
        if said.document["asked"] == self.asked {
            return Ok(Some(said.document["answer"].clone()));
        }
        Err(used())
    }
}

fn used() -> Refusal {
    Refusal::invalid("The client request token was already used with other parameters.")
}

/// Deletes tokens older than 24 hours.
pub fn forget_old(records: &Records, now: Timestamp) {
    let before = (now - KEPT).as_second();
    let old: Vec<Key> = records
        .all(Kind::Token)
        .into_iter()
        .filter(|(_, record)| record.document["at"].as_i64().is_none_or(|at| at < before))
        .map(|(key, _)| key)
        .collect();
    // What cannot be forgotten now is old the next time too.
    let _later = records.change::<(), ()>(|change| {
        old.into_iter().for_each(|key| change.remove(key));
        Ok(())
    });
}
