//! The user's own launch template of a node group: which one, what it may say, and what that leaves to the request
//! (EKS user guide: launch templates).

use replank_engine::ports::account::Account;
use replank_engine::ports::templates::Source;
use serde_json::Value;

use super::record::{Nodegroup, SourceTemplate};
use super::{Exception, Failure, Input, architecture};
use crate::app::App;
use crate::ec2::failure::Failure as Ec2Failure;
use crate::ec2::templates::{self, Named};
use crate::encode;

/// What user data holds when it makes an image join a cluster: AL2, AL2023, Bottlerocket, Windows.
const JOINS_BY: [&str; 6] = [
    "/etc/eks/bootstrap.sh",
    "node.eks.aws",
    "nodeadm",
    "[settings.kubernetes]",
    "settings.kubernetes.",
    "Start-EKSBootstrap",
];

/// What a template must not say beside a managed node group: the way to it, and what EKS calls it.
const PROHIBITED: [(&str, &str); 7] = [
    ("/iamInstanceProfile", "an IAM instance profile"),
    ("/instanceInitiatedShutdownBehavior", "a shutdown behavior"),
    ("/disableApiStop", "a stop behavior"),
    ("/hibernationOptions", "a hibernation behavior"),
    ("/instanceRequirements", "instance requirements"),
    ("/placement/hostId", "a dedicated host"),
    ("/kernelId", "a kernel"),
];

/// A version of the user's template, found and looked through.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Template {
    /// As the node group shows it.
    pub(super) shown: SourceTemplate,
    version: u64,
    says: Value,
}

impl Template {
    /// The image it names.
    pub(super) fn image(&self) -> Option<&str> {
        self.says["imageId"].as_str()
    }

    /// The instance type it names.
    pub(super) fn instance_type(&self) -> Option<&str> {
        self.says["instanceType"].as_str()
    }

    /// What it gives the nodes, beside their image.
    pub(super) fn source(&self) -> Source {
        Source {
            template: self.shown.id.clone(),
            version: self.version,
            instance_type: self.instance_type().map(str::to_owned),
            joins: self.image().is_none() || self.calls_home(),
        }
    }

    /// Whether its user data tells an image of the user's own how to join: EKS adds nothing to it then.
    fn calls_home(&self) -> bool {
        let bytes = self.says["userData"].as_str().and_then(encode::from_base64).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        JOINS_BY.iter().any(|words| text.contains(words))
    }
}

/// The template that a request names, if it names one.
pub(super) async fn named<A: Account>(app: &App<A>, input: &Input) -> Result<Option<Template>, Failure> {
    let Some(given) = input.value("launchTemplate") else { return Ok(None) };
    let named = match (given["id"].as_str(), given["name"].as_str()) {
        (Some(id), None) => Named::Id(id),
        (None, Some(name)) => Named::Name(name),
        _ => {
            let said = "Either provide launch template ID or launch template name in the request.";
            return Err(Failure::invalid(said));
        }
    };
    let of_ec2 = |failure: Ec2Failure| match failure.code {
        "InternalError" => Failure::new(Exception::Server, failure.message),
        _ => Failure::new(Exception::InvalidRequest, failure.message),
    };
    let found = templates::find(app, named).await.map_err(of_ec2)?;
    let version = given["version"].as_str().unwrap_or("$Default");
    let version = templates::version(&found, version).map_err(of_ec2)?;
    let says = templates::says(&found, version);
    check(&says)?;
    let shown = SourceTemplate { name: found.name, version: version.to_string(), id: found.id };
    Ok(Some(Template { shown, version, says }))
}

/// Nothing in it that a managed node group decides itself, and an image only by its id.
fn check(says: &Value) -> Result<(), Failure> {
    let refused = |what: &str| {
        Err(Failure::new(Exception::InvalidRequest, format!("Launch template must not specify {what}.")))
    };
    if let Some(image) = says["imageId"].as_str().filter(|image| !image.starts_with("ami-")) {
        let said = format!(
            "Launch template must not specify the image '{image}'; an image id such as ami-0123456789abcdef0 is one."
        );
        return Err(Failure::new(Exception::InvalidRequest, said));
    }
    for (place, what) in PROHIBITED {
        // A switch that is off says nothing.
        if says.pointer(place).is_some_and(|value| value != "false") {
            return refused(what);
        }
    }
    let interfaces = says["networkInterfaceSet"].as_array().into_iter().flatten();
    if interfaces.into_iter().any(|interface| !interface["subnetId"].is_null()) {
        return refused("a subnet in a network interface");
    }
    if says["instanceMarketOptions"]["marketType"] == "spot" {
        return refused("Spot market options; use the capacity type of the node group");
    }
    Ok(())
}

/// What a request for a new group may say beside its template, or without one.
pub(super) fn beside(input: &Input, template: Option<&Template>) -> Result<(), Failure> {
    let types = input.texts("instanceTypes");
    let asked_type = input.given("amiType");
    if input.given("capacityType") == Some("CAPACITY_BLOCK") {
        let said = match (template, input.texts("subnets").len()) {
            (None, _) => "A node group of Capacity Blocks needs a launch template.",
            (Some(_), 2..) => "A node group of Capacity Blocks has one subnet, that of its reservation.",
            _ => "",
        };
        if !said.is_empty() {
            return Err(Failure::invalid(said));
        }
    }
    let Some(template) = template else {
        if asked_type == Some("CUSTOM") {
            let said = "AMI type CUSTOM needs a launch template that specifies an image id.";
            return Err(Failure::invalid(said));
        }
        return Ok(());
    };
    if input.value("diskSize").is_some() {
        return Err(Failure::invalid("Disk size must be specified within the launch template."));
    }
    if input.value("remoteAccess").is_some() {
        let said = "Remote access configuration cannot be specified with a launch template.";
        return Err(Failure::invalid(said));
    }
    if template.instance_type().is_some() && !types.is_empty() {
        return Err(types_twice());
    }
    match (template.image(), asked_type) {
        (Some(_), Some(kind)) if kind != "CUSTOM" => {
            let said = "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your \
                        launch template.";
            Err(Failure::invalid(said))
        }
        (None, Some("CUSTOM")) => {
            Err(Failure::invalid("AMI type CUSTOM needs an image id in the launch template."))
        }
        (Some(_), _) => no_version(input),
        (None, _) => Ok(()),
    }
}

/// Instance types stand in one place (EKS: the words of its error).
fn types_twice() -> Failure {
    Failure::invalid("Cannot specify instance types in launch template and API request")
}

/// Whether the instance types of a group, in its template or its own, run its images.
pub(super) fn runs(
    ami_type: &str,
    own: Option<&[String]>,
    template: Option<&Template>,
) -> Result<(), Failure> {
    let own = own.into_iter().flatten().map(String::as_str);
    let types: Vec<&str> = template.and_then(Template::instance_type).into_iter().chain(own).collect();
    architecture::check(ami_type, &types)
}

/// Beside an image of the user's own no version of EKS's images can be meant.
pub(super) fn no_version(input: &Input) -> Result<(), Failure> {
    for (member, what) in [("version", "kubernetes version"), ("releaseVersion", "release version")] {
        if input.value(member).is_some() {
            let said = format!(
                "You cannot specify a {what} to use when specifying an image id to use within the launch template."
            );
            return Err(Failure::invalid(said));
        }
    }
    Ok(())
}

/// A group that was made without a template never gets one.
pub(super) fn created_without() -> Failure {
    let said = "You cannot specify a launch template for a node group that was not created with one.";
    Failure::invalid(said)
}

/// Whether a group may go from what it has to that template.
pub(super) fn follows(group: &Nodegroup, to: Option<&Template>) -> Result<(), Failure> {
    let is_custom = group.ami_type == "CUSTOM";
    let Some(to) = to else {
        return if is_custom {
            let said = "You must specify a launch template version to update a node group that runs an image of \
                        your own.";
            Err(Failure::invalid(said))
        } else {
            Ok(())
        };
    };
    let Some(before) = &group.launch_template else { return Err(created_without()) };
    if before.id != to.shown.id {
        let said = format!(
            "You cannot change the launch template of a node group, only its version: it was created with {} ({})",
            before.name, before.id
        );
        return Err(Failure::invalid(said));
    }
    if is_custom != to.image().is_some() {
        let (was, is) = if is_custom { ("with", "without") } else { ("without", "with") };
        let said = format!(
            "A node group that was created {was} an image id in its launch template cannot be updated to a version \
             {is} one; create a new node group."
        );
        return Err(Failure::invalid(said));
    }
    if group.instance_types.is_some() && to.instance_type().is_some() {
        return Err(types_twice());
    }
    runs(&group.ami_type, group.instance_types.as_deref(), Some(to))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(id: &str, says: Value) -> Template {
        let shown = SourceTemplate { name: "mine".into(), version: "1".into(), id: id.into() };
        Template { shown, version: 1, says }
    }

    fn input(given: &Value) -> Input {
        Input::new("CreateNodegroup", given.as_object().unwrap().clone())
    }

    fn group(template: Option<&SourceTemplate>, ami_type: &str, types: Option<&Value>) -> Nodegroup {
        let group = json!({
            "nodegroupName": "g", "nodegroupArn": "", "clusterName": "c", "createdAt": 0.0, "modifiedAt": 0.0,
            "status": "ACTIVE", "capacityType": "ON_DEMAND", "subnets": [], "amiType": ami_type, "nodeRole": "",
            "scalingConfig": { "minSize": 1, "maxSize": 1, "desiredSize": 1 },
            "health": { "issues": [] }, "updateConfig": {}, "instanceTypes": types, "launchTemplate": template,
        });
        serde_json::from_value(group).unwrap()
    }

    #[test]
    fn what_stands_in_the_template_does_not_stand_in_the_request() {
        let typed = template("lt-1", json!({ "instanceType": "m5.large" }));
        let custom = template("lt-1", json!({ "imageId": "ami-1" }));
        for (given, template, said) in [
            (json!({}), Some(&typed), None),
            (json!({ "amiType": "CUSTOM" }), Some(&custom), None),
            (json!({ "version": "1.32" }), Some(&typed), None),
            (json!({ "amiType": "CUSTOM" }), None, Some("needs a launch template")),
            (json!({ "amiType": "CUSTOM" }), Some(&typed), Some("needs an image id")),
            (json!({ "amiType": "AL2_x86_64" }), Some(&custom), Some("other than CUSTOM")),
            (json!({ "diskSize": 20 }), Some(&typed), Some("Disk size must be")),
            (json!({ "remoteAccess": {} }), Some(&typed), Some("Remote access")),
            (json!({ "instanceTypes": ["t3.medium"] }), Some(&typed), Some("Cannot specify instance types")),
            (json!({ "version": "1.32" }), Some(&custom), Some("a kubernetes version to use")),
            (json!({ "releaseVersion": "1" }), Some(&custom), Some("a release version to use")),
        ] {
            let found = beside(&input(&given), template).err();
            assert!(found.iter().all(|it| it.exception == Exception::InvalidParameter), "{given}: {found:?}");
            let found = found.map(|failure| failure.message);
            let fits = match (&found, said) {
                (Some(found), Some(said)) => found.contains(said),
                (found, said) => found.is_none() && said.is_none(),
            };
            assert!(fits, "{given}: {found:?} is not {said:?}");
        }
    }

    #[test]
    fn a_group_keeps_its_template_and_its_kind_of_image() {
        let before = SourceTemplate { name: "mine".into(), version: "1".into(), id: "lt-1".into() };
        let typed = template("lt-1", json!({ "instanceType": "m5.large" }));
        let arm = template("lt-1", json!({ "instanceType": "m6g.large" }));
        let plain = template("lt-1", json!({}));
        let custom = template("lt-1", json!({ "imageId": "ami-1" }));
        let other = template("lt-2", json!({}));
        let (al2023, own) = ("AL2023_x86_64_STANDARD", "CUSTOM");
        let (none, types) = (None, Some(json!(["t3.medium"])));
        for (before, ami_type, types, to, good) in [
            (None, al2023, &types, None, true),
            (None, al2023, &types, Some(&plain), false),
            (Some(&before), al2023, &types, None, true),
            (Some(&before), own, &types, None, false),
            (Some(&before), al2023, &types, Some(&plain), true),
            (Some(&before), al2023, &types, Some(&custom), false),
            (Some(&before), own, &types, Some(&custom), true),
            (Some(&before), own, &types, Some(&plain), false),
            (Some(&before), al2023, &types, Some(&other), false),
            // A version that adds an instance type to those of the group.
            (Some(&before), al2023, &types, Some(&typed), false),
            (Some(&before), al2023, &none, Some(&typed), true),
            (Some(&before), al2023, &none, Some(&arm), false),
        ] {
            let group = group(before, ami_type, types.as_ref());
            assert_eq!(follows(&group, to).is_ok(), good, "{before:?} {ami_type} {types:?} {to:?}");
        }
    }

    #[test]
    fn a_template_leaves_to_the_group_what_is_the_groups() {
        assert!(check(&json!({ "keyName": "k", "hibernationOptions": "false" })).is_ok());
        for says in [
            json!({ "iamInstanceProfile": { "name": "x" } }),
            json!({ "networkInterfaceSet": [{ "subnetId": "subnet-1" }] }),
            json!({ "instanceMarketOptions": { "marketType": "spot" } }),
            json!({ "hibernationOptions": { "configured": "true" } }),
        ] {
            assert!(check(&says).is_err(), "{says}");
        }
    }

    #[test]
    fn an_image_of_ones_own_joins_by_its_user_data() {
        let with = |data: &str| {
            let data = encode::base64(data.as_bytes());
            template("lt-1", json!({ "imageId": "ami-1", "userData": data })).source().joins
        };
        assert!(with("#!/bin/bash\n/etc/eks/bootstrap.sh c1"));
        assert!(with("apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig"));
        assert!(!with("#!/bin/bash\necho nothing"));
        assert!(template("lt-1", json!({ "instanceType": "m5.large" })).source().joins);
    }
}
