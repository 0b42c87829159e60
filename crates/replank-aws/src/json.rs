//! Services of the JSON protocols on the SDK's own runtime: a JSON object in, a JSON object out.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::Value;

use crate::calls::Calls;
use crate::failure::CallError;
use crate::signed::{Answered, SigningScope, operation};

/// How a service is spoken to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    /// What its operations are called by before their names, such as `AmazonSSM`.
    pub(crate) target: &'static str,
    /// Content type of requests.
    pub(crate) content: &'static str,
}

/// A request: how, its operation and what it asks for.
type Request = (Protocol, &'static str, Value);

/// A client of one service.
#[derive(Debug)]
pub(crate) struct Json {
    operation: Operation<Request, Value, Answered>,
    protocol: Protocol,
    calls: Arc<Calls>,
}

impl Json {
    /// The client of a service, with the credentials and the HTTP client of `config`.
    pub(crate) async fn new(
        config: &SdkConfig,
        place: SigningScope<'_>,
        protocol: Protocol,
        calls: Arc<Calls>,
    ) -> Self {
        let builder = operation(config, place).await;
        let operation = builder.operation_name("json").serializer(request).deserializer(answer).build();
        Self { operation, protocol, calls }
    }

    /// Calls the service once and counts the call; nothing is tried again here.
    pub(crate) async fn call(&self, operation: &'static str, asked: Value) -> Result<Value, CallError> {
        self.calls.note(operation);
        let answer = self.operation.invoke((self.protocol, operation, asked)).await;
        self.calls.answered(operation, answer.map_err(|error| CallError::of(operation, &error)))
    }
}

fn request((protocol, operation, asked): Request) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(asked.to_string()));
    request.set_method("POST")?;
    request.set_uri("/")?;
    request.headers_mut().insert("content-type", protocol.content);
    request.headers_mut().insert("x-amz-target", format!("{}.{operation}", protocol.target));
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<Value, OrchestratorError<Answered>> {
    let read = serde_json::from_slice::<Value>(response.body().bytes().unwrap_or_default());
    if response.status().is_success() {
        return read.map_err(OrchestratorError::other);
    }
    let body = read.unwrap_or_default();
    let text = |key: &str| body[key].as_str();
    let mut meta = ErrorMetadata::builder();
    // The code stands in the body or in a header, with a namespace before it or a URL behind it.
    if let Some(code) = text("__type").or_else(|| response.headers().get("x-amzn-errortype")) {
        let code = code.split(':').next().unwrap_or(code);
        meta = meta.code(code.rsplit('#').next().unwrap_or(code));
    }
    meta = meta.message(text("message").or_else(|| text("Message")).unwrap_or_default());
    Err(OrchestratorError::operation(Answered { status: response.status().as_u16(), meta: meta.build() }))
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::{Response, StatusCode};

    use super::*;

    fn answered(status: u16, header: Option<&'static str>, body: &str) -> Result<Value, (u16, String)> {
        let mut response = Response::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        if let Some(kind) = header {
            response.headers_mut().insert("x-amzn-errortype", kind);
        }
        answer(&response).map_err(|error| {
            let answered = error.as_operation_error().unwrap();
            let code = answered.meta.code().unwrap_or_default();
            (answered.status, format!("{code}: {}", answered.meta.message().unwrap_or_default()))
        })
    }

    #[test]
    fn answers_are_values_or_errors_with_their_code_however_it_is_written() {
        let found = answered(200, None, r#"{"Parameter": {"Value": "ami-1"}}"#).unwrap();
        assert_eq!(found["Parameter"]["Value"], "ami-1");
        let missing = Err((400, "ParameterNotFound: none".to_owned()));
        let of = |kind: &str| format!(r#"{{"__type": "{kind}", "message": "none"}}"#);
        assert_eq!(answered(400, None, &of("ParameterNotFound")), missing);
        assert_eq!(answered(400, None, &of("com.amazonaws.ssm#ParameterNotFound")), missing);
        let header = "ParameterNotFound:http://internal.amazon.com/coral/com.amazonaws.ssm/";
        assert_eq!(answered(400, Some(header), r#"{"Message": "none"}"#), missing);
        assert_eq!(answered(502, None, "<html>"), Err((502, ": ".to_owned())));
    }
}
