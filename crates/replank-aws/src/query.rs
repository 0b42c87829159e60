//! Services of the query protocol on the SDK's own runtime: form parameters in, XML out, kept as a tree.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_query::QueryWriter;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use crate::calls::Calls;
use crate::ec2::Tree;
use crate::failure::CallError;
use crate::signed::{Answered, SigningScope, operation};

/// A request: version of the API, action and parameters, in the order in which they are sent.
type Request = (&'static str, &'static str, Vec<(String, String)>);

/// A client of one service.
#[derive(Debug)]
pub(crate) struct Query {
    operation: Operation<Request, Tree, Answered>,
    /// Version of the API.
    api: &'static str,
    calls: Arc<Calls>,
}

impl Query {
    /// The client of a service, by its signing name and the version of its API, for a region.
    pub(crate) async fn new(
        config: &SdkConfig,
        (service, api): (&'static str, &'static str),
        region: &str,
        calls: Arc<Calls>,
    ) -> Self {
        let builder = operation(config, SigningScope::of(service, region)).await;
        let operation = builder.operation_name("query").serializer(request).deserializer(answer).build();
        Self { operation, api, calls }
    }

    /// Calls the service once and counts the call; nothing is tried again here.
    pub(crate) async fn call(
        &self,
        action: &'static str,
        parameters: Vec<(String, String)>,
    ) -> Result<Tree, CallError> {
        self.calls.note(action);
        let answer = self.operation.invoke((self.api, action, parameters)).await;
        self.calls.answered(action, answer.map_err(|error| CallError::of(action, &error)))
    }
}

fn request((api, action, parameters): Request) -> Result<HttpRequest, BoxError> {
    let mut body = String::new();
    let mut writer = QueryWriter::new(&mut body, action, api);
    for (key, value) in &parameters {
        writer.prefix(key).string(value);
    }
    writer.finish();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
    Ok(request)
}

fn answer(response: &HttpResponse) -> Result<Tree, OrchestratorError<Answered>> {
    let status = response.status().as_u16();
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned();
    let read = Tree::read(&body);
    if response.status().is_success() {
        return read.map_err(OrchestratorError::other);
    }
    let mut meta = ErrorMetadata::builder();
    // Other services, and what stands in front of them, answer errors in other forms: then there is no code.
    let errors = read.ok();
    // EC2 has a list of one, the others an error alone.
    let first = errors.as_ref().and_then(|errors| errors.get("Errors").unwrap_or(errors).get("Error"));
    if let Some(error) = first {
        meta = meta.code(error.text("Code").unwrap_or_default());
        meta = meta.message(error.text("Message").unwrap_or_default());
    }
    Err(OrchestratorError::operation(Answered { status, meta: meta.build() }))
}
