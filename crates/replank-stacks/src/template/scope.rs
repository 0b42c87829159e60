//! What names and functions come to, given parameters and the resources that are there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Parameter, Template};
use crate::error::StackError;
use crate::made::Made;

/// Pseudo parameters and what else is the same for a whole stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pseudo {
    /// `AWS::AccountId`.
    pub account: String,
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::StackId`.
    pub stack_id: String,
    /// `AWS::StackName`.
    pub stack_name: String,
    /// Zones of the region, for `Fn::GetAZs`.
    pub zones: Vec<String>,
    /// Values of exports, by name, for `Fn::ImportValue`.
    pub exports: BTreeMap<String, String>,
}

/// Why a value has none yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// It needs a resource that is not there yet.
    Waits(String),
    /// The template is wrong.
    Wrong(String),
}

/// Where names and functions are worked out.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    pub(super) template: &'a Template,
    pub(super) parameters: &'a [Parameter],
    pub(super) pseudo: &'a Pseudo,
    pub(super) made: BTreeMap<String, Made>,
    pub(super) conditions: BTreeMap<String, bool>,
    /// Whether what waits for a resource is kept as it is written, for comparing before anything is there.
    pub(super) is_draft: bool,
}

impl<'a> Scope<'a> {
    /// A scope in which no resource is there yet.
    pub fn new(
        template: &'a Template,
        parameters: &'a [Parameter],
        pseudo: &'a Pseudo,
    ) -> Result<Self, StackError> {
        let made = BTreeMap::new();
        let conditions = BTreeMap::new();
        let mut scope = Self { template, parameters, pseudo, made, conditions, is_draft: false };
        for (name, _) in template.section("Conditions") {
            let holds = scope.condition(name, 0).map_err(StackError::from)?;
            scope.conditions.insert(name.clone(), holds);
        }
        Ok(scope)
    }

    /// The same scope with these resources there.
    #[must_use]
    pub fn with(mut self, made: BTreeMap<String, Made>) -> Self {
        self.made = made;
        self
    }

    /// The same scope, in which what waits is kept as it is written.
    #[must_use]
    pub fn draft(mut self) -> Self {
        self.is_draft = true;
        self
    }

    /// Whether a condition holds; one without a name does.
    pub fn holds(&self, condition: &Value) -> bool {
        condition.as_str().is_none_or(|name| self.conditions.get(name).copied().unwrap_or(false))
    }

    /// Whether a member of the template is wanted: a resource or an output whose condition holds.
    pub fn is_wanted(&self, member: &Value) -> bool {
        self.holds(&member["Condition"])
    }

    /// The value of a condition. Conditions are short; a circle of them is found by its depth.
    pub(super) fn condition(&self, name: &str, depth: usize) -> Result<bool, Unresolved> {
        if let Some(known) = self.conditions.get(name) {
            return Ok(*known);
        }
        let declared = self.template.member("Conditions", name);
        match declared {
            Some(declared) if depth < 50 => self.is_true(declared, depth + 1),
            Some(_) => Err(Unresolved::Wrong(format!(
                "Template error: Circular dependencies for conditions: [{name}]"
            ))),
            None => Err(Unresolved::Wrong(format!("Template error: Unresolved condition {name}"))),
        }
    }

    /// Properties of a resource, worked out.
    pub fn properties(&self, logical: &str) -> Result<Value, Unresolved> {
        let nothing = Value::Object(Map::new());
        let Some(resource) = self.template.resource(logical) else { return Ok(nothing) };
        match resource.get("Properties") {
            Some(properties) => Ok(self.value(properties)?.unwrap_or(nothing)),
            None => Ok(nothing),
        }
    }

    /// A value, worked out; `None` is `AWS::NoValue`.
    pub fn value(&self, value: &Value) -> Result<Option<Value>, Unresolved> {
        match value {
            Value::Object(members) => {
                if let Some((name, argument)) = members.iter().next().filter(|_| members.len() == 1)
                    && (name == "Ref" || name.starts_with("Fn::"))
                {
                    return match self.function(name, argument) {
                        Err(Unresolved::Waits(_)) if self.is_draft => Ok(Some(value.clone())),
                        done => done,
                    };
                }
                let mut found = Map::new();
                for (name, member) in members {
                    if let Some(member) = self.value(member)? {
                        found.insert(name.clone(), member);
                    }
                }
                Ok(Some(Value::Object(found)))
            }
            Value::Array(items) => {
                let mut found = Vec::with_capacity(items.len());
                for item in items {
                    found.extend(self.value(item)?);
                }
                Ok(Some(Value::Array(found)))
            }
            Value::Null => Err(Unresolved::Wrong(
                "Template format error: [/Resources] 'null' values are not allowed in templates".into(),
            )),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Some(value.clone())),
        }
    }
}

impl From<Unresolved> for StackError {
    fn from(why: Unresolved) -> Self {
        match why {
            Unresolved::Waits(name) => Self::invalid(format!("Template error: resource {name} is not there")),
            Unresolved::Wrong(said) => Self::invalid(said),
        }
    }
}
