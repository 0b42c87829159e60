//! What makes a template hold together, in CloudFormation's words.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Template, order};
use crate::error::StackError;
use crate::resource;

/// Sections that a template may have.
const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];
/// Attributes that a resource may have.
const ATTRIBUTES: [&str; 9] = [
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
];
/// Most resources of a template (CloudFormation quotas).
const RESOURCES_MAX: usize = 500;

/// Checks sections and resources one by one.
pub(super) fn sections(whole: &Map<String, Value>) -> Result<(), StackError> {
    let unknown: Vec<&str> =
        whole.keys().map(String::as_str).filter(|name| !SECTIONS.contains(name)).collect();
    if !unknown.is_empty() {
        return Err(StackError::invalid(format!(
            "Invalid template property or properties [{}]",
            unknown.join(", ")
        )));
    }
    if whole.contains_key("Transform") {
        let said =
            "Transforms and macros are not supported by this endpoint; send the template that they make.";
        return Err(StackError::invalid(said));
    }
    for name in ["Conditions", "Mappings", "Outputs", "Parameters", "Resources"] {
        if whole.get(name).is_some_and(|section| !section.is_object()) {
            return Err(format_error(format!("[/{name}] '{name}' must be an object")));
        }
    }
    let resources = whole.get("Resources").and_then(Value::as_object).filter(|it| !it.is_empty());
    let resources =
        resources.ok_or_else(|| format_error("At least one Resources member must be defined."))?;
    if resources.len() > RESOURCES_MAX {
        return Err(format_error(format!(
            "Number of resources, {}, is greater than maximum allowed, {RESOURCES_MAX}",
            resources.len()
        )));
    }
    resources.iter().try_for_each(|(logical, it)| one(logical, it))?;
    let unknown: BTreeSet<&str> = resources
        .values()
        .filter_map(|it| it["Type"].as_str())
        .filter(|kind| !resource::is_known(kind))
        .collect();
    if !unknown.is_empty() {
        let unknown: Vec<&str> = unknown.into_iter().collect();
        return Err(format_error(format!("Unrecognized resource types: [{}]", unknown.join(", "))));
    }
    Ok(())
}

fn one(logical: &str, resource: &Value) -> Result<(), StackError> {
    if logical.is_empty() || !logical.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(format_error(format!("Resource name {logical} is non alphanumeric.")));
    }
    let Some(members) = resource.as_object() else {
        return Err(format_error(format!("[/Resources/{logical}] resource definition is malformed")));
    };
    if !members.get("Type").is_some_and(Value::is_string) {
        let said = format!("[/Resources/{logical}] Every Resources object must contain a Type member.");
        return Err(format_error(said));
    }
    if let Some(unknown) = members.keys().find(|name| !ATTRIBUTES.contains(&name.as_str())) {
        return Err(StackError::invalid(format!("Invalid template resource property '{unknown}'")));
    }
    if members.get("Properties").is_some_and(|it| !it.is_object() && !it.is_null()) {
        return Err(format_error(format!(
            "[/Resources/{logical}/Properties] 'null' or other values are not allowed, give an object"
        )));
    }
    match members.get("DeletionPolicy").and_then(Value::as_str) {
        None | Some("Delete" | "Retain" | "RetainExceptOnCreate" | "Snapshot") => Ok(()),
        Some(other) => {
            Err(format_error(format!("Unrecognized DeletionPolicy {other} for resource {logical}")))
        }
    }
}

/// Checks that whatever is named is there.
pub(super) fn whole(template: &Template) -> Result<(), StackError> {
    let unresolved = |section: &str| {
        let named: BTreeSet<String> = template
            .section(section)
            .flat_map(|(_, it)| order::names(it, section == "Resources"))
            .filter(|name| !is_there(template, name))
            .collect();
        if named.is_empty() {
            return Ok(());
        }
        let named: Vec<String> = named.into_iter().collect();
        let said = format!(
            "Unresolved resource dependencies [{}] in the {section} block of the template",
            named.join(", ")
        );
        Err(format_error(said))
    };
    unresolved("Resources")?;
    unresolved("Outputs")?;
    for (_, condition) in template.section("Conditions") {
        if let Some(wrong) =
            order::names(condition, false).into_iter().find(|it| template.resource(it).is_some())
        {
            let said = format!(
                "Unresolved dependencies [{wrong}]. Cannot reference resources in the Conditions block of the template"
            );
            return Err(format_error(said));
        }
    }
    for section in ["Conditions", "Resources", "Outputs"] {
        for (_, it) in template.section(section) {
            let missing =
                order::conditions(it).into_iter().find(|it| template.member("Conditions", it).is_none());
            if let Some(missing) = missing {
                let said = format!(
                    "Unresolved condition dependency {missing} in the {section} block of the template"
                );
                return Err(format_error(said));
            }
        }
    }
    for (name, output) in template.section("Outputs") {
        if output.get("Value").is_none() {
            return Err(format_error(format!(
                "[/Outputs/{name}] Every Outputs member must contain a Value object"
            )));
        }
    }
    Ok(())
}

fn is_there(template: &Template, name: &str) -> bool {
    name.starts_with("AWS::")
        || template.resource(name).is_some()
        || template.member("Parameters", name).is_some()
}

fn format_error(said: impl AsRef<str>) -> StackError {
    StackError::invalid(format!("Template format error: {}", said.as_ref()))
}
