//! The functions of templates, one by one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::scope::{Scope, Unresolved};
use super::sub::{self, Piece};

type Outcome = Result<Option<Value>, Unresolved>;

fn wrong<T>(said: impl Into<String>) -> Result<T, Unresolved> {
    Err(Unresolved::Wrong(said.into()))
}

impl Scope<'_> {
    /// A function with its argument.
    pub(super) fn function(&self, name: &str, argument: &Value) -> Outcome {
        match name {
            "Ref" => self.reference(argument.as_str().unwrap_or_default()),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::Sub" => self.sub(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::If" => match argument.as_array().map(Vec::as_slice) {
                Some([condition, then, otherwise]) => {
                    self.value(if self.holds(condition) { then } else { otherwise })
                }
                _ => wrong("Template error: Fn::If requires a list argument with three parameters"),
            },
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::ImportValue" => {
                let name = self.text(argument)?;
                let found = self.pseudo.exports.get(&name);
                found.map_or_else(
                    || wrong(format!("No export named {name} found.")),
                    |it| Ok(Some(it.as_str().into())),
                )
            }
            "Fn::Base64" => Ok(Some(STANDARD.encode(self.text(argument)?).into())),
            "Fn::GetAZs" => Ok(Some(self.pseudo.zones.clone().into())),
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                self.is_true(&serde_json::json!({ name: argument }), 0).map(|it| Some(it.into()))
            }
            _ => wrong(format!(
                "Template error: {name} is not supported by this endpoint; write its value out"
            )),
        }
    }

    /// What a condition comes to.
    pub(super) fn is_true(&self, condition: &Value, depth: usize) -> Result<bool, Unresolved> {
        let one = condition.as_object().filter(|it| it.len() == 1).and_then(|it| it.iter().next());
        let Some((name, argument)) = one else {
            return wrong("Template format error: Conditions can only be boolean operations");
        };
        let items = argument.as_array().map(Vec::as_slice).unwrap_or_default();
        match (name.as_str(), items) {
            ("Condition", _) => self.condition(argument.as_str().unwrap_or_default(), depth),
            ("Fn::Equals", [one, other]) => Ok(self.text(one)? == self.text(other)?),
            ("Fn::Not", [one]) => Ok(!self.is_true(one, depth)?),
            ("Fn::And", _) => items.iter().try_fold(true, |all, it| Ok(all & self.is_true(it, depth)?)),
            ("Fn::Or", _) => items.iter().try_fold(false, |any, it| Ok(any | self.is_true(it, depth)?)),
            _ => wrong(format!("Template error: {name} does not stand in a condition like this")),
        }
    }

    fn reference(&self, name: &str) -> Outcome {
        let pseudo = self.pseudo;
        let text = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::NotificationARNs" => return Ok(Some(Value::Array(Vec::new()))),
            "AWS::AccountId" => &pseudo.account,
            "AWS::Region" => &pseudo.region,
            "AWS::StackId" => &pseudo.stack_id,
            "AWS::StackName" => &pseudo.stack_name,
            "AWS::Partition" => "aws",
            "AWS::URLSuffix" => "amazonaws.com",
            _ => {
                if let Some(parameter) = self.parameters.iter().find(|it| it.name == name) {
                    return Ok(Some(parameter.referred()));
                }
                return match self.made.get(name) {
                    Some(made) => Ok(Some(made.reference.as_str().into())),
                    None if self.template.resource(name).is_some() => Err(Unresolved::Waits(name.to_owned())),
                    None => wrong(format!("Template format error: Unresolved dependencies [{name}]")),
                };
            }
        };
        Ok(Some(text.into()))
    }

    fn attribute(&self, argument: &Value) -> Outcome {
        let (name, attribute) = match argument {
            Value::String(text) => text.split_once('.').unwrap_or((text, "")),
            other => (other[0].as_str().unwrap_or_default(), other[1].as_str().unwrap_or_default()),
        };
        let Some(made) = self.made.get(name) else { return Err(Unresolved::Waits(name.to_owned())) };
        match made.attributes.get(attribute) {
            Some(value) => Ok(Some(value.clone())),
            None => wrong(format!(
                "Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt"
            )),
        }
    }

    fn sub(&self, argument: &Value) -> Outcome {
        let (text, own) = sub::parts(argument);
        let mut made = String::new();
        for piece in sub::pieces(text) {
            match piece {
                Piece::Text(text) => made += text,
                Piece::Name(name) => {
                    let value = match (own.and_then(|own| own.get(name)), name.contains('.')) {
                        (Some(own), _) => own.clone(),
                        (None, true) => serde_json::json!({ "Fn::GetAtt": name }),
                        (None, false) => serde_json::json!({ "Ref": name }),
                    };
                    made += &self.text(&value)?;
                }
            }
        }
        Ok(Some(made.into()))
    }

    fn join(&self, argument: &Value) -> Outcome {
        let Some(between) = argument[0].as_str() else {
            return wrong(
                "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined",
            );
        };
        let items = self.list(&argument[1])?;
        let texts: Result<Vec<String>, Unresolved> = items.iter().map(|it| self.text(it)).collect();
        Ok(Some(texts?.join(between).into()))
    }

    fn select(&self, argument: &Value) -> Outcome {
        let index = self.text(&argument[0])?;
        let items = self.list(&argument[1])?;
        let found = index.parse::<usize>().ok().and_then(|at| items.get(at).cloned());
        found.map_or_else(
            || wrong(format!("Template error: Fn::Select cannot select nonexistent value at index {index}")),
            |it| Ok(Some(it)),
        )
    }

    fn split(&self, argument: &Value) -> Outcome {
        let Some(between) = argument[0].as_str().filter(|it| !it.is_empty()) else {
            return wrong(
                "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split",
            );
        };
        let text = self.text(&argument[1])?;
        Ok(Some(text.split(between).map(Value::from).collect()))
    }

    fn find_in_map(&self, argument: &Value) -> Outcome {
        let key = |at: usize| self.text(&argument[at]);
        let (map, first, second) = (key(0)?, key(1)?, key(2)?);
        let found = self.template.member("Mappings", &map).and_then(|it| it.get(&first)?.get(&second));
        found.map_or_else(
            || wrong(format!("Template error: Unable to get mapping for {map}::{first}::{second}")),
            |it| Ok(Some(it.clone())),
        )
    }

    fn list(&self, value: &Value) -> Result<Vec<Value>, Unresolved> {
        match self.whole(value)? {
            Value::Array(items) => Ok(items),
            _ => wrong("Template error: a list is wanted here"),
        }
    }

    /// A value as a text; numbers and switches are written out.
    fn text(&self, value: &Value) -> Result<String, Unresolved> {
        match self.whole(value)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                wrong("Template error: a string is wanted here")
            }
        }
    }

    /// A value that waits for nothing, in a draft too: what is around it has to wait with it.
    fn whole(&self, value: &Value) -> Result<Value, Unresolved> {
        let strict = Self { is_draft: false, ..self.clone() };
        Ok(strict.value(value)?.unwrap_or_else(|| "".into()))
    }
}
