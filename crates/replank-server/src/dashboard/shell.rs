//! What every page of the dashboard has around it: head, way to the other pages, who is in, messages.

use maud::{DOCTYPE, Markup, html};

use super::Visit;
use super::guard::FIELD;
use super::page::Page;
use super::route::address;
use crate::control::Refusal;
use crate::entrance::{ROOT, Right, Session};

/// The pages that each page leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Fleet,
    Plan,
    Upgrades,
    World,
}

impl Tab {
    const ALL: [Self; 4] = [Self::Fleet, Self::Plan, Self::Upgrades, Self::World];

    fn label(self) -> &'static str {
        match self {
            Self::Fleet => "Fleet",
            Self::Plan => "Plan and rehearse",
            Self::Upgrades => "Whole clusters",
            Self::World => "The embedded world",
        }
    }

    fn address(self) -> String {
        match self {
            Self::Fleet => ROOT.to_owned(),
            Self::Plan => address(&["plan"]),
            Self::Upgrades => address(&["upgrades"]),
            Self::World => address(&["world"]),
        }
    }
}

/// How a page is kept current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Current {
    /// It says what it said when it was opened.
    Not,
    /// It is read again every few seconds.
    Every {
        /// Time from one reading to the next.
        seconds: u32,
    },
    /// It is read again when something happens to an update, and every few seconds.
    Events {
        /// Where what happens is told.
        address: String,
    },
}

/// A page for somebody who is in. When only what changes is wanted, it is all that there is.
pub(super) fn page(visit: &Visit<'_>, tab: Tab, title: &str, current: &Current, content: &Markup) -> Page {
    if visit.is_part() {
        return Page::of(200, html! { main { (content) } });
    }
    Page::of(200, framed(&visit.session, Some(tab), title, current, content))
}

/// Why something is not done, as a page.
pub(super) fn refused(session: &Session, refusal: &Refusal) -> Page {
    let content = html! {
        p.verdict.bad role="alert" { (refusal.message) }
        p { a href=(ROOT) { "To the fleet" } }
    };
    Page::of(refusal.status, framed(session, None, "This cannot be done", &Current::Not, &content))
}

/// A page for whoever is not in.
pub(super) fn bare(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body { main id="main" { h1 { (title) } (content) } }
        }
    }
}

/// A field that shows a form to be ours.
pub(super) fn ours(visit: &Visit<'_>) -> Markup {
    ours_of(&visit.session)
}

fn ours_of(session: &Session) -> Markup {
    html! { input type="hidden" name=(FIELD) value=(session.csrf); }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " - replank" }
            link rel="icon" href={ (ROOT) "/icon.svg" } type="image/svg+xml";
            link rel="stylesheet" href={ (ROOT) "/dashboard.css" };
            script src={ (ROOT) "/dashboard.js" } defer {}
        }
    }
}

fn framed(session: &Session, tab: Option<Tab>, title: &str, current: &Current, content: &Markup) -> Markup {
    let (every, events) = match current {
        Current::Not => (None, None),
        Current::Every { seconds } => (Some(*seconds), None),
        Current::Events { address } => (Some(5), Some(address)),
    };
    let right = match session.right {
        Right::Looks => "You may look, and change nothing.",
        Right::Acts => "You may look and act.",
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                a.skip href="#main" { "To the content" }
                header {
                    nav aria-label="Pages" {
                        ul {
                            @for other in Tab::ALL {
                                li {
                                    a href=(other.address()) aria-current=[(tab == Some(other)).then_some("page")] {
                                        (other.label())
                                    }
                                }
                            }
                        }
                    }
                    form.out method="post" action=(address(&["leave"])) {
                        (ours_of(session))
                        span { @if let Some(person) = &session.person { (person.name) ": " } (right) }
                        button type="submit" { "Sign out" }
                    }
                }
                p #connection role="status" hidden {}
                main id="main" data-every=[every] data-events=[events] {
                    h1 { (title) }
                    (content)
                }
                footer { "replank " (env!("CARGO_PKG_VERSION")) }
            }
        }
    }
}
