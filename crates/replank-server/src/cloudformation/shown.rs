//! Stacks and their parts as responses show them.

use replank_stacks::record::{Resource, Shape, Stack};
use replank_stacks::template::Template;
use serde_json::{Value, json};

/// A time with milliseconds, as `CloudFormation` writes it.
pub(super) fn time(at: &str) -> String {
    match at.get(..23) {
        Some(short) if at.len() > 24 && at.ends_with('Z') => format!("{short}Z"),
        _ => at.to_owned(),
    }
}

/// The same of a time that may not be there.
pub(super) fn maybe_time(at: Option<&String>) -> Option<String> {
    at.map(|at| time(at))
}

pub(super) fn stack(stack: &Stack) -> Value {
    json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": stack.change_set,
        "Description": description(stack),
        "Parameters": parameters(&stack.shape),
        "CreationTime": time(&stack.created_at),
        "DeletionTime": maybe_time(stack.deleted_at.as_ref()),
        "LastUpdatedTime": maybe_time(stack.updated_at.as_ref()),
        "RollbackConfiguration": {},
        "StackStatus": stack.status.name(),
        "StackStatusReason": stack.reason,
        "DisableRollback": stack.keeps_failures,
        "NotificationARNs": stack.topics,
        "Capabilities": stack.shape.capabilities,
        "Outputs": stack.outputs.iter().map(|it| json!({
            "OutputKey": it.name, "OutputValue": it.value, "Description": it.description, "ExportName": it.export,
        })).collect::<Value>(),
        "RoleARN": stack.role,
        "Tags": tags(&stack.shape),
        "EnableTerminationProtection": stack.is_protected,
        "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
    })
}

/// The description in a stack's template.
pub(super) fn description(stack: &Stack) -> Option<String> {
    Template::read(&stack.shape.body).ok()?.description().map(str::to_owned)
}

/// Parameters; the hidden ones as asterisks.
pub(super) fn parameters(shape: &Shape) -> Value {
    let one = |it: &replank_stacks::template::Parameter| {
        let value = if it.is_hidden { "****" } else { it.value.as_str() };
        json!({ "ParameterKey": it.name, "ParameterValue": value, "ResolvedValue": it.resolved })
    };
    shape.parameters.iter().map(one).collect()
}

pub(super) fn tags(shape: &Shape) -> Value {
    shape.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

/// A resource, with the time under the name that the operation has for it.
pub(super) fn resource(stack: Option<&Stack>, it: &Resource, time_name: &str) -> Value {
    let mut shown = json!({
        "LogicalResourceId": it.logical,
        "PhysicalResourceId": it.physical,
        "ResourceType": it.kind,
        "ResourceStatus": it.status.name(),
        "ResourceStatusReason": it.reason,
        "DriftInformation": { "StackResourceDriftStatus": "NOT_CHECKED" },
    });
    shown[time_name] = time(&it.at).into();
    if let Some(stack) = stack {
        shown["StackName"] = stack.name.as_str().into();
        shown["StackId"] = stack.id.as_str().into();
    }
    shown
}

/// What a template takes and needs.
pub(super) fn summary(template: &Template) -> Value {
    let parameters = template.section("Parameters").map(|(name, it)| {
        json!({
            "ParameterKey": name,
            "DefaultValue": plain(&it["Default"]),
            "ParameterType": it["Type"].as_str().unwrap_or("String"),
            "NoEcho": plain(&it["NoEcho"]).as_deref() == Some("true"),
            "Description": it["Description"].as_str(),
            "ParameterConstraints": { "AllowedValues": it["AllowedValues"].as_array().map(|values| {
                values.iter().filter_map(plain).collect::<Vec<_>>()
            }) },
        })
    });
    let capability = template.capability();
    let reason = capability
        .as_ref()
        .map(|(_, kinds)| format!("The following resource(s) require capabilities: [{}]", kinds.join(", ")));
    json!({
        "Parameters": parameters.collect::<Value>(),
        "Description": template.description(),
        "Capabilities": capability.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "CapabilitiesReason": reason,
        "ResourceTypes": template.order().iter().map(|it| template.kind(it)).collect::<Vec<_>>(),
        "Version": "2010-09-09",
        "Metadata": template.metadata().map(Value::to_string),
        "DeclaredTransforms": [],
    })
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(time("2026-11-30T15:00:00.123456789Z"), "2026-11-30T15:00:00.123Z");
        assert_eq!(time("2026-11-30T15:00:00Z"), "2026-11-30T15:00:00Z");
    }
}
