//! The dashboard: pages for a person, under `/dashboard`, about what the control API tells to programs.
//!
//! | it does | it decides |
//! | --- | --- |
//! | lets a browser in by a link that opens once ([`entrance`](crate::entrance)), and asks every change where it comes from ([`guard`]) | who may look, who may change |
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
mod world;

use std::time::Instant;

use hyper::Method;

use crate::app::App;
use crate::control::{Refusal, Whole, events};
use crate::entrance::{ROOT, Right, Session};
use crate::wire::{Answer, Request};
use form::Form;
use page::Page;
use route::{Place, Route, Who};

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

    fn acts(&self) -> bool {
        self.session.right == Right::Acts
    }
}

/// Whether a request is for the dashboard.
pub(crate) fn is_meant(request: &Request) -> bool {
    request.path == ROOT || request.path.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'))
}

/// Answers a request.
pub(crate) async fn answer<A: Whole>(app: &App<A>, request: &Request) -> Answer {
    let session = app.entrance.of(request, Instant::now());
    let found = Route::of(request);
    if let Some((Route { place: Place::Asset(asset), .. }, _)) = found {
        return asset.page().into();
    }
    if let Some((Route { place: Place::Enter, .. }, _)) = found {
        return enter::enter(&app.entrance, request, Instant::now()).into();
    }
    let Some(session) = session else { return enter::asked_in(401).into() };
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
            return Err(Refusal::new(403, "Forbidden", "This link lets you look, and change nothing."));
        }
    }
    if route.method == Method::POST { guard::is_ours(visit) } else { Ok(()) }
}

/// Carries out what a route stands for.
async fn visited<A: Whole>(app: &App<A>, route: &Route, visit: &Visit<'_>) -> Answer {
    let page: Result<Page, Refusal> = match route.place {
        Place::Asset(_) | Place::Enter => Ok(enter::asked_in(404)),
        Place::Leave => Ok(enter::leave(&app.entrance, visit)),
        Place::Fleet => fleet::page(app, visit).await,
        Place::Update => update::page(app, visit),
        Place::Events => return events_of(app, visit),
        Place::AskCommand => command::ask(app, visit),
        Place::Command => command::give(app, visit).await,
        Place::Plan => plan::page(app, visit).await,
        Place::Begin => plan::begin(app, visit).await,
        Place::Upgrades => upgrades::page(app, visit).await,
        Place::BeginUpgrade => upgrades::begin(app, visit),
        Place::Upgrade => upgrade::page(app, visit),
        Place::AskUpgradeCommand => upgrade::ask(app, visit),
        Place::UpgradeCommand => upgrade::give(app, visit).await,
        Place::World => world::page(app, visit).await,
        Place::Pace => world::pace(app, visit),
        Place::Act => world::act(app, visit).await,
    };
    page.unwrap_or_else(|refusal| shell::refused(&visit.session, &refusal)).into()
}

/// The lines of an update as they come, as the control API tells them.
fn events_of<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Answer {
    let query = crate::control::Query::of(&visit.request.query);
    let told = query.and_then(|query| events::events(app, visit.request, visit.id(), &query));
    told.unwrap_or_else(|refusal| shell::refused(&visit.session, &refusal).into())
}
