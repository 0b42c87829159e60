//! `LaunchInstances`.

use replank_service::ports::Account;
use replank_service::ports::auto_scaling::{Call, Group};
use replank_service::zone;

use super::change::{carried_out, count, named};
use super::failure::AutoScalingError;
use super::{Answer, xml};
use crate::app::App;
use crate::given::Given;
use crate::record_view::RecordView;

/// Most instances of one request.
const CAPACITY_MAX: u32 = 100;

/// `LaunchInstances`.
pub(super) async fn launch<A: Account>(app: &App<A>, given: &Given) -> Answer {
    let name = named(given)?;
    let token = given.given("ClientToken").ok_or_else(|| AutoScalingError::missing("ClientToken"))?;
    let count =
        count(given, "RequestedCapacity")?.ok_or_else(|| AutoScalingError::missing("RequestedCapacity"))?;
    if !(1..=CAPACITY_MAX).contains(&count) {
        let said =
            format!("RequestedCapacity: {count} is not accepted; give a number from 1 to {CAPACITY_MAX}.");
        return Err(AutoScalingError::invalid(said));
    }
    let retries = match given.given("RetryStrategy") {
        None | Some("none") => false,
        Some("retry-with-group-configuration") => true,
        Some(other) => {
            let said = format!("RetryStrategy: {other} is not one of none, retry-with-group-configuration.");
            return Err(AutoScalingError::invalid(said));
        }
    };
    let groups = app.service.account.auto_scaling_groups().await?;
    let group =
        groups.iter().find(|group| group.name == name).ok_or_else(|| AutoScalingError::no_group(name))?;
    let view = RecordView::read(app).await?;
    let zone = zone(&view, group, given)?;
    let call = Call::Launch { zone: zone.clone(), count, token: token.to_owned(), retries };
    let done = carried_out(app, name, &call).await?;
    let place = [
        xml::text("InstanceType", &group.instance_type),
        xml::text("MarketType", if view.is_spot(group) { "spot" } else { "on-demand" }),
        xml::text("SubnetId", view.subnet(Some(group), &group.cluster, &zone)),
        xml::text("AvailabilityZone", &zone),
        xml::text("AvailabilityZoneId", zone::id(&view.region, &zone)),
    ]
    .concat();
    let launched =
        (!done.launched.is_empty()).then(|| place.clone() + &xml::texts("InstanceIds", &done.launched));
    let failed = done
        .failure
        .map(|(code, message)| place + &xml::text("ErrorCode", code) + &xml::text("ErrorMessage", message));
    Ok([
        xml::text("AutoScalingGroupName", name),
        xml::text("ClientToken", token),
        xml::list("Instances", launched),
        xml::list("Errors", failed),
    ]
    .concat())
}

/// The zone that a request names: one, in one of three ways; a group of one zone needs none.
fn zone(view: &RecordView, group: &Group, given: &Given) -> Result<String, AutoScalingError> {
    let place = |name: &str| given.list(&format!("{name}.member"));
    let [names, ids, subnets] = ["AvailabilityZones", "AvailabilityZoneIds", "SubnetIds"].map(place);
    let known = |wanted: &str, of: &dyn Fn(&str) -> String| {
        group.zones.iter().find(|zone| of(zone) == wanted).cloned().ok_or_else(|| {
            let there = group.zones.iter().map(|zone| of(zone)).collect::<Vec<_>>().join(", ");
            AutoScalingError::invalid(format!("The group {} has no {wanted}; it has {there}.", group.name))
        })
    };
    match (&names[..], &ids[..], &subnets[..], &group.zones[..]) {
        ([name], [], [], _) => known(name, &|zone| zone.to_owned()),
        ([], [id], [], _) => known(id, &|zone| zone::id(&view.region, zone)),
        ([], [], [subnet], _) => known(subnet, &|zone| view.subnet(Some(group), &group.cluster, zone)),
        ([], [], [], [only]) => Ok(only.clone()),
        _ => Err(AutoScalingError::invalid(
            "A group of several Availability Zones needs exactly one of AvailabilityZones, AvailabilityZoneIds and \
             SubnetIds, with one value.",
        )),
    }
}
