//! The user's own launch template of a node group: finding it, what it may contain, and what the request may still say
//! (EKS user guide: customizing managed nodes with launch templates).

pub mod lookup;
pub mod user_data;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::architecture;
use crate::ports::UpdateTargets;
use crate::ports::launch_templates::Source;
use crate::records::{Nodegroup, SourceTemplate};
use crate::refusal::{Refusal, RefusalKind};
use crate::service::Service;

use lookup::Named;

/// What the launch template of a managed node group must not contain: JSON pointer, and its name in the error message.
const PROHIBITED: [(&str, &str); 7] = [
    ("/iamInstanceProfile", "an IAM instance profile"),
    ("/instanceInitiatedShutdownBehavior", "a shutdown behavior"),
    ("/disableApiStop", "a stop behavior"),
    ("/hibernationOptions", "a hibernation behavior"),
    ("/instanceRequirements", "instance requirements"),
    ("/placement/hostId", "a dedicated host"),
    ("/kernelId", "a kernel"),
];

/// A version of the user's launch template that passed the checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// Name, version and id, as the node group shows them.
    pub shown: SourceTemplate,
    version: u64,
    says: Value,
}

impl Template {
    /// A template with this content, for tests.
    #[doc(hidden)]
    pub fn of(id: &str, says: Value) -> Self {
        let shown = SourceTemplate { name: "mine".into(), version: "1".into(), id: id.into() };
        Self { shown, version: 1, says }
    }

    /// Id of its image, if it has one.
    pub fn image(&self) -> Option<&str> {
        self.says["imageId"].as_str()
    }

    /// Its instance type, if it has one.
    pub fn instance_type(&self) -> Option<&str> {
        self.says["instanceType"].as_str()
    }

    /// What it contributes to nodes besides their image.
    pub fn source(&self) -> Source {
        Source {
            template: self.shown.id.clone(),
            version: self.version,
            instance_type: self.instance_type().map(str::to_owned),
            joins: self.image().is_none() || self.calls_home(),
        }
    }

    /// Whether its user data makes nodes join the cluster. With an image of the user's own EKS adds no bootstrap data.
    fn calls_home(&self) -> bool {
        user_data::read(self.says["userData"].as_str().unwrap_or_default()).joins
    }
}

/// A launch template in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRequest {
    /// Id or name.
    pub by: TemplateBy,
    /// Version as a number, `$Latest` or `$Default`; without one the default version is meant.
    pub version: Option<String>,
}

/// What identifies a template in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TemplateBy {
    /// As EC2 gave it, such as `lt-0123456789abcdef0`.
    Id(String),
    /// As it was given at its creation; unique in account and region (EC2).
    Name(String),
}

/// Finds the template that a request names and checks its content.
pub async fn named<A: UpdateTargets>(
    service: &Service<A>,
    request: &TemplateRequest,
) -> Result<Template, Refusal> {
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

/// Refuses content that a managed node group decides itself, and images that are not given by id.
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

/// The refusal of instance types in both the template and the request; its message is that of EKS.
pub fn types_twice() -> Refusal {
    Refusal::invalid("Cannot specify instance types in launch template and API request")
}

/// Refuses instance types, of the group or of its template, that do not run images of this type.
pub fn runs(ami_type: &str, own: Option<&[String]>, template: Option<&Template>) -> Result<(), Refusal> {
    let own = own.into_iter().flatten().map(String::as_str);
    let types: Vec<&str> = template.and_then(Template::instance_type).into_iter().chain(own).collect();
    architecture::check(ami_type, &types)
}

/// Refuses a Kubernetes or release version next to an image of the user's own: they belong to images of EKS.
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

/// The refusal of a template for a group that was created without one.
pub fn created_without() -> Refusal {
    let said = "You cannot specify a launch template for a node group that was not created with one.";
    Refusal::invalid(said)
}

/// Whether a group may be updated from its present template to this one; `None` is an update without a template.
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
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;
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
