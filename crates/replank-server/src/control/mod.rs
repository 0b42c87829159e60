//! The control API, for what EKS has no operation: under `/replank/v1`, signed for the service `replank`.
//!
//! `data/control-openapi.json` documents every path; a test compares it with the routes.

pub mod api;
pub(crate) mod begin;
pub(crate) mod events;
mod links;
pub(crate) mod lists;
mod page;
pub(crate) mod reviewed;
pub(crate) mod route;
pub(crate) mod simulation;
pub(crate) mod updates;
pub mod upgrade_api;
mod upgrade_plan;
pub(crate) mod upgrades;

#[cfg(test)]
mod tests;

use std::time::Duration;

use replank_service::ports::Account;
use replank_service::ports::inventory::Inventory;
use replank_service::ports::planner::Planner;
use replank_service::ports::simulation::Simulation;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use page::page;

use api::ErrorAnswer;

use crate::app::App;
use crate::eks::EksError;
use crate::uri;
use crate::wire::{self, Reply, Request};
use route::{Operation, Route};

/// Prefix of all paths.
const ROOT: &str = "/replank/v1/";
/// The OpenAPI document.
const DOCUMENT: &str = include_str!("../../data/control-openapi.json");

/// The ports that this API needs, in one trait.
pub trait Whole: Account + Inventory + Planner + Simulation {}

impl<A: Account + Inventory + Planner + Simulation> Whole for A {}

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// Who asks with a signature, for people.
pub(crate) const BY_KEYS: &str = "the keys of the account";

/// Result of a route.
type Answer = Result<String, Refusal>;

/// Answers a request; `by` is who asks, for people.
pub(crate) async fn answer<A: Whole>(app: &App<A>, request: &Request, by: &str) -> wire::Answer {
    let answer = match Route::of(request) {
        Some((route, given)) => operate(app, request, route.operation, &given, by).await,
        None if request.path.starts_with(ROOT) => {
            Err(Refusal::missing("There is nothing at this method and path."))
        }
        None => Err(Refusal::missing("There is nothing at this path.")),
    };
    answer.unwrap_or_else(|refusal| refusal.reply().into())
}

/// Answers a request to a process that runs updates by itself: it shows and steers these, and begins nothing.
pub(crate) async fn steer(app: &App<()>, request: &Request) -> wire::Answer {
    let answer = match Route::of(request) {
        Some((route, given)) => steered(app, request, route.operation, &given).await,
        None => Err(Refusal::missing("There is nothing at this method and path.")),
    };
    let reply = answer.map(|body| Reply::json(200, body));
    reply
        .unwrap_or_else(|Refusal { status, code, message }| {
            Reply::json_error(status, code, error(code, message))
        })
        .into()
}

async fn steered(app: &App<()>, request: &Request, operation: Operation, given: &[String]) -> Answer {
    let (query, sent) = (Query::of(&request.query)?, &request.body[..]);
    let given = |at: usize| given.get(at).map(String::as_str).unwrap_or_default();
    let id = given(0);
    match operation {
        Operation::Document => body(&document()),
        Operation::Clusters => body(&lists::clusters(app)?),
        Operation::Nodegroups => body(&lists::nodegroups(app, &query)?),
        Operation::Updates => body(&updates::list(app, &query)?),
        Operation::Update => body(&updates::show(app, id)?),
        Operation::History => body(&updates::history(app, id)?),
        Operation::UpdateNodes => body(&updates::nodes(app, id)?),
        Operation::Lines => body(&updates::lines(app, id, &query).await?),
        Operation::Command => body(&updates::command(app, id, given(1), &read(sent)?, BY_KEYS).await?),
        Operation::Upgrades => body(&upgrades::list(app)),
        Operation::Upgrade => body(&upgrades::known(app, id)?),
        Operation::UpgradeHistory => body(&upgrades::history(app, id, &query).await?),
        Operation::CommandUpgrade => body(&updates::command_upgrade(app, id, given(1), &read(sent)?).await?),
        Operation::Nodes
        | Operation::Images
        | Operation::Events
        | Operation::Begin
        | Operation::Plan
        | Operation::BeginUpgrade
        | Operation::PlanUpgrade
        | Operation::World
        | Operation::SetSpeed
        | Operation::Act
        | Operation::DashboardLink => Err(Refusal::missing(
            "This process runs an update of a real cluster and serves nothing else; `replank up` does.",
        )),
    }
}

/// Carries out what a route stands for, with what stood in its path.
async fn operate<A: Whole>(
    app: &App<A>,
    request: &Request,
    operation: Operation,
    given: &[String],
    by: &str,
) -> Result<wire::Answer, Refusal> {
    let (query, sent) = (Query::of(&request.query)?, &request.body[..]);
    let given = |at: usize| given.get(at).map(String::as_str).unwrap_or_default();
    let id = given(0);
    let answer = match operation {
        Operation::Document => body(&document()),
        Operation::Clusters => body(&lists::clusters(app)?),
        Operation::Nodegroups => body(&lists::nodegroups(app, &query)?),
        Operation::Nodes => body(&lists::nodes(app, &query).await?),
        Operation::Images => body(&lists::images(app, &query).await?),
        Operation::Updates => body(&updates::list(app, &query)?),
        Operation::Update => body(&updates::show(app, id)?),
        Operation::History => body(&updates::history(app, id)?),
        Operation::UpdateNodes => body(&updates::nodes(app, id)?),
        Operation::Lines => body(&updates::lines(app, id, &query).await?),
        Operation::Events => return events::events(app, request, id, &query),
        Operation::Begin => body(&begin::begin(app, &read(sent)?, by).await?),
        Operation::Plan => body(&begin::plan(app, &read(sent)?).await?),
        Operation::Command => body(&updates::command(app, id, given(1), &read(sent)?, by).await?),
        Operation::Upgrades => body(&upgrades::list(app)),
        Operation::Upgrade => body(&upgrades::known(app, id)?),
        Operation::UpgradeHistory => body(&upgrades::history(app, id, &query).await?),
        Operation::BeginUpgrade => body(&upgrades::begin(app, &read(sent)?)?),
        Operation::PlanUpgrade => body(&upgrades::plan(app, &read(sent)?).await?),
        Operation::CommandUpgrade => body(&updates::command_upgrade(app, id, given(1), &read(sent)?).await?),
        Operation::World => body(&simulation::show(app)),
        Operation::SetSpeed => body(&simulation::set_speed(app, &read(sent)?)?),
        Operation::Act => body(&simulation::act(app, &query, &read(sent)?).await?),
        Operation::DashboardLink => body(&links::link(app, read(sent)?)?),
    };
    Ok(Reply::json(200, answer?).into())
}

/// An answer as the body of a reply.
fn body<T: Serialize>(answer: &T) -> Answer {
    let failed = |error: serde_json::Error| Refusal::new(500, "Failure", format!("the answer: {error}"));
    serde_json::to_string(answer).map_err(failed)
}

/// An error as the body of a reply.
fn error(code: &str, message: String) -> String {
    json!(ErrorAnswer { code: code.to_owned(), message }).to_string()
}

/// Parses a body; an empty one counts as `{}`.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let body = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Refusal::bad(error.to_string()))
}

/// Parameters of a query; of repeated ones the last counts.
pub(crate) struct Query(Vec<(String, String)>);

/// Parameter by which a client continues a list of lines; empty in its first request.
const RUN: &str = "run";

impl Query {
    /// Parses a query. Parameters narrow a request, so one without a value, which would narrow nothing, is refused.
    pub(crate) fn of(text: &str) -> Result<Self, Refusal> {
        let parameters: Vec<(String, String)> = uri::parameters(text).collect();
        let is_blank = |(name, value): &&(String, String)| value.trim().is_empty() && name != RUN;
        match parameters.iter().find(is_blank) {
            Some((name, value)) => Err(Refusal::blank(name, value)),
            None => Ok(Self(parameters)),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        let named = self.0.iter().rev().find(|(key, _)| key == name);
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().map(Some);
        number.map_err(|_| Refusal::bad(format!("{name}={text}: not a whole number")))
    }

    /// How long the answer may wait for news.
    fn wait(&self) -> Result<Duration, Refusal> {
        Ok(Duration::from_secs(self.number("wait")?.unwrap_or(0).min(WAIT_SECONDS_MAX)))
    }
}

/// The longest wait for news.
const WAIT_SECONDS_MAX: u64 = 30;

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// As a response in JSON.
    pub(crate) fn reply(self) -> Reply {
        let Self { status, code, message } = self;
        Reply::json_error(status, code, error(code, message))
    }

    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::new(404, "NotFound", message)
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// Refuses a name that is empty.
    fn unless_named(name: &str, value: &str) -> Result<(), Self> {
        if value.trim().is_empty() {
            return Err(Self::bad(format!("{name}: '{value}' is empty; it must be named")));
        }
        Ok(())
    }

    /// Refuses a text that is given and empty.
    fn unless_filled(name: &str, value: Option<&String>) -> Result<(), Self> {
        value.filter(|text| text.trim().is_empty()).map_or(Ok(()), |text| Err(Self::blank(name, text)))
    }

    /// The refusal of a parameter without a value.
    fn blank(name: &str, value: &str) -> Self {
        Self::bad(format!("{name}: '{value}' is empty; name what is meant, or leave {name} out"))
    }
}

impl From<replank_service::Refusal> for Refusal {
    fn from(refusal: replank_service::Refusal) -> Self {
        EksError::from(refusal).into()
    }
}

impl From<EksError> for Refusal {
    fn from(failure: EksError) -> Self {
        Self::new(failure.reply().status, failure.exception.name(), failure.message)
    }
}

/// The OpenAPI document, for the generated reference.
pub fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap_or_default()
}
