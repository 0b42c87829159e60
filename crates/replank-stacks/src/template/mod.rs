//! Templates: what a text says, whether it holds together, and what its functions come to.

mod check;
mod functions;
mod order;
mod parameters;
mod scope;
mod sub;
mod yaml;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::error::StackError;
pub use parameters::{Given, Parameter, values};
pub use scope::{Pseudo, Scope, Unresolved};
pub use yaml::read as read_yaml;

/// Longest template that a request may hold (CloudFormation: 51,200 bytes).
pub const BODY_MAX: usize = 51_200;

/// A template that holds together.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    whole: Map<String, Value>,
    /// Logical ids of its resources, each after those it depends on.
    order: Vec<String>,
}

impl Template {
    /// Reads a text and checks everything that needs no parameter.
    pub fn read(text: &str) -> Result<Self, StackError> {
        if text.trim().is_empty() {
            return Err(StackError::invalid("Either Template URL or Template Body must be specified."));
        }
        if text.len() > BODY_MAX {
            return Err(StackError::invalid(format!(
                "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have \
                 length less than or equal to {BODY_MAX}"
            )));
        }
        let whole = if text.trim_start().starts_with('{') {
            json(text)?
        } else {
            yaml::read(text).map_err(StackError::invalid)?
        };
        let Value::Object(whole) = whole else {
            return Err(StackError::invalid("Template format error: unsupported structure."));
        };
        check::sections(&whole)?;
        let order = order::order(&whole)?;
        let template = Self { whole, order };
        check::whole(&template)?;
        Ok(template)
    }

    /// A section, empty when the template has none.
    pub fn section(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.whole.get(name).and_then(Value::as_object).into_iter().flatten()
    }

    /// A member of a section.
    pub fn member(&self, section: &str, name: &str) -> Option<&Value> {
        self.whole.get(section)?.get(name)
    }

    /// Text of the section `Description`, if there is one.
    pub fn description(&self) -> Option<&str> {
        self.whole.get("Description")?.as_str()
    }

    /// The section `Metadata`, if there is one.
    pub fn metadata(&self) -> Option<&Value> {
        self.whole.get("Metadata")
    }

    /// Logical ids of its resources, each after those it depends on.
    pub fn order(&self) -> &[String] {
        &self.order
    }

    /// A resource by its logical id.
    pub fn resource(&self, logical: &str) -> Option<&Value> {
        self.member("Resources", logical)
    }

    /// Type of a resource; empty when there is none.
    pub fn kind(&self, logical: &str) -> &str {
        self.resource(logical).and_then(|it| it["Type"].as_str()).unwrap_or_default()
    }

    /// Logical ids that a resource depends on.
    pub fn needs(&self, logical: &str) -> BTreeSet<String> {
        let Some(resource) = self.resource(logical) else { return BTreeSet::new() };
        let mut named = order::needs(resource);
        named.retain(|name| self.resource(name).is_some());
        named
    }

    /// Resources that a resource asks for an attribute.
    pub fn asks(&self, logical: &str) -> BTreeSet<String> {
        self.resource(logical).map(order::asked).unwrap_or_default()
    }

    /// What it imports: arguments of `Fn::ImportValue`.
    pub fn imports(&self) -> Vec<Value> {
        order::imported(&Value::Object(self.whole.clone()))
    }

    /// Types of its resources, each once.
    pub fn kinds(&self) -> BTreeSet<String> {
        self.order.iter().map(|logical| self.kind(logical).to_owned()).collect()
    }

    /// The capability that it needs acknowledged and the types that need it, if any.
    pub fn capability(&self) -> Option<(&'static str, Vec<String>)> {
        let iam: Vec<&String> =
            self.order.iter().filter(|it| self.kind(it).starts_with("AWS::IAM::")).collect();
        if iam.is_empty() {
            return None;
        }
        let is_named = |logical: &&&String| {
            let properties = self.resource(logical).map(|it| &it["Properties"]);
            let names = [
                "RoleName",
                "PolicyName",
                "InstanceProfileName",
                "UserName",
                "GroupName",
                "ManagedPolicyName",
            ];
            // The name of an inline policy is no name of a resource (CloudFormation user guide).
            names
                .iter()
                .any(|name| *name != "PolicyName" && properties.is_some_and(|it| !it[*name].is_null()))
        };
        let name = if iam.iter().any(|it| is_named(&it)) { "CAPABILITY_NAMED_IAM" } else { "CAPABILITY_IAM" };
        let kinds: BTreeSet<String> = iam.iter().map(|it| self.kind(it).to_owned()).collect();
        Some((name, kinds.into_iter().collect()))
    }
}

fn json(text: &str) -> Result<Value, StackError> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        StackError::invalid(format!(
            "Template format error: JSON not well-formed. (line {line}, column {column})"
        ))
    })
}

#[cfg(test)]
mod tests;
