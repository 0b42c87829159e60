//! Plans and starts updates, with settings for one update that EKS does not accept.

use std::time::Duration;

use replank_engine::report::plan::PlanJson;
use replank_service::launch_template::{TemplateBy, TemplateRequest};
use replank_service::ports::Account;
use replank_service::records::{self, Update, UpdateConfigChange};
use replank_service::start_update::{self, IdFrom, StartUpdate};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::api::{BegunAnswer, PlanAnswer, UpdateRequest};
use super::{Refusal, Whole};
use crate::app::App;

/// How long a plan waits for another plan to be finished.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the start of an update that was declared is waited for; it is planned first.
const BEGINS_WITHIN: Duration = Duration::from_secs(15);
/// How often it is looked for.
const LOOKS: Duration = Duration::from_millis(300);

/// What the service answers to whoever begins an update.
#[derive(Deserialize)]
struct Recorded {
    update: Update,
}

/// What the update would do. Nothing is recorded.
pub(crate) async fn plan<A: Whole>(app: &App<A>, asked: &UpdateRequest) -> Result<PlanAnswer, Refusal> {
    let pending = start_update::prepare(&app.service, &start(app, asked)?, IdFrom::Situation).await?;
    let spec = pending.spec(app.service.rules);
    let Ok(Ok(_alone)) = timeout(PATIENCE, app.service.feed.rehearsal.acquire()).await else {
        return Err(Refusal::new(429, "TooManyRequests", "Other plans are being made; try again."));
    };
    // It computes for a while; the other requests of this thread move to another.
    let planned = tokio::task::block_in_place(|| app.service.account.plan(&spec));
    let planned = planned.map_err(|refused| Refusal::new(409, "Conflict", refused.to_string()))?;
    let plan = PlanJson::of(&spec, &planned.plan);
    app.forecasts.keep(&pending.update, &manner(asked), &plan);
    Ok(PlanAnswer {
        update: pending.update,
        projected: planned.projected.is_some(),
        projected_because: planned.projected,
        plan,
    })
}

/// Starts the update; the group is `UPDATING` before this returns. Where updates are declared, it is declared, as wished
/// for by somebody.
pub(crate) async fn begin<A: Account>(
    app: &App<A>,
    asked: &UpdateRequest,
    by: &str,
) -> Result<BegunAnswer, Refusal> {
    let start = start(app, asked)?;
    if let Some(declared) = &app.declared {
        let update = declared.begin(by, &start).await?;
        until_known(app, &update).await;
        app.forecasts.begin(&update, &manner(asked));
        let (cluster, nodegroup) = (asked.cluster.clone(), asked.nodegroup.clone());
        return Ok(BegunAnswer { update, cluster, nodegroup });
    }
    let tokened = start.tokened();
    let answer = match tokened.replayed(&app.service.records)? {
        Some(answer) => answer,
        None => {
            let pending = start_update::prepare(&app.service, &start, IdFrom::Situation).await?;
            start_update::begin(&app.service, &tokened, pending)?
        }
    };
    let Recorded { update } = records::read(&answer)?;
    app.forecasts.begin(&update.id, &manner(asked));
    Ok(BegunAnswer { update: update.id, cluster: asked.cluster.clone(), nodegroup: asked.nodegroup.clone() })
}

/// Waits a while until an update that was declared has begun, so that whoever asked for it can look at it.
async fn until_known<A: Account>(app: &App<A>, update: &str) {
    let mut news = app.service.feed.news();
    let begins = async {
        while super::updates::show(app, update).is_err() {
            // What is on record and has taken no turn yet tells nobody.
            let _told = timeout(LOOKS, news.changed()).await;
        }
    };
    let _in_time = timeout(BEGINS_WITHIN, begins).await;
}

/// The request without the token, which says nothing of what is asked for.
fn manner(asked: &UpdateRequest) -> Value {
    json!(UpdateRequest { client_request_token: None, ..asked.clone() })
}

/// The request as the service takes it. A launch template version is one of the group's own template.
fn start<A: Account>(app: &App<A>, asked: &UpdateRequest) -> Result<StartUpdate, Refusal> {
    check(asked)?;
    let template = match &asked.launch_template_version {
        None => None,
        Some(version) => {
            let group = records::nodegroup(&app.service.records, &asked.cluster, &asked.nodegroup)?;
            let Some(template) = group.launch_template else {
                let said =
                    "The node group has no launch template of its own, so there are no versions of it.";
                return Err(Refusal::bad(format!("launchTemplateVersion: {version}: {said}")));
            };
            Some(TemplateRequest { by: TemplateBy::Id(template.id), version: Some(version.clone()) })
        }
    };
    Ok(StartUpdate {
        cluster: asked.cluster.clone(),
        group: asked.nodegroup.clone(),
        version: asked.version.clone(),
        release_version: asked.release_version.clone(),
        template,
        image: None,
        force: asked.force,
        config: UpdateConfigChange {
            max_unavailable: asked.max_unavailable.map(u64::from),
            max_unavailable_percentage: asked.max_unavailable_percentage.map(u64::from),
            update_strategy: asked.strategy.clone(),
        },
        order: asked.order,
        token: asked.client_request_token.clone(),
    })
}

/// The checks that the model of EKS would make.
fn check(asked: &UpdateRequest) -> Result<(), Refusal> {
    for (name, value) in [("cluster", &asked.cluster), ("nodegroup", &asked.nodegroup)] {
        Refusal::unless_named(name, value)?;
    }
    let texts = [
        ("version", &asked.version),
        ("releaseVersion", &asked.release_version),
        ("launchTemplateVersion", &asked.launch_template_version),
        ("clientRequestToken", &asked.client_request_token),
    ];
    for (name, text) in texts {
        Refusal::unless_filled(name, text.as_ref())?;
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
        None | Some("DEFAULT" | "MINIMAL" | "REPLACE") => Ok(()),
        Some(other) => {
            Err(Refusal::bad(format!("strategy: {other} is none of DEFAULT, MINIMAL and REPLACE")))
        }
    }
}
