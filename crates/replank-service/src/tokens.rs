//! Client request tokens: what was asked for once is done once, and answered as it was the first time.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::records::{Change, ChangeError, Key, Kind, Records};
use crate::refusal::Refusal;
use crate::service::now;

/// How long a token is remembered. AWS does not publish it; its clients repeat within minutes.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What a client asks for, with the token by which it may ask again.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokened {
    /// Whose tokens they are: the operation.
    pub operation: String,
    /// The token; without one nothing is remembered.
    pub token: Option<String>,
    /// What is asked for, the token left out.
    pub asked: Value,
}

impl Tokened {
    fn key(&self) -> Option<Key> {
        let token = self.token.as_deref().filter(|token| !token.is_empty())?;
        Some(Key::new(Kind::Token, &self.operation, token))
    }

    /// Does what `act` does, unless the same client asked for the same before: then it gets the first answer.
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

    /// What was answered before to this token, if anything. A request that would be refused today is still answered so;
    /// one that asks for something else is refused whatever the state of things.
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

/// Forgets old tokens.
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
