//! Tags of groups.

use std::collections::BTreeMap;

use replank_service::ports::Account;
use replank_service::ports::auto_scaling::{Call, Tag};
use serde_json::Value;

use super::change::carried_out;
use super::failure::AutoScalingError;
use super::{Answer, pages, xml};
use crate::app::App;
use crate::given::Given;

/// Keys that AWS keeps for itself.
const RESERVED: [&str; 2] = ["aws:", "eks:"];

/// `DescribeTags`.
pub(super) async fn describe<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let known = ["auto-scaling-group", "key", "value", "propagate-at-launch"];
    let filters = pages::filters(given, &known)?;
    let groups = app.service.account.auto_scaling_groups().await?;
    let all = groups.iter().flat_map(|group| group.tags.iter().map(move |tag| (&*group.name, tag)));
    let passes = |group: &str, tag: &Tag| {
        filters.iter().all(|filter| match &*filter.name {
            "auto-scaling-group" => filter.has(group),
            "key" => filter.has(&tag.key),
            "value" => filter.has(&tag.value),
            _ => filter.has(&tag.propagates.to_string()),
        })
    };
    let found = all.filter(|(group, tag)| passes(group, tag)).collect();
    let (page, token) = pages::page(given, found, |(group, tag)| format!("{group} {}", tag.key))?;
    Ok(xml::list("Tags", page.iter().map(|(group, tag)| self::tag(group, tag))) + &token)
}

/// Content of a tag's element.
pub(super) fn tag(group: &str, tag: &Tag) -> String {
    [
        xml::text("ResourceId", group),
        xml::text("ResourceType", "auto-scaling-group"),
        xml::text("Key", &tag.key),
        xml::text("Value", &tag.value),
        xml::text("PropagateAtLaunch", tag.propagates),
    ]
    .concat()
}

/// `CreateOrUpdateTags`.
pub(super) async fn put<A: Account>(app: &App<A>, given: &Given) -> Answer {
    for (group, tags) in by_group(given)? {
        carried_out(app, &group, &Call::Tags { set: tags, remove: Vec::new() }).await?;
    }
    Ok(String::new())
}

/// `DeleteTags`.
pub(super) async fn delete<A: Account>(app: &App<A>, given: &Given) -> Answer {
    for (group, tags) in by_group(given)? {
        let remove = tags.into_iter().map(|tag| tag.key).collect();
        carried_out(app, &group, &Call::Tags { set: Vec::new(), remove }).await?;
    }
    Ok(String::new())
}

/// The tags of a request by the group that each names.
fn by_group(given: &Given) -> Result<BTreeMap<String, Vec<Tag>>, AutoScalingError> {
    let mut groups: BTreeMap<String, Vec<Tag>> = BTreeMap::new();
    for (group, tag) in self::given(given) {
        if group.is_empty() {
            return Err(AutoScalingError::missing("ResourceId"));
        }
        if tag.key.is_empty() {
            return Err(AutoScalingError::missing("Key"));
        }
        if let Some(prefix) = RESERVED.iter().find(|prefix| tag.key.starts_with(**prefix)) {
            let said = format!("{}: tag keys that begin with {prefix} are reserved.", tag.key);
            return Err(AutoScalingError::invalid(said));
        }
        groups.entry(group).or_default().push(tag);
    }
    Ok(groups)
}

/// The tags of a request, each with the group that it names.
pub(super) fn given(given: &Given) -> Vec<(String, Tag)> {
    let tags = given.structure("Tags.member").unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let read = |tag: &Value| {
        let propagates = text(&tag["propagateAtLaunch"]).eq_ignore_ascii_case("true");
        (text(&tag["resourceId"]), Tag { key: text(&tag["key"]), value: text(&tag["value"]), propagates })
    };
    tags.as_array().into_iter().flatten().map(read).collect()
}
