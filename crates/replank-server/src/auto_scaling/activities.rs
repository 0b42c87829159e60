//! `DescribeScalingActivities`.

use replank_service::ports::Account;
use replank_service::ports::auto_scaling::{Activity, Group};
use serde_json::json;

use super::failure::AutoScalingError;
use super::{Answer, pages, xml};
use crate::app::App;
use crate::given::Given;
use crate::record_view::RecordView;

/// `DescribeScalingActivities`, newest first.
pub(super) async fn describe<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let ids = given.list("ActivityIds.member");
    let _none = pages::filters(given, &[])?;
    let groups = app.service.account.auto_scaling_groups().await?;
    let named = given.given("AutoScalingGroupName");
    if let Some(name) = named.filter(|name| !groups.iter().any(|group| group.name == **name)) {
        return Err(AutoScalingError::no_group(name));
    }
    let wanted = groups.iter().filter(|group| named.is_none_or(|name| group.name == name));
    let mut found = Vec::new();
    for group in wanted {
        found.extend(app.service.account.activities(&group.name).await?);
    }
    // Of one group they come in their order already, also those of one instant.
    found.sort_by_key(|one| std::cmp::Reverse(one.started_at));
    found.retain(|one| ids.is_empty() || ids.contains(&&*one.id));
    let (page, token) = pages::page(given, found, |one| one.id.clone())?;
    let view = RecordView::read(app).await?;
    let of = |one: &Activity| groups.iter().find(|group| group.name == one.group);
    let items = page.iter().map(|one| activity(&view, of(one), one));
    Ok(xml::list("Activities", items) + &token)
}

/// Content of an activity's element.
pub(super) fn activity(view: &RecordView, group: Option<&Group>, one: &Activity) -> String {
    let cluster = group.map_or("", |group| &group.cluster);
    let details = json!({
        "Subnet ID": view.subnet(group, cluster, &one.zone), "Availability Zone": one.zone,
    });
    [
        xml::text("ActivityId", &one.id),
        xml::text("AutoScalingGroupName", &one.group),
        xml::text("Description", &one.description),
        xml::text("Cause", &one.cause),
        xml::text("StartTime", one.started_at),
        xml::maybe("EndTime", one.ended_at),
        xml::text("StatusCode", one.status),
        xml::maybe("StatusMessage", one.message.as_ref()),
        xml::text("Progress", if one.status == "InProgress" { 50 } else { 100 }),
        xml::text("Details", details),
        xml::maybe("AutoScalingGroupARN", group.map(|group| view.group_arn(group))),
    ]
    .concat()
}
