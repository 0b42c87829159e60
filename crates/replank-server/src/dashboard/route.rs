//! The addresses of the dashboard, in one table: method, path, who may come, what is there.

use hyper::Method;

use super::page::Asset;
use crate::entrance::ROOT;
use crate::uri;
use crate::wire::Request;

/// One row of [`ROUTES`].
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) method: Method,
    /// The path below the root; a word in braces stands for any.
    pub(super) path: &'static str,
    /// Who may come.
    pub(super) who: Who,
    /// What is there.
    pub(super) place: Destination,
}

/// Who may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Anybody: nothing of the account is told there.
    Anyone,
    /// Whoever is in.
    Looks,
    /// Whoever is in and may change something.
    Acts,
}

/// What is at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Asset(Asset),
    Enter,
    SignIn,
    Leave,
    Fleet,
    Update,
    Events,
    AskCommand,
    Command,
    Plan,
    Begin,
    Upgrades,
    BeginUpgrade,
    Upgrade,
    AskUpgradeCommand,
    UpgradeCommand,
    World,
    Pace,
    Act,
}

/// All addresses. One with words comes before one of the same length that takes any.
pub(super) const ROUTES: [Route; 21] = [
    get("", Who::Looks, Destination::Fleet),
    get("/dashboard.css", Who::Anyone, Destination::Asset(Asset::Sheet)),
    get("/dashboard.js", Who::Anyone, Destination::Asset(Asset::Script)),
    get("/icon.svg", Who::Anyone, Destination::Asset(Asset::Icon)),
    get("/enter", Who::Anyone, Destination::Enter),
    post("/enter", Who::Anyone, Destination::SignIn),
    post("/leave", Who::Looks, Destination::Leave),
    get("/updates/{update}", Who::Looks, Destination::Update),
    get("/updates/{update}/events", Who::Looks, Destination::Events),
    get("/updates/{update}/{verb}", Who::Acts, Destination::AskCommand),
    post("/updates/{update}/{verb}", Who::Acts, Destination::Command),
    get("/plan", Who::Looks, Destination::Plan),
    post("/plan", Who::Acts, Destination::Begin),
    get("/upgrades", Who::Looks, Destination::Upgrades),
    post("/upgrades", Who::Acts, Destination::BeginUpgrade),
    get("/upgrades/{upgrade}", Who::Looks, Destination::Upgrade),
    get("/upgrades/{upgrade}/{verb}", Who::Acts, Destination::AskUpgradeCommand),
    post("/upgrades/{upgrade}/{verb}", Who::Acts, Destination::UpgradeCommand),
    get("/world", Who::Looks, Destination::World),
    post("/world", Who::Acts, Destination::Pace),
    post("/world/acts", Who::Acts, Destination::Act),
];

const fn get(path: &'static str, who: Who, place: Destination) -> Route {
    Route { method: Method::GET, path, who, place }
}

const fn post(path: &'static str, who: Who, place: Destination) -> Route {
    Route { method: Method::POST, path, who, place }
}

impl Route {
    /// The route of a request, with what stands in the place of the words in braces.
    pub(super) fn of(request: &Request) -> Option<(Self, Vec<String>)> {
        let rest = request.path.strip_prefix(ROOT)?;
        let parts: Vec<String> = rest.trim_end_matches('/').split('/').map(uri::decode).collect();
        ROUTES.into_iter().filter(|route| route.method == request.method).find_map(|route| {
            let words: Vec<&str> = route.path.split('/').collect();
            let is_any = |word: &str| word.starts_with('{');
            let fits = words.len() == parts.len()
                && words.iter().zip(&parts).all(|(word, part)| is_any(word) || word == part);
            let given: Vec<String> = words
                .iter()
                .zip(&parts)
                .filter(|(word, _)| is_any(word))
                .map(|(_, part)| part.clone())
                .collect();
            fits.then_some((route, given))
        })
    }
}

/// Address of a page with words in its path.
pub(super) fn address(parts: &[&str]) -> String {
    let parts: Vec<String> = parts.iter().map(|part| uri::encode(part)).collect();
    format!("{ROOT}/{}", parts.join("/"))
}

/// Address of a page with a query.
pub(super) fn queried(page: &str, query: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        query.iter().map(|(name, value)| format!("{name}={}", uri::encode(value))).collect();
    format!("{}?{}", address(&[page]), pairs.join("&"))
}
