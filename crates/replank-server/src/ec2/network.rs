//! `DescribeSubnets`, `DescribeVpcs` and `DescribeAvailabilityZones`.

use std::collections::BTreeMap;

use replank_service::ports::Account;
use replank_service::records::found::subnet;
use replank_service::zone;

use super::failure::Ec2Error;
use super::pages;
use crate::app::App;
use crate::given::Given;
use crate::record_view::RecordView;

/// Free addresses of a subnet of 8,192 addresses without limits, less those that AWS keeps.
const FREE: u32 = 8_187;

/// Addresses of a VPC, of which each subnet has a part.
const VPC_BLOCK: &str = "10.0.0.0/16";

/// A subnet: those of clusters that were there from the start have one in each zone.
struct Subnet {
    id: String,
    zone: String,
    vpc: String,
    cluster: String,
    free: u32,
    number: usize,
}

/// `DescribeSubnets`, of all clusters.
pub(super) async fn subnets<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let ids = given.list("SubnetId");
    let filters = pages::filters(given, &["availability-zone", "state", "subnet-id", "vpc-id"])?;
    let zones = app.service.account.zones().await?;
    let limits = app.service.account.zone_limits().await?;
    let groups = app.service.account.auto_scaling_groups().await?;
    let view = RecordView::read(app).await?;
    let mut found: BTreeMap<String, Subnet> = BTreeMap::new();
    let mut put = |id: String, zone: &String, cluster: &str| {
        let number = zones.iter().position(|known| known == zone).unwrap_or_default();
        let free = limits.get(zone).and_then(|it| it.addresses).unwrap_or(FREE);
        let (vpc, zone, cluster) = (view.vpc(cluster), zone.clone(), cluster.to_owned());
        found.entry(id.clone()).or_insert(Subnet { id, zone, vpc, cluster, free, number });
    };
    for group in &groups {
        for (zone, id) in group.zones.iter().zip(view.subnets(group)) {
            put(id, zone, &group.cluster);
        }
    }
    for cluster in view.clusters() {
        for zone in &zones {
            put(subnet(&cluster.name, zone), zone, &cluster.name);
        }
        // Subnets that a cluster was made with lie in the zones in turn, as for its node groups.
        let own = cluster.rest.get("resourcesVpcConfig").and_then(|it| it["subnetIds"].as_array());
        let own = own.into_iter().flatten().filter_map(serde_json::Value::as_str);
        own.zip(zones.iter().cycle()).for_each(|(id, zone)| put(id.to_owned(), zone, &cluster.name));
    }
    if let Some(missing) = ids.iter().find(|id| !found.contains_key(**id)) {
        let said = format!("The subnet ID '{missing}' does not exist");
        return Err(Ec2Error::new("InvalidSubnetID.NotFound", said));
    }
    let wanted = |one: &Subnet| {
        let properties = [
            ("availability-zone", &*one.zone),
            ("state", "available"),
            ("subnet-id", &*one.id),
            ("vpc-id", &*one.vpc),
        ];
        (ids.is_empty() || ids.contains(&&*one.id)) && pages::passes(&filters, &properties, &tags(one))
    };
    let found: Vec<Subnet> = found.into_values().filter(wanted).collect();
    let (page, token) = pages::page_of(given, found, 1_000, |one| one.id.clone())?;
    let items: String = page.iter().map(|one| format!("<item>{}</item>", shown(&view, one))).collect();
    Ok(format!("<subnetSet>{items}</subnetSet>{token}"))
}

fn tags(one: &Subnet) -> BTreeMap<String, String> {
    BTreeMap::from([(format!("kubernetes.io/cluster/{}", one.cluster), "shared".to_owned())])
}

fn shown(view: &RecordView, one: &Subnet) -> String {
    let Subnet { id, zone, vpc, free, number, .. } = one;
    let (region, account) = (&view.region, &view.account);
    let tags: String = tags(one)
        .iter()
        .map(|(key, value)| format!("<item><key>{key}</key><value>{value}</value></item>"))
        .collect();
    format!(
        "<subnetId>{id}</subnetId><subnetArn>arn:aws:ec2:{region}:{account}:subnet/{id}</subnetArn><state>available\
         </state><ownerId>{account}</ownerId><vpcId>{vpc}</vpcId><cidrBlock>10.0.{}.0/19</cidrBlock>\
         <availableIpAddressCount>{free}</availableIpAddressCount><availabilityZone>{zone}</availabilityZone>\
         <availabilityZoneId>{}</availabilityZoneId><defaultForAz>false</defaultForAz><mapPublicIpOnLaunch>false\
         </mapPublicIpOnLaunch><tagSet>{tags}</tagSet>",
        number * 32,
        zone::id(region, zone),
    )
}

/// `DescribeVpcs`: each cluster has one, with room for its subnets.
pub(super) async fn vpcs<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let ids = given.list("VpcId");
    let filters = pages::filters(given, &["cidr", "is-default", "state", "vpc-id"])?;
    let view = RecordView::read(app).await?;
    let known = view.clusters().map(|cluster| (view.vpc(&cluster.name), cluster.name.clone()));
    let known: BTreeMap<String, String> = known.filter(|(id, _)| !id.is_empty()).collect();
    if let Some(missing) = ids.iter().find(|id| !known.contains_key(**id)) {
        let said = format!("The vpc ID '{missing}' does not exist");
        return Err(Ec2Error::new("InvalidVpcID.NotFound", said));
    }
    let tags = |cluster: &String| {
        BTreeMap::from([(format!("kubernetes.io/cluster/{cluster}"), "shared".to_owned())])
    };
    let wanted = |(id, cluster): &(String, String)| {
        let properties =
            [("cidr", VPC_BLOCK), ("is-default", "false"), ("state", "available"), ("vpc-id", id)];
        (ids.is_empty() || ids.contains(&&**id)) && pages::passes(&filters, &properties, &tags(cluster))
    };
    let found: Vec<(String, String)> = known.into_iter().filter(wanted).collect();
    let (page, token) = pages::page_of(given, found, 1_000, |(id, _)| id.clone())?;
    let item = |(id, cluster): &(String, String)| {
        let account = &view.account;
        format!(
            "<item><vpcId>{id}</vpcId><ownerId>{account}</ownerId><state>available</state><cidrBlock>{VPC_BLOCK}\
             </cidrBlock><cidrBlockAssociationSet><item><cidrBlock>{VPC_BLOCK}</cidrBlock><associationId>\
             vpc-cidr-assoc-{}</associationId><cidrBlockState><state>associated</state></cidrBlockState></item>\
             </cidrBlockAssociationSet><dhcpOptionsId>default</dhcpOptionsId><instanceTenancy>default</instanceTenancy>\
             <isDefault>false</isDefault><tagSet><item><key>kubernetes.io/cluster/{cluster}</key><value>shared</value>\
             </item></tagSet></item>",
            id.trim_start_matches("vpc-"),
        )
    };
    let items: String = page.iter().map(item).collect();
    Ok(format!("<vpcSet>{items}</vpcSet>{token}"))
}

/// `DescribeAvailabilityZones`.
pub(super) async fn zones<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let (names, ids) = (given.list("ZoneName"), given.list("ZoneId"));
    let filters = pages::filters(given, &["region-name", "state", "zone-id", "zone-name", "zone-type"])?;
    let region = &app.service.identity.region;
    let mut found: Vec<(String, String)> = Vec::new();
    for name in app.service.account.zones().await? {
        found.push((zone::id(region, &name), name));
    }
    if let Some(wrong) = names.iter().find(|name| !found.iter().any(|(_, known)| known == **name)) {
        return Err(Ec2Error::new("InvalidParameterValue", format!("Invalid availability zone: [{wrong}]")));
    }
    let wanted = |(id, name): &&(String, String)| {
        let properties = [
            ("region-name", &**region),
            ("state", "available"),
            ("zone-id", &**id),
            ("zone-name", &**name),
            ("zone-type", "availability-zone"),
        ];
        (names.is_empty() || names.contains(&&**name))
            && (ids.is_empty() || ids.contains(&&**id))
            && pages::passes(&filters, &properties, &BTreeMap::new())
    };
    let item = |(id, name): &(String, String)| {
        format!(
            "<item><optInStatus>opt-in-not-required</optInStatus><messageSet/><regionName>{region}</regionName>\
             <zoneName>{name}</zoneName><zoneId>{id}</zoneId><groupName>{region}-zg-1</groupName><networkBorderGroup>\
             {region}</networkBorderGroup><zoneType>availability-zone</zoneType><zoneState>available</zoneState></item>"
        )
    };
    let items: String = found.iter().filter(wanted).map(item).collect();
    Ok(format!("<availabilityZoneInfo>{items}</availabilityZoneInfo>"))
}
