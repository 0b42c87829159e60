//! `DescribeImages`.

use std::collections::BTreeMap;

use replank_service::ports::Account;
use replank_service::ports::machines::{ImageOwner, MachineImage};

use super::failure::Ec2Error;
use super::pages;
use crate::app::App;
use crate::given::Given;
use crate::xml::escaped;

/// Account of the images of EKS in commercial regions (EKS user guide: AMI ids).
const AMAZON: &str = "602401143452";
/// Largest page.
const RESULTS_MAX: usize = 1_000;
/// Names of filters that are known, beside those of tags.
const FILTERS: [&str; 10] = [
    "architecture",
    "creation-date",
    "image-id",
    "image-type",
    "is-public",
    "name",
    "owner-alias",
    "owner-id",
    "platform",
    "state",
];

/// `DescribeImages`. An id that is not there fails the whole request.
pub(super) async fn describe<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let (ids, owners) = (given.list("ImageId"), given.list("Owner"));
    let filters = pages::filters(given, &FILTERS)?;
    let here = &app.service.identity.account;
    let mut images = app.service.account.machine_images().await?;
    let missing: Vec<&str> =
        ids.iter().copied().filter(|id| !images.iter().any(|image| image.id == **id)).collect();
    if let Some(wrong) = missing.iter().find(|id| !id.starts_with("ami-")) {
        let said = format!("Invalid id: \"{wrong}\" (expecting \"ami-...\")");
        return Err(Ec2Error::new("InvalidAMIID.Malformed", said));
    }
    if !missing.is_empty() {
        let (ids, verb) = (missing.join(", "), if missing.len() == 1 { "does" } else { "do" });
        let noun = if missing.len() == 1 { "id" } else { "ids" };
        let said = format!("The image {noun} '[{ids}]' {verb} not exist");
        return Err(Ec2Error::new("InvalidAMIID.NotFound", said));
    }
    images.retain(|image| ids.is_empty() || ids.contains(&&*image.id));
    images.retain(|image| owners.is_empty() || owners.iter().any(|owner| is_of(image, owner, here)));
    images.retain(|image| pages::passes(&filters, &properties(image, here), &BTreeMap::new()));
    let (page, token) = pages::page_of(given, images, RESULTS_MAX, |image| image.id.clone())?;
    let items: String = page.iter().map(|image| format!("<item>{}</item>", shown(image, here))).collect();
    Ok(format!("<imagesSet>{items}</imagesSet>{token}"))
}

fn is_of(image: &MachineImage, owner: &str, here: &str) -> bool {
    match image.owner {
        ImageOwner::Amazon => owner == "amazon" || owner == AMAZON,
        ImageOwner::Account => owner == "self" || owner == here,
    }
}

fn owner<'a>(image: &MachineImage, here: &'a str) -> &'a str {
    match image.owner {
        ImageOwner::Amazon => AMAZON,
        ImageOwner::Account => here,
    }
}

fn properties(image: &MachineImage, here: &str) -> Vec<(&'static str, String)> {
    let mut properties = vec![
        ("architecture", image.architecture.to_owned()),
        ("creation-date", created(image)),
        ("image-id", image.id.clone()),
        ("image-type", "machine".to_owned()),
        ("is-public", (image.owner == ImageOwner::Amazon).to_string()),
        ("name", image.name.clone()),
        ("owner-id", owner(image, here).to_owned()),
        ("state", "available".to_owned()),
    ];
    properties.extend((image.owner == ImageOwner::Amazon).then(|| ("owner-alias", "amazon".to_owned())));
    properties.extend(image.is_windows.then(|| ("platform", "windows".to_owned())));
    properties
}

/// When an image was made. Of an image of the account's own nothing is known; it is as old as EC2 can tell.
fn created(image: &MachineImage) -> String {
    let day = if image.published.is_empty() { "1970-01-01" } else { &image.published };
    format!("{day}T00:00:00.000Z")
}

fn shown(image: &MachineImage, here: &str) -> String {
    let is_amazon = image.owner == ImageOwner::Amazon;
    let parameter = image.parameter.as_ref().map_or(String::new(), |name| {
        format!("<publicSsmParameterName>{}</publicSsmParameterName>", escaped(name))
    });
    let details = if image.is_windows { "Windows" } else { "Linux/UNIX" };
    let platform = if image.is_windows { "<platform>windows</platform>" } else { "" };
    let alias = if is_amazon { "<imageOwnerAlias>amazon</imageOwnerAlias>" } else { "" };
    let (id, name) = (escaped(&image.id), escaped(&image.name));
    let (owner, made, architecture) = (owner(image, here), created(image), image.architecture);
    let place = if is_amazon { "amazon" } else { here };
    format!(
        "<imageId>{id}</imageId><imageLocation>{place}/{name}</imageLocation><imageState>available</imageState>\
         <imageOwnerId>{owner}</imageOwnerId>{alias}<creationDate>{made}</creationDate><isPublic>{is_amazon}</isPublic>\
         <architecture>{architecture}</architecture><imageType>machine</imageType>{platform}<platformDetails>{details}\
         </platformDetails><name>{name}</name><rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda\
         </rootDeviceName><blockDeviceMapping/><virtualizationType>hvm</virtualizationType><hypervisor>xen\
         </hypervisor><enaSupport>true</enaSupport>{parameter}",
    )
}
