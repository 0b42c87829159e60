//! The way in: a link that opens once, or a token that the cluster knows; and what whoever is not in gets to read. And the
//! way out.

use std::time::Instant;

use maud::{Markup, html};

use super::page::Page;
use super::route::address;
use super::{Visit, guard, shell, visitor};
use crate::app::App;
use crate::control::reviewed::TO_LOOK;
use crate::entrance::ROOT;
use crate::people::Person;
use crate::wire::Request;

/// Field of the form with the token.
const TOKEN: &str = "bearer";

/// Opens a link.
pub(super) fn enter<A>(app: &App<A>, request: &Request, now: Instant) -> Page {
    let token = super::Form::of_query(request).owned("token").unwrap_or_default();
    match app.entrance.enter(&token, now) {
        Some(cookie) => Page::elsewhere(ROOT.to_owned()).with_cookie(cookie),
        // A link that is opened again by whoever is in leads in all the same.
        None if app.entrance.of(request, now).is_some() => Page::elsewhere(ROOT.to_owned()),
        None => asked_in(app, 403),
    }
}

/// Lets in somebody who shows a token that the cluster knows. The token itself is not kept.
pub(super) async fn sign_in<A>(app: &App<A>, request: &Request, now: Instant) -> Page {
    let Some(people) = &app.people else { return asked_in(app, 404) };
    if !guard::is_from_here(request) {
        return asked_in(app, 403);
    }
    let token = super::Form::of_body(request).owned(TOKEN).unwrap_or_default().into();
    let person = match people.whose(&token).await {
        Ok(Some(person)) => person,
        Ok(None) => return asked_in(app, 403),
        Err(why) => return visitor::unreviewed(&why),
    };
    match people.right(&person).await {
        Err(why) => visitor::unreviewed(&why),
        Ok(None) => not_let_in(app, &person),
        Ok(Some(_)) => match app.entrance.sign_in(person, now) {
            Some(cookie) => Page::elsewhere(ROOT.to_owned()).with_cookie(cookie),
            None => asked_in(app, 503),
        },
    }
}

/// Ends a session.
pub(super) fn leave<A>(app: &App<A>, visit: &Visit<'_>) -> Page {
    asked_in(app, 200).with_cookie(app.entrance.leave(visit.request))
}

/// What somebody gets to read whom the cluster knows and does not let look.
pub(super) fn not_let_in<A>(app: &App<A>, person: &Person) -> Page {
    let content = html! {
        p.verdict.bad role="alert" { "You are " (person.name) ", and may not look. " (TO_LOOK) }
        (ways_in(app))
    };
    Page::of(403, shell::bare("Sign in", &content))
}

/// What whoever is not in gets to read: how to come in, and nothing of the account.
pub(super) fn asked_in<A>(app: &App<A>, status: u16) -> Page {
    let content = html! {
        @match (status, app.people.is_some()) {
            (403, false) => p { "This link was opened already, or it is too old." },
            (403, true) => p role="alert" { "The cluster does not know this token, or it is no longer good." },
            (200, _) => p { "You have signed out." },
            _ => p { "You are not signed in." },
        }
        (ways_in(app))
    };
    Page::of(status, shell::bare("Sign in", &content))
}

fn ways_in<A>(app: &App<A>) -> Markup {
    if app.people.is_none() {
        return html! {
            p { "A link that opens once is printed when the server starts, and by" }
            pre { code { "replank dashboard" } }
            p { "on a machine with the keys of the server. With " code { "--read-only" } " it lets you look and change nothing." }
        };
    }
    html! {
        form method="post" action=(address(&["enter"])) {
            p {
                label for=(TOKEN) { "Bearer token of the cluster " }
                input #(TOKEN) type="password" name=(TOKEN) autocomplete="off" required;
            }
            button type="submit" { "Sign in" }
        }
        p { "For a service account, this prints one that is good for an hour:" }
        pre { code { "kubectl create token NAME --namespace NAMESPACE --duration 1h" } }
        p { "The cluster is asked whose it is, and what they may do. It is not kept." }
    }
}
