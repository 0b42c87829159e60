//! Who may ask what of the control API where a cluster knows its people: readings by whoever may look, changes by whoever
//! may act at that moment.

use replank_listener::Peer;

use super::Refusal;
use super::route::Route;
use crate::entrance::Right;
use crate::people::{People, Unreviewed};
use crate::wire::Request;

/// The name of whoever asks, if they may.
pub(crate) async fn caller(people: &People, request: &Request, peer: Peer) -> Result<String, Refusal> {
    let Some(person) = people.of(request, peer).await? else {
        let said = "Send a token that the cluster knows, as `Authorization: Bearer TOKEN`; `kubectl create token` makes one.";
        return Err(Refusal::new(401, "Unauthorized", said));
    };
    let Some((route, _)) = Route::of(request) else {
        return Err(Refusal::missing("There is nothing at this method and path; here is /replank/v1 alone."));
    };
    let needs = route.operation.needs();
    let right = match needs {
        Some(Right::Acts) => people.right_now(&person).await?,
        Some(Right::Looks) | None => people.right(&person).await?,
    };
    if right.is_some() && needs.is_none() {
        return Err(Refusal::new(
            403,
            "Forbidden",
            "Nobody gives links away here: the dashboard takes the token itself.",
        ));
    }
    match (right, needs) {
        (Some(Right::Acts), _) | (Some(Right::Looks), Some(Right::Looks)) => Ok(person.name),
        (Some(Right::Looks), _) => {
            let said = format!("{} may look and change nothing. {}", person.name, TO_ACT);
            Err(Refusal::new(403, "Forbidden", said))
        }
        (None, _) => {
            let said = format!("{} may not even look. {}", person.name, TO_LOOK);
            Err(Refusal::new(403, "Forbidden", said))
        }
    }
}

/// How to be let act.
pub(crate) const TO_ACT: &str =
    "To act, the cluster has to let them create and patch nodegroupupdates.replank.dev.";
/// How to be let look.
pub(crate) const TO_LOOK: &str = "To look, the cluster has to let them list nodegroupupdates.replank.dev.";

impl From<Unreviewed> for Refusal {
    fn from(unreviewed: Unreviewed) -> Self {
        Self::new(503, "Unavailable", unreviewed.to_string())
    }
}
