//! The user's own launch template of a node group: which one, what it may say, and what that leaves to the request
//! (EKS user guide: launch templates).

pub mod lookup;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::architecture;
use crate::ports::Account;
use crate::ports::launch_templates::Source;
use crate::records::{Nodegroup, SourceTemplate};
use crate::refusal::{Refusal, RefusalKind};
use crate::service::Service;

use lookup::Named;

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
pub struct Template {
    /// As the node group shows it.
    pub shown: SourceTemplate,
    version: u64,
    says: Value,
}

impl Template {
    /// A template that says this, as tests make one.
    #[doc(hidden)]
    pub fn of(id: &str, says: Value) -> Self {
        let shown = SourceTemplate { name: "mine".into(), version: "1".into(), id: id.into() };
        Self { shown, version: 1, says }
    }

    /// The image it names.
    pub fn image(&self) -> Option<&str> {
        self.says["imageId"].as_str()
    }

    /// The instance type it names.
    pub fn instance_type(&self) -> Option<&str> {
        self.says["instanceType"].as_str()
    }

    /// What it gives the nodes, beside their image.
    pub fn source(&self) -> Source {
        Source {
            template: self.shown.id.clone(),
            version: self.version,
            instance_type: self.instance_type().map(str::to_owned),
            joins: self.image().is_none() || self.calls_home(),
        }
    }

    /// Whether its user data tells an image of the user's own how to join: EKS adds nothing to it then.
    fn calls_home(&self) -> bool {
        let data = self.says["userData"].as_str().unwrap_or_default();
        let letters: Vec<u8> = data.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let bytes = BASE64.decode(letters).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        JOINS_BY.iter().any(|words| text.contains(words))
    }
}

/// A template as a request names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRequest {
    /// Its id, or its name.
    pub by: TemplateBy,
    /// Its version by number, `$Latest` or `$Default`; the default version when none is named.
    pub version: Option<String>,
}

/// By what a template is named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TemplateBy {
    /// Its id.
    Id(String),
    /// Its name.
    Name(String),
}

/// The template that a request names, looked through.
pub async fn named<A: Account>(service: &Service<A>, request: &TemplateRequest) -> Result<Template, Refusal> {
    let named = match &request.by {
        TemplateBy::Id(id) => Named::Id(id),
        TemplateBy::Name(name) => Named::Name(name),
    };
    let found = lookup::find(service, named).await?;
    let version = lookup::version(&found, request.version.as_deref().unwrap_or("$Default"))?;
    let says = lookup::says(&found, version);
    check(&says)?;
    let shown = SourceTemplate { name: found.name, version: version.to_string(), id: found.id };
    Ok(Template { shown, version, says })
}

/// Nothing in it that a managed node group decides itself, and an image only by its id.
fn check(says: &Value) -> Result<(), Refusal> {
    let refused = |what: &str| {
        Err(Refusal::new(RefusalKind::InvalidRequest, format!("Launch template must not specify {what}.")))
    };
    if let Some(image) = says["imageId"].as_str().filter(|image| !image.starts_with("ami-")) {
        let said = format!(
            "Launch template must not specify the image '{image}'; an image id such as ami-0123456789abcdef0 is one."
        );
        return Err(Refusal::new(RefusalKind::InvalidRequest, said));
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

/// Instance types stand in one place (EKS: the words of its error).
pub fn types_twice() -> Refusal {
    Refusal::invalid("Cannot specify instance types in launch template and API request")
}

/// Whether the instance types of a group, in its template or its own, run its images.
pub fn runs(ami_type: &str, own: Option<&[String]>, template: Option<&Template>) -> Result<(), Refusal> {
    let own = own.into_iter().flatten().map(String::as_str);
    let types: Vec<&str> = template.and_then(Template::instance_type).into_iter().chain(own).collect();
    architecture::check(ami_type, &types)
}

/// Beside an image of the user's own no version of EKS's images can be meant.
pub fn no_version(version: Option<&str>, release_version: Option<&str>) -> Result<(), Refusal> {
    for (given, what) in [(version, "kubernetes version"), (release_version, "release version")] {
        if given.is_some() {
            let said = format!(
                "You cannot specify a {what} to use when specifying an image id to use within the launch template."
            );
            return Err(Refusal::invalid(said));
        }
    }
    Ok(())
}

/// A group that was made without a template never gets one.
pub fn created_without() -> Refusal {
    let said = "You cannot specify a launch template for a node group that was not created with one.";
    Refusal::invalid(said)
}

/// Whether a group may go from what it has to that template.
pub fn follows(group: &Nodegroup, to: Option<&Template>) -> Result<(), Refusal> {
    let is_custom = group.ami_type == "CUSTOM";
    let Some(to) = to else {
        return if is_custom {
            let said = "You must specify a launch template version to update a node group that runs an image of \
                        your own.";
            Err(Refusal::invalid(said))
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
        return Err(Refusal::invalid(said));
    }
    if is_custom != to.image().is_some() {
        let (was, is) = if is_custom { ("with", "without") } else { ("without", "with") };
        let said = format!(
            "A node group that was created {was} an image id in its launch template cannot be updated to a version \
             {is} one; create a new node group."
        );
        return Err(Refusal::invalid(said));
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
            let data = BASE64.encode(data);
            template("lt-1", json!({ "imageId": "ami-1", "userData": data })).source().joins
        };
        assert!(with("#!/bin/bash\n/etc/eks/bootstrap.sh c1"));
        assert!(with("apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig"));
        assert!(!with("#!/bin/bash\necho nothing"));
        assert!(template("lt-1", json!({ "instanceType": "m5.large" })).source().joins);
    }
}
