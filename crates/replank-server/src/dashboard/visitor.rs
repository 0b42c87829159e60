//! Who a request is from: the session of a browser, or somebody whom the cluster knows, by a token or by a proxy.

use std::time::Instant;

use hyper::Method;
use replank_listener::Peer;

use super::page::Page;
use super::{enter, shell};
use crate::app::App;
use crate::control::Refusal;
use crate::entrance::Session;
use crate::people::{People, Person, Unreviewed};
use crate::wire::Request;

/// The session of a request, with what its person may do now; else the page that asks them in.
pub(super) async fn of<A>(app: &App<A>, request: &Request, peer: Peer) -> Result<Session, Page> {
    let session = app.entrance.of(request, Instant::now());
    let Some(people) = &app.people else {
        return session.ok_or_else(|| enter::asked_in(app, 401));
    };
    let (person, csrf) = match session {
        // A link that somebody with the keys of an account gave; there is none in a cluster.
        Some(session) if session.person.is_none() => return Ok(session),
        Some(Session { person: Some(person), csrf, .. }) => (person, csrf),
        Some(Session { person: None, .. }) | None => {
            let person = people.of(request, peer).await.map_err(|why| unreviewed(&why))?;
            let person = person.ok_or_else(|| enter::asked_in(app, 401))?;
            let csrf = people.word(&person);
            (person, csrf)
        }
    };
    reviewed(app, people, request, person, csrf).await
}

async fn reviewed<A>(
    app: &App<A>,
    people: &People,
    request: &Request,
    person: Person,
    csrf: String,
) -> Result<Session, Page> {
    let is_change = request.method == Method::POST;
    let right = if is_change { people.right_now(&person).await } else { people.right(&person).await };
    match right.map_err(|why| unreviewed(&why))? {
        Some(right) => Ok(Session { right, csrf, person: Some(person) }),
        None => Err(enter::not_let_in(app, &person)),
    }
}

/// The cluster cannot be asked.
pub(super) fn unreviewed(why: &Unreviewed) -> Page {
    let Refusal { status, message, .. } = Refusal::from(why.clone());
    Page::of(status, shell::bare("Not now", &maud::html! { p.verdict.bad role="alert" { (message) } }))
}
