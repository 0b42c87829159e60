//! The routes of the control API, in one table: method, path, who may ask, what it does.

use super::ROOT;
use crate::auth::Authentication;
use crate::entrance::Right;
use crate::uri;
use crate::wire::Request;

/// One row of the table of routes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(super) method: &'static str,
    /// The path below the root; a word in braces stands for any.
    pub(super) path: &'static str,
    /// How it makes sure who asks.
    pub(crate) authentication: Authentication,
    /// What it does.
    pub(super) operation: Operation,
}

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Document,
    Clusters,
    Nodegroups,
    Nodes,
    Images,
    Updates,
    Update,
    History,
    UpdateNodes,
    Lines,
    Events,
    Begin,
    Plan,
    Command,
    Upgrades,
    Upgrade,
    UpgradeHistory,
    BeginUpgrade,
    PlanUpgrade,
    CommandUpgrade,
    World,
    SetSpeed,
    Act,
    DashboardLink,
}

/// All routes. One with words comes before one of the same length that takes any.
pub(super) const ROUTES: [Route; 24] = [
    get("openapi.json", Operation::Document),
    get("clusters", Operation::Clusters),
    get("nodegroups", Operation::Nodegroups),
    get("nodes", Operation::Nodes),
    get("images", Operation::Images),
    get("updates", Operation::Updates),
    get("updates/{update}", Operation::Update),
    get("updates/{update}/history", Operation::History),
    get("updates/{update}/nodes", Operation::UpdateNodes),
    get("updates/{update}/lines", Operation::Lines),
    get("updates/{update}/events", Operation::Events),
    post("updates", Operation::Begin),
    post("plan", Operation::Plan),
    post("updates/{update}/{verb}", Operation::Command),
    get("upgrades", Operation::Upgrades),
    get("upgrades/{update}", Operation::Upgrade),
    get("upgrades/{update}/history", Operation::UpgradeHistory),
    post("upgrades", Operation::BeginUpgrade),
    post("upgrades/plan", Operation::PlanUpgrade),
    post("upgrades/{update}/{verb}", Operation::CommandUpgrade),
    get("world", Operation::World),
    post("world", Operation::SetSpeed),
    post("world/acts", Operation::Act),
    post("dashboard/links", Operation::DashboardLink),
];

const fn get(path: &'static str, operation: Operation) -> Route {
    Route { method: "GET", path, authentication: Authentication::SigV4, operation }
}

const fn post(path: &'static str, operation: Operation) -> Route {
    Route { method: "POST", path, authentication: Authentication::SigV4, operation }
}

impl Operation {
    /// What somebody has to have the right to who asks for it. A plan changes nothing. A link lets in whoever opens it, as
    /// whoever has the keys of an account: nobody has those where a cluster says who may what.
    pub(super) fn needs(self) -> Option<Right> {
        match self {
            Self::Document
            | Self::Clusters
            | Self::Nodegroups
            | Self::Nodes
            | Self::Images
            | Self::Updates
            | Self::Update
            | Self::History
            | Self::UpdateNodes
            | Self::Lines
            | Self::Events
            | Self::Plan
            | Self::Upgrades
            | Self::Upgrade
            | Self::UpgradeHistory
            | Self::PlanUpgrade
            | Self::World => Some(Right::Looks),
            Self::Begin
            | Self::Command
            | Self::BeginUpgrade
            | Self::CommandUpgrade
            | Self::SetSpeed
            | Self::Act => Some(Right::Acts),
            Self::DashboardLink => None,
        }
    }
}

impl Route {
    /// The route of a request, with what stands in the place of the words in braces.
    pub(crate) fn of(request: &Request) -> Option<(Self, Vec<String>)> {
        let parts: Vec<String> = request.path.strip_prefix(ROOT)?.split('/').map(uri::decode).collect();
        ROUTES.into_iter().filter(|route| route.method == request.method.as_str()).find_map(|route| {
            let words: Vec<&str> = route.path.split('/').collect();
            let is_any = |word: &str| word.starts_with('{');
            let fits = words.len() == parts.len()
                && words.iter().zip(&parts).all(|(word, part)| is_any(word) || word == part);
            let given = words.iter().zip(&parts).filter(|(word, _)| is_any(word));
            fits.then(|| (route, given.map(|(_, part)| part.clone()).collect()))
        })
    }
}
