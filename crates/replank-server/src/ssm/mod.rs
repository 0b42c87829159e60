//! SSM, for the public parameters that name the newest images. JSON 1.1, version 2014-11-06.

mod by_name;
mod by_path;

use replank_service::ports::Account;
use replank_service::ports::parameters::Parameter;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::wire::{Reply, Request};
use replank_service::seconds;

/// Content type of every body.
pub(crate) const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// What SSM answers instead: its code and message, as its model writes them.
#[derive(Debug, PartialEq, Eq)]
struct SsmError {
    status: u16,
    code: &'static str,
    message: String,
}

impl SsmError {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into() }
    }

    /// The body of the error; the model of SSM spells `message` differently for some errors and leaves it out for one.
    fn body(&self) -> Value {
        let mut body = json!({ "__type": self.code });
        match self.code {
            "InternalServerError" | "InvalidFilterValue" | "InvalidNextToken" => {
                body["Message"] = self.message.as_str().into();
            }
            "InvalidFilterKey" => {}
            _ => body["message"] = self.message.as_str().into(),
        }
        body
    }

    fn unreadable(error: &replank_engine::ports::ReadError) -> Self {
        Self { status: 500, code: "InternalServerError", message: error.to_string() }
    }
}

/// Answers a call of the parameter store, refusals too.
pub(crate) async fn answer<A: Account>(app: &App<A>, request: &Request) -> Reply {
    let target = request.header("x-amz-target").unwrap_or("");
    let Ok(Value::Object(input)) = serde_json::from_slice(&request.body) else {
        return reply(Err(SsmError::new("SerializationException", "Start of structure expected.")));
    };
    reply(match target.strip_prefix("AmazonSSM.") {
        Some("GetParameter") => by_name::one(app, &input).await,
        Some("GetParameters") => by_name::several(app, &input).await,
        Some("GetParametersByPath") => by_path::run(app, &input).await,
        _ => {
            let said = format!(
                "{target} is not an operation here. Served are GetParameter, GetParameters and GetParametersByPath."
            );
            Err(SsmError::new("UnknownOperationException", said))
        }
    })
}

fn reply(outcome: Result<Value, SsmError>) -> Reply {
    let (status, body) = match outcome {
        Ok(body) => (200, body),
        Err(failure) => (failure.status, failure.body()),
    };
    Reply { status, content_type: CONTENT_TYPE, error: None, body: body.to_string() }
}

/// A required text member of the input.
fn text<'a>(input: &'a Map<String, Value>, name: &str) -> Result<&'a str, SsmError> {
    let said = |text| {
        format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: {text}")
    };
    match input.get(name) {
        Some(Value::String(text)) => Ok(text),
        None | Some(Value::Null) => {
            Err(SsmError::new("ValidationException", said("Member must not be null")))
        }
        Some(_) => Err(SsmError::new("SerializationException", format!("{name} is no String"))),
    }
}

/// A parameter in a response.
fn shown<A: Account>(app: &App<A>, parameter: &Parameter, selector: Option<&str>) -> Value {
    let day = parameter.changed_on.parse::<jiff::civil::Date>().ok();
    let at = day.and_then(|day| jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
    let mut shown = json!({
        "Name": parameter.name,
        "Type": "String",
        "Value": parameter.value,
        "Version": parameter.version,
        "LastModifiedDate": seconds(at.unwrap_or_default()),
        "ARN": format!("arn:aws:ssm:{}::parameter{}", app.service.identity.region, parameter.name),
        "DataType": "text",
    });
    if let Some(selector) = selector {
        shown["Selector"] = selector.into();
    }
    shown
}
