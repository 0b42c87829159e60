//! Finding a launch template and one of its versions.

use replank_engine::ports::account::Account;
use replank_engine::ports::templates::{OwnTemplate, OwnVersion};
use serde_json::{Value, json};

use super::failure::Failure;
use crate::app::App;
use crate::eks::record::{self, Nodegroup};

/// How a request names a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named<'a> {
    /// By its id.
    Id(&'a str),
    /// By its name.
    Name(&'a str),
}

/// Every template: the user's own, and those that were made for node groups, which are called `eks-<uuid>`.
pub(super) async fn all<A: Account>(app: &App<A>) -> Result<Vec<OwnTemplate>, Failure> {
    let unread = |error: replank_engine::ports::ReadError| Failure::internal(error.to_string());
    let mut found = app.account.own_templates().await.map_err(unread)?;
    for (_, record) in app.estate.all(replank_engine::estate::Kind::NodeGroup) {
        let Ok(group) = record::read::<Nodegroup>(&record.document) else { continue };
        let scaling = app.account.scaling_group(&group.cluster_name, &group.nodegroup_name).await;
        let Some(scaling) = scaling.map_err(unread)? else { continue };
        let made = app.account.template_versions(&scaling.template).await.map_err(unread)?;
        let Some(latest) = made.keys().next_back().copied() else { continue };
        let uuid = group.nodegroup_arn.rsplit('/').next().unwrap_or_default();
        let version = |(number, made): (u64, replank_engine::ports::account::TemplateVersion)| {
            let data = json!({ "imageId": made.image, "instanceType": made.instance_type }).to_string();
            (number, OwnVersion { description: None, created_at: String::new(), data, token: None })
        };
        let tags = [("eks:cluster-name", &group.cluster_name), ("eks:nodegroup-name", &group.nodegroup_name)];
        found.push(OwnTemplate {
            id: scaling.template,
            name: format!("eks-{uuid}"),
            created_at: stamp(group.created_at),
            default: 1,
            latest,
            versions: made.into_iter().map(version).collect(),
            tags: tags.map(|(key, value)| (key.to_owned(), value.clone())).into(),
        });
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(found)
}

/// A time as EC2 prints it.
fn stamp(seconds: f64) -> String {
    let at = jiff::Timestamp::from_second(seconds as i64).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    at.to_string()
}

/// The template that is named.
pub(crate) async fn find<A: Account>(app: &App<A>, named: Named<'_>) -> Result<OwnTemplate, Failure> {
    let mut all = all(app).await?.into_iter();
    match named {
        Named::Id(id) => all.find(|template| template.id == id).ok_or_else(|| Failure::no_template(id)),
        Named::Name(name) => all.find(|template| template.name == name).ok_or_else(|| Failure::no_name(name)),
    }
}

/// The number of a version that is named by it, or as `$Latest` or `$Default`.
pub(crate) fn version(template: &OwnTemplate, named: &str) -> Result<u64, Failure> {
    let number = match named {
        "$Latest" => Some(template.versions.keys().next_back().copied().unwrap_or(template.latest)),
        "$Default" => Some(template.default),
        number => number.parse().ok(),
    };
    let number = number.filter(|number| template.versions.contains_key(number));
    number.ok_or_else(|| Failure::no_version(&template.id, named))
}

/// What a version says.
pub(crate) fn says(template: &OwnTemplate, version: u64) -> Value {
    let found = template.versions.get(&version);
    found.and_then(|found| serde_json::from_str(&found.data).ok()).unwrap_or_else(|| json!({}))
}
