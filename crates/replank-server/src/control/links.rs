//! Links into the dashboard, for whoever has the keys of the account.

use std::time::Instant;

use replank_service::ports::Account;

use super::Refusal;
use super::api::{LinkAnswer, LinkRequest};
use crate::app::App;
use crate::entrance::{LINK_LASTS, Right};

/// A link that opens once.
pub(crate) fn link<A: Account>(app: &App<A>, asked: LinkRequest) -> Result<LinkAnswer, Refusal> {
    let right = if asked.read_only { Right::Looks } else { Right::Acts };
    let Some(path) = app.entrance.link(right, Instant::now()) else {
        return Err(Refusal::new(503, "Unavailable", "no randomness for a link; try again"));
    };
    Ok(LinkAnswer { path, seconds: LINK_LASTS.as_secs() })
}
