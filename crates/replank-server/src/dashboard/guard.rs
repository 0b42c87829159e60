//! Whether a change comes from a page of ours: by where the browser says it comes from, and by a word that only our pages
//! of this session have.

use aws_lc_rs::constant_time;

use super::Visit;
use crate::control::Refusal;
use crate::wire::Request;

/// Field of every form that changes something.
pub(super) const FIELD: &str = "csrf";

/// Refuses what another site, or another program of this machine on another port, lets the browser send. The session's
/// cookie alone does not tell: it goes to every port of a host.
pub(super) fn is_ours(visit: &Visit<'_>) -> Result<(), Refusal> {
    if !is_from_here(visit.request) {
        return refused(
            "The browser does not say that this comes from a page of this server. Nothing was done.",
        );
    }
    let given = visit.form.text(FIELD).unwrap_or_default();
    let wanted = visit.session.csrf.as_str();
    if constant_time::verify_slices_are_equal(given.as_bytes(), wanted.as_bytes()).is_err() {
        return refused(
            "The page that this comes from is of another session. Open it again. Nothing was done.",
        );
    }
    Ok(())
}

/// Whether the browser says that a request comes from a page of this server.
pub(super) fn is_from_here(request: &Request) -> bool {
    let host = request.header("host").unwrap_or_default();
    let origin = request.header("origin").unwrap_or_default();
    let from = origin.split_once("://").map_or("", |(_, from)| from);
    !host.is_empty() && from == host
}

fn refused(said: &str) -> Result<(), Refusal> {
    Err(Refusal::new(403, "Forbidden", said))
}
