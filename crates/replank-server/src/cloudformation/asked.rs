//! What requests that bring a template or name a stack have in common.

use replank_stacks::StackError;
use replank_stacks::ask::Request;
use replank_stacks::template::Given as Parameter;

use crate::given::Given;

/// The name or id of a stack, which a request must have.
pub(super) fn name<'a>(given: &'a Given, member: &str) -> Result<&'a str, StackError> {
    given.given(member).ok_or_else(|| missing(member))
}

/// The error for a member that is missing.
pub(super) fn missing(member: &str) -> StackError {
    let mut letters = member.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    let member: String = first.into_iter().chain(letters).collect();
    StackError::invalid(format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must not be null"
    ))
}

/// Reads what a stack is to be; refuses two templates at once.
pub(super) fn request(given: &Given) -> Result<Request, StackError> {
    let text = |name: &str| given.given(name).map(str::to_owned);
    let keeps_template = given.text("UsePreviousTemplate") == "true";
    let body = body(given)?;
    if body.is_some() && keeps_template {
        let said = "Only one of UsePreviousTemplate, Template Body and Template URL may be specified.";
        return Err(StackError::invalid(said));
    }
    if body.is_none() && !keeps_template {
        return Err(StackError::invalid("Either Template URL or Template Body must be specified."));
    }
    Ok(Request {
        name: name(given, "StackName")?.to_owned(),
        body,
        parameters: parameters(given),
        tags: tags(given),
        capabilities: list(given, "Capabilities"),
        keeps_failures: given.text("DisableRollback") == "true"
            || given.text("OnStackFailure") == "DO_NOTHING",
        role: text("RoleARN"),
        topics: list(given, "NotificationARNs"),
        token: text("ClientRequestToken"),
    })
}

/// The template of a request. One that lies in S3 is refused: there is none here.
pub(super) fn body(given: &Given) -> Result<Option<String>, StackError> {
    if given.given("TemplateURL").is_some() {
        let said = "TemplateURL is not supported by this endpoint, which has no S3; send the template as TemplateBody.";
        return Err(StackError::invalid(said));
    }
    Ok(given.given("TemplateBody").map(str::to_owned))
}

/// Parameters of a request.
pub(super) fn parameters(given: &Given) -> Vec<Parameter> {
    let found = given.structure("Parameters.member").unwrap_or_default();
    let one = |it: &serde_json::Value| {
        let name = it["parameterKey"].as_str().unwrap_or_default().to_owned();
        let keeps = it["usePreviousValue"].as_str() == Some("true");
        let value = (!keeps).then(|| it["parameterValue"].as_str().unwrap_or_default().to_owned());
        Parameter { name, value }
    };
    found.as_array().into_iter().flatten().map(one).collect()
}

/// A list of texts.
pub(super) fn list(given: &Given, name: &str) -> Vec<String> {
    given.list(&format!("{name}.member")).into_iter().map(str::to_owned).collect()
}

fn tags(given: &Given) -> Option<Vec<(String, String)>> {
    let found = given.structure("Tags.member");
    // An empty list takes all tags away; a request without one keeps them.
    if found.is_none() && given.has("Tags") {
        return Some(Vec::new());
    }
    let pair = |it: &serde_json::Value| {
        let text = |name: &str| it[name].as_str().unwrap_or_default().to_owned();
        (text("key"), text("value"))
    };
    found.map(|found| found.as_array().into_iter().flatten().map(pair).collect())
}
