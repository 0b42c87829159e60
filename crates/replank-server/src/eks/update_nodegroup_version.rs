//! `UpdateNodegroupVersion`: which image, by the rules of the service; then an update of the engine.

use replank_core::version::{Minor, Reach};
use replank_engine::estate::{Key, Kind};
use replank_engine::ports::account::{Account, Image, Refused, ScalingGroup};
use serde_json::{Value, json};

use super::launch_template::{self, Template};
use super::params::{group_of, takes_update};
use super::record::{Cluster, Nodegroup, NodegroupStatus, Owner, Update, VersionWish, Wish};
use super::{Exception, Failure, Input, group_rules, image, record, rollback, token};
use crate::app::{self, App};

/// Begins an update. The group is `UPDATING` before this answers.
pub(super) async fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    if let Some(answer) = token::replayed(app, input)? {
        return Ok(answer);
    }
    let wish = prepared(app, input).await?;
    begin(app, input, wish)
}

/// What the update would be, by all rules of the service; nothing is on record yet. Where the input has an
/// `updateConfig`, it goes before that of the group, for this update alone.
pub(crate) async fn prepared<A: Account>(app: &App<A>, input: &Input) -> Result<VersionWish, Failure> {
    let (cluster, group) = group_of(app, input)?;
    takes_update(&cluster, &group)?;
    let about = |failure: Failure| failure.cluster(&cluster.name).nodegroup(&group.nodegroup_name);
    if input.value("launchTemplate").is_some() && group.launch_template.is_none() {
        return Err(about(launch_template::created_without()));
    }
    let template = launch_template::named(app, input).await.map_err(about)?;
    if group.ami_type == "CUSTOM" {
        launch_template::no_version(input).map_err(about)?;
    }
    launch_template::follows(&group, template.as_ref()).map_err(about)?;
    let image = match template.as_ref().and_then(Template::image) {
        Some(own) => Image { id: own.to_owned(), release: own.to_owned(), minor: String::new() },
        None => {
            let back = back(app, &cluster);
            let minor = minor(&cluster, &group, back, input.given("version")).map_err(about)?;
            let release = input.given("releaseVersion");
            image::released(app, &group.ami_type, &minor.to_string(), release).await.map_err(about)?
        }
    };
    let config = match input.value("updateConfig") {
        Some(given) => group_rules::update_config(&group.update_config, given).map_err(about)?,
        None => group.update_config.clone(),
    };
    let scaling = app.account.scaling_group(&cluster.name, &group.nodegroup_name).await?;
    let scaling = scaling.ok_or_else(|| {
        let said = format!("The Auto Scaling group of node group {} is gone.", group.nodegroup_name);
        about(Failure::new(Exception::InvalidRequest, said))
    })?;
    let mut wish = VersionWish { config, ..wish(&group, image, scaling, input.flag("force")) };
    if let Some(template) = &template {
        let sourced = app.account.sourced(&cluster.name, &group.nodegroup_name, &template.source()).await;
        let failed = |refused: Refused| Failure::new(Exception::Server, refused.to_string());
        wish.settings = sourced.map_err(failed).map_err(about)?.settings.to_string();
        wish.source = Some(template.shown.clone());
    }
    Ok(wish)
}

/// Puts the update on record, unless the same client asked for the same before.
pub(crate) fn begin<A: Account>(app: &App<A>, input: &Input, wish: VersionWish) -> Result<Value, Failure> {
    let answer = token::once(app, input, |change| {
        let cluster = record::cluster(&app.estate, &wish.cluster)?;
        let mut group = record::nodegroup_in(change, &wish.cluster, &wish.group)?;
        takes_update(&cluster, &group)?;
        let update = Update::begun(&wish.update, "VersionUpdate", wish.params());
        group.status = NodegroupStatus::Updating;
        record::put_nodegroup(change, &group);
        update.put(change, &cluster.name, Owner::Nodegroup(group.nodegroup_name));
        let key = Key::new(Kind::Wish, &cluster.name, &wish.update);
        change.put(key, record::written(&Wish::NodegroupVersion(Box::new(wish))));
        Ok(json!({ "update": update }))
    })?;
    (app.wake)();
    Ok(answer)
}

/// The minor that the cluster may go back to, which its node groups do before it.
fn back<A: Account>(app: &App<A>, cluster: &Cluster) -> Option<Minor> {
    let updates = app.estate.list(Kind::Update, &cluster.name).into_iter();
    rollback::previous(updates.map(|(_, record)| record.document.clone()), app::now())
}

/// The Kubernetes minor that is meant: the group's own when none is named (EKS: the operation's own text).
fn minor(
    cluster: &Cluster,
    group: &Nodegroup,
    back: Option<Minor>,
    asked: Option<&str>,
) -> Result<Minor, Failure> {
    let own = group.version.as_deref();
    let reach = Reach { own: own.and_then(Minor::parse), cluster: Minor::parse(&cluster.version), back };
    let Some(wanted) = asked.or(own) else {
        return Err(Failure::invalid("The Kubernetes version of the node group is not known; name one."));
    };
    reach.check(wanted).map_err(|error| Failure::invalid(error.to_string()))
}

fn wish(group: &Nodegroup, image: Image, scaling: ScalingGroup, force: bool) -> VersionWish {
    VersionWish {
        update: app::uuid(),
        cluster: group.cluster_name.clone(),
        group: group.nodegroup_name.clone(),
        template: scaling.template,
        image: image.id,
        settings: scaling.content.settings.to_string(),
        release: image.release,
        version: Some(image.minor).filter(|minor| !minor.is_empty()),
        source: None,
        force,
        config: group.update_config.clone(),
    }
}
