//! EC2 on the SDK's own runtime: signing, credentials, timeouts and HTTP are the SDK's, the requests and answers are
//! ours.
//!
//! Not `aws-sdk-ec2`: 1.2 million generated lines take 12 minutes of a release build on two cores, no feature leaves
//! operations out, and its typed answers drop members that are newer than the crate, so that two launch templates which
//! differ only there would count as equal.

mod tree;

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_smithy_query::QueryWriter;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;

use crate::calls::Calls;
use crate::failure::CallError;
use crate::signed::{Answered, operation};

pub use tree::{BadXml, Tree};

/// Version of the API.
const API: &str = "2016-11-15";
/// Most pages of one list; a hundred thousand instances have a hundred.
const PAGES_MAX: usize = 200;

/// A request: its action and parameters, in the order in which they are sent.
type Request = (&'static str, Vec<(String, String)>);

/// A client of EC2.
#[derive(Debug)]
pub struct Ec2 {
    operation: Operation<Request, Tree, Answered>,
    calls: Arc<Calls>,
}

impl Ec2 {
    /// The client for a region, with the credentials and the HTTP client of `config`.
    pub(crate) async fn new(config: &SdkConfig, region: &str, calls: Arc<Calls>) -> Self {
        let builder = operation(config, "ec2", region).await;
        let operation = builder.operation_name("query").serializer(request).deserializer(answer).build();
        Self { operation, calls }
    }

    /// Calls EC2 once and counts the call; nothing is tried again here.
    pub(crate) async fn call(
        &self,
        action: &'static str,
        parameters: Vec<(String, String)>,
    ) -> Result<Tree, CallError> {
        self.calls.note(action);
        let answer = self.operation.invoke((action, parameters)).await;
        answer.map_err(|error| CallError::of(action, &error))
    }

    /// All pages of a list: the members of `set` in each answer.
    pub(crate) async fn list(
        &self,
        action: &'static str,
        parameters: &[(&str, &str)],
        set: &str,
    ) -> Result<Vec<Tree>, CallError> {
        let asked: Vec<(String, String)> =
            parameters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..PAGES_MAX {
            let next = token.take().map(|token| ("NextToken".to_owned(), token));
            let page = self.call(action, asked.iter().cloned().chain(next).collect()).await?;
            found.extend(page.items(set).cloned());
            match page.text("nextToken") {
                Some(next) => token = Some(next.to_owned()),
                None => return Ok(found),
            }
        }
        let message = format!("the list has more than {PAGES_MAX} pages");
        Err(CallError::answered(action, 200, Some("TooManyPages"), Some(&message)))
    }
}

fn request((action, parameters): Request) -> Result<HttpRequest, BoxError> {
    let mut body = String::new();
    let mut writer = QueryWriter::new(&mut body, action, API);
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
    let first = errors.as_ref().and_then(|errors| errors.get("Errors")?.get("Error"));
    if let Some(error) = first {
        meta = meta.code(error.text("Code").unwrap_or_default());
        meta = meta.message(error.text("Message").unwrap_or_default());
    }
    Err(OrchestratorError::operation(Answered { status, meta: meta.build() }))
}
