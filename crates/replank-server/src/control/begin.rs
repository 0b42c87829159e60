//! An update as it would be, and its beginning: the rules of EKS, and what EKS cannot be told for one update alone.

use std::time::Duration;

use aws_lc_rs::digest;
use replank_engine::estate::Kind;
use replank_engine::ports::account::Account;
use replank_engine::report::plan::PlanJson;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::{Answer, Refusal, Whole};
use crate::app::{self, App};
use crate::eks::record::{self, Owned, Owner, VersionWish};
use crate::eks::{Input, replayed, update_nodegroup_version};

/// How long a plan waits for another one.
const PATIENCE: Duration = Duration::from_secs(30);

/// An update as it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Asked {
    cluster: String,
    nodegroup: String,
    version: Option<String>,
    release_version: Option<String>,
    launch_template_version: Option<String>,
    force: bool,
    max_unavailable: Option<u32>,
    max_unavailable_percentage: Option<u32>,
    /// `DEFAULT` or `MINIMAL`.
    strategy: Option<String>,
    client_request_token: Option<String>,
}

/// What the update would do. Nothing is on record afterwards.
pub(super) async fn plan<A: Whole>(app: &App<A>, asked: &Asked) -> Answer {
    let wish = wish(app, &input(app, asked)?).await?;
    let spec = wish.spec();
    let Ok(Ok(_alone)) = timeout(PATIENCE, app.board.rehearsal.acquire()).await else {
        return Err(Refusal::new(429, "TooManyRequests", "Other plans are being made; try again."));
    };
    // It computes for a while; the other requests of this thread move to another.
    let foreseen = tokio::task::block_in_place(|| app.account.foresee(&spec));
    let foreseen = foreseen.map_err(|refused| Refusal::new(409, "Conflict", refused.to_string()))?;
    Ok(json!({
        "update": wish.update,
        "projected": foreseen.projected.is_some(),
        "projectedBecause": foreseen.projected,
        "plan": PlanJson::of(&spec, &foreseen.preview),
    }))
}

/// Begins the update; the group is `UPDATING` before this answers.
pub(super) async fn begin<A: Account>(app: &App<A>, asked: &Asked) -> Answer {
    let input = input(app, asked)?;
    let answer = match replayed(app, &input)? {
        Some(answer) => answer,
        None => {
            let wish = wish(app, &input).await?;
            update_nodegroup_version::begin(app, &input, wish)?
        }
    };
    let update = answer["update"]["id"].clone();
    Ok(json!({ "update": update, "cluster": asked.cluster, "nodegroup": asked.nodegroup }))
}

/// The request as EKS would read it, with an `updateConfig` of its own.
fn input<A: Account>(app: &App<A>, asked: &Asked) -> Result<Input, Refusal> {
    check(asked)?;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
    put("clusterName", asked.cluster.as_str().into());
    put("nodegroupName", asked.nodegroup.as_str().into());
    put("force", asked.force.into());
    let texts = [
        ("version", &asked.version),
        ("releaseVersion", &asked.release_version),
        ("clientRequestToken", &asked.client_request_token),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            put(name, text.as_str().into());
        }
    }
    if let Some(version) = &asked.launch_template_version {
        let group = record::nodegroup(&app.estate, &asked.cluster, &asked.nodegroup)?;
        let Some(template) = group.launch_template else {
            let said = "The node group has no launch template of its own, so there are no versions of it.";
            return Err(Refusal::bad(format!("launchTemplateVersion: {version}: {said}")));
        };
        put("launchTemplate", json!({ "id": template.id, "version": version }));
    }
    let mut config = Map::new();
    if let Some(count) = asked.max_unavailable {
        config.insert("maxUnavailable".into(), count.into());
    }
    if let Some(share) = asked.max_unavailable_percentage {
        config.insert("maxUnavailablePercentage".into(), share.into());
    }
    if let Some(strategy) = &asked.strategy {
        config.insert("updateStrategy".into(), strategy.as_str().into());
    }
    if !config.is_empty() {
        put("updateConfig", config.into());
    }
    Ok(Input::new("UpdateNodegroupVersion", members))
}

/// What the model of EKS would check.
fn check(asked: &Asked) -> Result<(), Refusal> {
    for (name, value) in [("cluster", &asked.cluster), ("nodegroup", &asked.nodegroup)] {
        if value.trim().is_empty() {
            return Err(Refusal::bad(format!("{name}: '{value}' is empty; it must be named")));
        }
    }
    let texts = [
        ("version", &asked.version),
        ("releaseVersion", &asked.release_version),
        ("launchTemplateVersion", &asked.launch_template_version),
        ("clientRequestToken", &asked.client_request_token),
    ];
    for (name, text) in texts {
        if let Some(text) = text.as_ref().filter(|text| text.trim().is_empty()) {
            return Err(Refusal::blank(name, text));
        }
    }
    let counts = [
        ("maxUnavailable", asked.max_unavailable),
        ("maxUnavailablePercentage", asked.max_unavailable_percentage),
    ];
    for (name, count) in counts {
        if let Some(count) = count.filter(|count| !(1..=100).contains(count)) {
            return Err(Refusal::bad(format!("{name}: {count} is not between 1 and 100")));
        }
    }
    match asked.strategy.as_deref() {
        None | Some("DEFAULT" | "MINIMAL") => Ok(()),
        Some(other) => Err(Refusal::bad(format!("strategy: {other} is neither DEFAULT nor MINIMAL"))),
    }
}

/// The update that EKS would make of it. Asked for twice in the same situation it is the same one, down to the order
/// of its nodes: a plan shows the update that follows it.
async fn wish<A: Account>(app: &App<A>, input: &Input) -> Result<VersionWish, Refusal> {
    let wish = update_nodegroup_version::prepared(app, input).await?;
    let before = app.estate.list(Kind::Update, &wish.cluster).into_iter().filter(|(_, record)| {
        let owned = record::read::<Owned>(&record.document);
        owned.is_ok_and(|owned| owned.owner == Owner::Nodegroup(wish.group.clone()))
    });
    let situation =
        json!([app.identity.account, wish.cluster, wish.group, wish.image, wish.settings, before.count()]);
    let digest = digest::digest(&digest::SHA256, situation.to_string().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    Ok(VersionWish { update: app::uuid_of(bytes), ..wish })
}
