//! The dashboard: pages for a person, under `/dashboard`, about what the control API tells to programs.
//!
//! | it does | it decides |
//! | --- | --- |
//! | lets a browser in by a link that opens once ([`entrance`](crate::entrance)) or as somebody whom the cluster knows ([`people`](crate::people)), and asks every change where it comes from ([`guard`]) | who may look, who may change |
//! | writes each page on this side, one file a page, and lets one small script keep it current | nothing about updates: every change goes through the control API |
//!
//! Text goes through `maud`, which escapes whatever is not written in a template itself. A page holds no script and no
//! style of its own, and loads nothing from elsewhere.

mod command;
mod comparison;
mod enter;
mod fleet;
mod form;
mod guard;
mod log;
mod page;
mod phases;
mod plan;
mod route;
mod shell;
mod tiles;
mod update;
mod upgrade;
mod upgrades;
mod visitor;
mod world;

use std::time::Instant;

use hyper::Method;
use replank_listener::Peer;

use crate::app::App;
use crate::control::reviewed::TO_ACT;
use crate::control::{Refusal, Whole, events};
use crate::entrance::{ROOT, Right, Session};
use crate::wire::{Answer, Request};
use form::Form;
use page::Page;
use route::{Destination, Route, Who};

/// How pages of ours look, in the light and in the dark; reports of the command have it too.
pub const SHEET: &str = include_str!("assets/sheet.css");

/// A request of somebody who is in, with what stands in its path and its body.
struct Visit<'a> {
    request: &'a Request,
    session: Session,
    given: Vec<String>,
    form: Form,
}

impl Visit<'_> {
    /// The word of the path in the place of the first in braces.
    fn id(&self) -> &str {
        self.given.first().map_or("", String::as_str)
    }

    /// Whether only the parts of the page are wanted that change.
    fn is_part(&self) -> bool {
        self.request.header("x-part").is_some()
    }

    /// Who asks, for people.
    fn by(&self) -> &str {
        self.session.person.as_ref().map_or("a link into the dashboard", |person| &person.name)
    }

    fn acts(&self) -> bool {
        self.session.right == Right::Acts
    }
}

/// Whether a request is for the dashboard.
pub(crate) fn is_meant(request: &Request) -> bool {
    request.path == ROOT || request.path.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'))
}

/// Answers a request of somebody at the other end of a connection.
pub(crate) async fn answer<A: Whole>(app: &App<A>, request: &Request, peer: Peer) -> Answer {
    let found = Route::of(request);
    match found.as_ref().map(|(route, _)| route.place) {
        Some(Destination::Asset(asset)) => return asset.page().into(),
        Some(Destination::Enter) => return enter::enter(app, request, Instant::now()).into(),
        Some(Destination::SignIn) => return enter::sign_in(app, request, Instant::now()).await.into(),
        Some(_) | None => {}
    }
    let session = match visitor::of(app, request, peer).await {
        Ok(session) => session,
        Err(page) => return page.into(),
    };
    let Some((route, given)) = found else {
        let refusal = Refusal::missing("There is no page at this address.");
        return shell::refused(&session, &refusal).into();
    };
    let form = if request.method == Method::POST { Form::of_body(request) } else { Form::of_query(request) };
    let visit = Visit { request, session, given, form };
    match allowed(&route, &visit) {
        Ok(()) => visited(app, &route, &visit).await,
        Err(refusal) => shell::refused(&visit.session, &refusal).into(),
    }
}

/// Refuses a change by somebody who may only look, and one that does not come from a page of ours.
fn allowed(route: &Route, visit: &Visit<'_>) -> Result<(), Refusal> {
    match route.who {
        Who::Anyone | Who::Looks => {}
        Who::Acts if visit.acts() => {}
        Who::Acts => {
            let said = match visit.session.person {
                None => "This link lets you look, and change nothing.".to_owned(),
                Some(_) => format!("You may look, and change nothing. {TO_ACT}"),
            };
            return Err(Refusal::new(403, "Forbidden", said));
        }
    }
    if route.method == Method::POST { guard::is_ours(visit) } else { Ok(()) }
}

/// Carries out what a route stands for.
async fn visited<A: Whole>(app: &App<A>, route: &Route, visit: &Visit<'_>) -> Answer {
    let page: Result<Page, Refusal> = match route.place {
        Destination::Asset(_) | Destination::Enter | Destination::SignIn => Ok(enter::asked_in(app, 404)),
        Destination::Leave => Ok(enter::leave(app, visit)),
        Destination::Fleet => fleet::page(app, visit).await,
        Destination::Update => update::page(app, visit),
        Destination::Events => return events_of(app, visit),
        Destination::AskCommand => command::ask(app, visit),
        Destination::Command => command::give(app, visit).await,
        Destination::Plan => plan::page(app, visit).await,
        Destination::Begin => plan::begin(app, visit).await,
        Destination::Upgrades => upgrades::page(app, visit).await,
        Destination::BeginUpgrade => upgrades::begin(app, visit),
        Destination::Upgrade => upgrade::page(app, visit),
        Destination::AskUpgradeCommand => upgrade::ask(app, visit),
        Destination::UpgradeCommand => upgrade::give(app, visit).await,
        Destination::World => world::page(app, visit).await,
        Destination::Pace => world::pace(app, visit),
        Destination::Act => world::act(app, visit).await,
    };
    page.unwrap_or_else(|refusal| shell::refused(&visit.session, &refusal)).into()
}

/// The lines of an update as they come, as the control API tells them.
fn events_of<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Answer {
    let query = crate::control::Query::of(&visit.request.query);
    let told = query.and_then(|query| events::events(app, visit.request, visit.id(), &query));
    told.unwrap_or_else(|refusal| shell::refused(&visit.session, &refusal).into())
}
