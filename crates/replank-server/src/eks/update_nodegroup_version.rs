//! `UpdateNodegroupVersion`: starts an update.

use replank_service::ports::Account;
use replank_service::records::UpdateConfigChange;
use replank_service::start_update::{self, IdFrom, StartUpdate};
use serde_json::Value;

use super::{EksError, Input, launch_template, token};
use crate::app::App;

/// Records the pending update. The group is `UPDATING` before this returns.
pub(super) async fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, EksError> {
    let tokened = token::of(input);
    if let Some(answer) = tokened.replayed(&app.service.records)? {
        return Ok(answer);
    }
    let pending = start_update::prepare(&app.service, &asked(input)?, IdFrom::Chance).await?;
    Ok(start_update::begin(&app.service, &tokened, pending)?)
}

fn asked(input: &Input) -> Result<StartUpdate, EksError> {
    let text = |name: &str| input.given(name).map(str::to_owned);
    Ok(StartUpdate {
        cluster: input.text("clusterName").to_owned(),
        group: input.text("nodegroupName").to_owned(),
        version: text("version"),
        release_version: text("releaseVersion"),
        template: launch_template::asked(input)?,
        image: None,
        force: input.flag("force"),
        config: UpdateConfigChange::default(),
        order: None,
        token: text("clientRequestToken"),
    })
}
