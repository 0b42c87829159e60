//! `DescribeLaunchTemplates` and `DescribeLaunchTemplateVersions`.

use replank_service::ports::Account;
use replank_service::ports::launch_templates::OwnTemplate;
use serde_json::Value;

use super::failure::Ec2Error;
use super::{data, pages};
use crate::app::App;
use crate::given::Given;
use crate::xml::escaped;
use replank_service::launch_template::lookup::{self as templates, Named, NotFound};

/// `DescribeLaunchTemplates`.
pub(super) async fn templates<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let (ids, names) = (given.list("LaunchTemplateId"), given.list("LaunchTemplateName"));
    let filters = pages::filters(given, &["launch-template-name", "create-time"])?;
    let mut found = templates::all(&app.service).await?;
    if let Some(id) = ids.iter().find(|id| !found.iter().any(|it| it.id == **id)) {
        return Err(NotFound::Id((*id).to_owned()).into());
    }
    if let Some(name) = names.iter().find(|name| !found.iter().any(|it| it.name == **name)) {
        return Err(NotFound::Name((*name).to_owned()).into());
    }
    found.retain(|it| {
        let properties = [("launch-template-name", &*it.name), ("create-time", &*it.created_at)];
        (ids.is_empty() || ids.contains(&&*it.id))
            && (names.is_empty() || names.contains(&&*it.name))
            && pages::passes(&filters, &properties, &it.tags)
    });
    let (page, token) = pages::page(given, found, |it| it.id.clone())?;
    let items: String = page.iter().map(|it| format!("<item>{}</item>", template(app, it))).collect();
    Ok(format!("<launchTemplates>{items}</launchTemplates>{token}"))
}

/// `DescribeLaunchTemplateVersions`, newest first; of all templates when only `$Latest` or `$Default` is asked for.
pub(super) async fn versions<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let wanted = given.list("LaunchTemplateVersion");
    let filters = pages::filters(given, &["image-id", "instance-type", "is-default-version"])?;
    let all = match named(given)? {
        Some(named) => vec![templates::find(&app.service, named).await?],
        None if !wanted.is_empty() && wanted.iter().all(|it| it.starts_with('$')) => {
            templates::all(&app.service).await?
        }
        None => {
            let said = "You must specify a launch template ID or name when a version number is asked for.";
            return Err(Ec2Error::new("MissingParameter", said));
        }
    };
    let mut found: Vec<(&OwnTemplate, u64)> = Vec::new();
    for template in &all {
        let numbers = match &wanted[..] {
            [] => template.versions.keys().rev().copied().filter(|it| within(given, *it)).collect(),
            named => {
                named.iter().map(|it| templates::version(template, it)).collect::<Result<Vec<_>, _>>()?
            }
        };
        found.extend(numbers.into_iter().map(|number| (template, number)));
    }
    found.retain(|(template, number)| {
        let says = templates::says(template, *number);
        let text = |name: &str| says[name].as_str().unwrap_or_default().to_owned();
        let (image, kind) = (text("imageId"), text("instanceType"));
        let default = (*number == template.default).to_string();
        let properties =
            [("image-id", &*image), ("instance-type", &*kind), ("is-default-version", &*default)];
        pages::passes(&filters, &properties, &template.tags)
    });
    let (page, token) = pages::page(given, found, |(template, number)| format!("{} {number}", template.id))?;
    let items =
        page.iter().map(|(template, number)| format!("<item>{}</item>", version(app, template, *number)));
    let items: String = items.collect();
    Ok(format!("<launchTemplateVersionSet>{items}</launchTemplateVersionSet>{token}"))
}

/// Whether a version number is between `MinVersion` and `MaxVersion`.
fn within(given: &Given, number: u64) -> bool {
    let bound = |name| given.given(name).and_then(|text| text.parse::<u64>().ok());
    bound("MinVersion").is_none_or(|min| min <= number) && bound("MaxVersion").is_none_or(|max| number <= max)
}

/// How the request identifies its template; `None` when it does not. Id and name together are refused.
pub(super) fn named(given: &Given) -> Result<Option<Named<'_>>, Ec2Error> {
    match (given.given("LaunchTemplateId"), given.given("LaunchTemplateName")) {
        (Some(_), Some(_)) => {
            let said =
                "The request must contain either a launch template ID or a launch template name, not both";
            Err(Ec2Error::new("InvalidParameterCombination", said))
        }
        (Some(id), None) => Ok(Some(Named::Id(id))),
        (None, Some(name)) => Ok(Some(Named::Name(name))),
        (None, None) => Ok(None),
    }
}

/// Content of a template's XML element.
pub(super) fn template<A: Account>(app: &App<A>, it: &OwnTemplate) -> String {
    format!(
        "<launchTemplateId>{}</launchTemplateId><launchTemplateName>{}</launchTemplateName><createTime>{}</createTime>\
         <createdBy>{}</createdBy><defaultVersionNumber>{}</defaultVersionNumber><latestVersionNumber>{}\
         </latestVersionNumber>{}",
        escaped(&it.id),
        escaped(&it.name),
        made_at(app, &it.created_at),
        escaped(&app.service.identity.user_arn()),
        it.default,
        it.latest,
        tags(it),
    )
}

fn tags(it: &OwnTemplate) -> String {
    if it.tags.is_empty() {
        return String::new();
    }
    let tag = |(key, value): (&String, &String)| {
        format!("<item><key>{}</key><value>{}</value></item>", escaped(key), escaped(value))
    };
    format!("<tagSet>{}</tagSet>", it.tags.iter().map(tag).collect::<String>())
}

/// Content of a version's XML element.
pub(super) fn version<A: Account>(app: &App<A>, it: &OwnTemplate, number: u64) -> String {
    let found = it.versions.get(&number);
    let description = found.and_then(|found| found.description.as_deref());
    let description = description
        .map_or(String::new(), |said| format!("<versionDescription>{}</versionDescription>", escaped(said)));
    let says: Value = templates::says(it, number);
    format!(
        "<launchTemplateId>{}</launchTemplateId><launchTemplateName>{}</launchTemplateName><versionNumber>{number}\
         </versionNumber>{description}<createTime>{}</createTime><createdBy>{}</createdBy><defaultVersion>{}\
         </defaultVersion><launchTemplateData>{}</launchTemplateData>",
        escaped(&it.id),
        escaped(&it.name),
        made_at(app, found.map_or("", |found| &found.created_at)),
        escaped(&app.service.identity.user_arn()),
        number == it.default,
        data::xml(&says),
    )
}

/// When a template was created. One that is older than the records gets the time of the oldest cluster.
fn made_at<A: Account>(app: &App<A>, at: &str) -> String {
    if !at.is_empty() {
        return at.to_owned();
    }
    let clusters = app.service.records.all(replank_service::records::Kind::Cluster);
    let first = clusters.iter().filter_map(|(_, it)| it.document["createdAt"].as_f64());
    let first = first.fold(f64::INFINITY, f64::min);
    let at = jiff::Timestamp::from_second(first as i64).ok().filter(|_| first.is_finite());
    at.unwrap_or_else(|| whole(replank_service::now())).to_string()
}

/// A time without fractions of a second.
pub(super) fn whole(at: jiff::Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(at.as_second()).unwrap_or(at)
}
