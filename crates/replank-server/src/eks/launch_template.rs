//! The user's own launch template in requests, and what may be given next to it.

use replank_service::Refusal;
use replank_service::launch_template::{Template, TemplateBy, TemplateRequest, no_version, types_twice};

use super::{EksError, Input};

/// The template that a request names; `None` when it names none.
pub(super) fn asked(input: &Input) -> Result<Option<TemplateRequest>, EksError> {
    let Some(given) = input.value("launchTemplate") else { return Ok(None) };
    let by = match (given["id"].as_str(), given["name"].as_str()) {
        (Some(id), None) => TemplateBy::Id(id.to_owned()),
        (None, Some(name)) => TemplateBy::Name(name.to_owned()),
        _ => {
            let said = "Either provide launch template ID or launch template name in the request.";
            return Err(EksError::invalid(said));
        }
    };
    Ok(Some(TemplateRequest { by, version: given["version"].as_str().map(str::to_owned) }))
}

/// Refuses settings of a new group that conflict with its template, or need one.
pub(super) fn beside(input: &Input, template: Option<&Template>) -> Result<(), Refusal> {
    let types = input.texts("instanceTypes");
    let asked_type = input.given("amiType");
    if input.given("capacityType") == Some("CAPACITY_BLOCK") {
        let said = match (template, input.texts("subnets").len()) {
            (None, _) => "A node group of Capacity Blocks needs a launch template.",
            (Some(_), 2..) => "A node group of Capacity Blocks has one subnet, that of its reservation.",
            _ => "",
        };
        if !said.is_empty() {
            return Err(Refusal::invalid(said));
        }
    }
    let Some(template) = template else {
        if asked_type == Some("CUSTOM") {
            let said = "AMI type CUSTOM needs a launch template that specifies an image id.";
            return Err(Refusal::invalid(said));
        }
        return Ok(());
    };
    if input.value("diskSize").is_some() {
        return Err(Refusal::invalid("Disk size must be specified within the launch template."));
    }
    if input.value("remoteAccess").is_some() {
        let said = "Remote access configuration cannot be specified with a launch template.";
        return Err(Refusal::invalid(said));
    }
    if template.instance_type().is_some() && !types.is_empty() {
        return Err(types_twice());
    }
    match (template.image(), asked_type) {
        (Some(_), Some(kind)) if kind != "CUSTOM" => {
            let said = "You cannot specify an AMI Type other than CUSTOM, when specifying an image id in your \
                        launch template.";
            Err(Refusal::invalid(said))
        }
        (None, Some("CUSTOM")) => {
            Err(Refusal::invalid("AMI type CUSTOM needs an image id in the launch template."))
        }
        (Some(_), _) => no_version(input.given("version"), input.given("releaseVersion")),
        (None, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use replank_service::RefusalKind;
    use serde_json::{Value, json};

    use super::*;

    fn input(given: &Value) -> Input {
        Input::new("CreateNodegroup", given.as_object().unwrap().clone())
    }

    #[test]
    fn what_stands_in_the_template_does_not_stand_in_the_request() {
        let typed = Template::of("lt-1", json!({ "instanceType": "m5.large" }));
        let custom = Template::of("lt-1", json!({ "imageId": "ami-1" }));
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
            assert!(found.iter().all(|it| it.kind == RefusalKind::InvalidParameter), "{given}: {found:?}");
            let found = found.map(|failure| failure.message);
            let fits = match (&found, said) {
                (Some(found), Some(said)) => found.contains(said),
                (found, said) => found.is_none() && said.is_none(),
            };
            assert!(fits, "{given}: {found:?} is not {said:?}");
        }
    }
}
