//! The way in: a link that opens once, and what whoever is not in gets to read. And the way out.

use std::time::Instant;

use maud::html;

use super::page::Page;
use super::{Visit, shell};
use crate::entrance::{Entrance, ROOT};
use crate::wire::Request;

/// Opens a link.
pub(super) fn enter(entrance: &Entrance, request: &Request, now: Instant) -> Page {
    let token = super::Form::of_query(request).owned("token").unwrap_or_default();
    match entrance.enter(&token, now) {
        Some(cookie) => Page::elsewhere(ROOT.to_owned()).with_cookie(cookie),
        // A link that is opened again by whoever is in leads in all the same.
        None if entrance.of(request, now).is_some() => Page::elsewhere(ROOT.to_owned()),
        None => asked_in(403),
    }
}

/// Ends a session.
pub(super) fn leave(entrance: &Entrance, visit: &Visit<'_>) -> Page {
    asked_in(200).with_cookie(entrance.leave(visit.request))
}

/// What whoever is not in gets to read: how to come in, and nothing of the account.
pub(super) fn asked_in(status: u16) -> Page {
    let content = html! {
        @match status {
            403 => p { "This link was opened already, or it is too old." },
            200 => p { "You have signed out." },
            _ => p { "You are not signed in." },
        }
        p { "A link that opens once is printed when the server starts, and by" }
        pre { code { "replank dashboard" } }
        p { "on a machine with the keys of the server. With " code { "--read-only" } " it lets you look and change nothing." }
    };
    Page::of(status, shell::bare("Sign in", &content))
}
