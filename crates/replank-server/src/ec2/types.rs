//! `DescribeInstanceTypes` and `DescribeInstanceTypeOfferings`.

use std::collections::BTreeMap;

use replank_service::ports::Account;
use replank_service::ports::machines::MachineType;
use replank_service::zone;

use super::failure::Ec2Error;
use super::pages;
use crate::app::App;
use crate::given::Given;

/// Page sizes by default, which are the largest.
const TYPES_MAX: usize = 100;
const OFFERINGS_MAX: usize = 1_000;

/// `DescribeInstanceTypes`: processors, memory and GPUs of the types that there are.
pub(super) async fn describe<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let names = given.list("InstanceType");
    let known = ["instance-type", "processor-info.supported-architecture", "vcpu-info.default-vcpus"];
    let filters = pages::filters(given, &known)?;
    let mut types = app.service.account.machine_types().await?;
    let missing: Vec<&str> =
        names.iter().copied().filter(|name| !types.iter().any(|it| it.name == **name)).collect();
    if !missing.is_empty() {
        let said = format!("The following supplied instance types do not exist: [{}]", missing.join(", "));
        return Err(Ec2Error::new("InvalidInstanceType", said));
    }
    types.retain(|it| {
        let vcpus = it.vcpus.to_string();
        let properties = [
            ("instance-type", &*it.name),
            ("processor-info.supported-architecture", it.architecture),
            ("vcpu-info.default-vcpus", &*vcpus),
        ];
        (names.is_empty() || names.contains(&&*it.name))
            && pages::passes(&filters, &properties, &BTreeMap::new())
    });
    let (page, token) = pages::page_of(given, types, TYPES_MAX, |it| it.name.clone())?;
    let items: String = page.iter().map(|it| format!("<item>{}</item>", shown(it))).collect();
    Ok(format!("<instanceTypeSet>{items}</instanceTypeSet>{token}"))
}

fn shown(it: &MachineType) -> String {
    let MachineType { name, vcpus, memory_mib, architecture, gpus } = it;
    let gpus = if *gpus == 0 {
        String::new()
    } else {
        format!("<gpuInfo><gpus><item><count>{gpus}</count></item></gpus></gpuInfo>")
    };
    format!(
        "<instanceType>{name}</instanceType><currentGeneration>true</currentGeneration><supportedUsageClasses><item>\
         on-demand</item><item>spot</item></supportedUsageClasses><supportedVirtualizationTypes><item>hvm</item>\
         </supportedVirtualizationTypes><bareMetal>false</bareMetal><processorInfo><supportedArchitectures><item>\
         {architecture}</item></supportedArchitectures></processorInfo><vCpuInfo><defaultVCpus>{vcpus}</defaultVCpus>\
         </vCpuInfo><memoryInfo><sizeInMiB>{memory_mib}</sizeInMiB></memoryInfo>{gpus}"
    )
}

/// `DescribeInstanceTypeOfferings`, by region or by zone.
pub(super) async fn offerings<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let filters = pages::filters(given, &["instance-type", "location"])?;
    let region = &app.service.identity.region;
    let kind = given.given("LocationType").unwrap_or("region");
    let zones = app.service.account.zones().await?;
    // Each location as it is told, with the zones that it stands for.
    let places: Vec<(String, Vec<&String>)> = match kind {
        "region" => vec![(region.clone(), zones.iter().collect())],
        "availability-zone" => zones.iter().map(|name| (name.clone(), vec![name])).collect(),
        "availability-zone-id" => zones.iter().map(|name| (zone::id(region, name), vec![name])).collect(),
        other => {
            let said = format!(
                "Value ({other}) for parameter locationType is invalid. There are region, availability-zone, \
                 availability-zone-id."
            );
            return Err(Ec2Error::new("InvalidParameterValue", said));
        }
    };
    let limits = app.service.account.zone_limits().await?;
    let lacks =
        |zone: &str, name: &String| limits.get(zone).is_some_and(|it| it.types_missing.contains(name));
    let mut found = Vec::new();
    for it in app.service.account.machine_types().await? {
        for (place, zones) in &places {
            let properties = [("instance-type", &*it.name), ("location", &**place)];
            if zones.iter().any(|zone| !lacks(zone, &it.name))
                && pages::passes(&filters, &properties, &BTreeMap::new())
            {
                found.push((it.name.clone(), place.clone()));
            }
        }
    }
    let (page, token) =
        pages::page_of(given, found, OFFERINGS_MAX, |(name, place)| format!("{name} {place}"))?;
    let item = |(name, place): &(String, String)| {
        format!(
            "<item><instanceType>{name}</instanceType><locationType>{kind}</locationType><location>{place}</location>\
             </item>"
        )
    };
    let items: String = page.iter().map(item).collect();
    Ok(format!("<instanceTypeOfferingSet>{items}</instanceTypeOfferingSet>{token}"))
}
