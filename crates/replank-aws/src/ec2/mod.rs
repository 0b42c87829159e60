//! EC2 on the SDK's own runtime: signing, credentials, timeouts and HTTP are the SDK's, the requests and answers are
//! ours.
//!
//! Not `aws-sdk-ec2`: 1.2 million generated lines take 12 minutes of a release build on two cores, no feature leaves
//! operations out, and its typed answers drop members that are newer than the crate, so that two launch templates which
//! differ only there would count as equal.

mod endpoint;
mod tree;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_query::QueryWriter;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use thiserror::Error;

use crate::calls::Calls;
use crate::failure::Failure;

pub use tree::{BadXml, Tree};

/// Version of the API.
const API: &str = "2016-11-15";
/// Time limit of one call.
const CALL: Duration = Duration::from_secs(20);
/// Most pages of one list; a hundred thousand instances have a hundred.
const PAGES_MAX: usize = 200;

/// A request: its action and parameters, in the order in which they are sent.
type Request = (&'static str, Vec<(String, String)>);

/// A client of EC2.
#[derive(Debug)]
pub struct Ec2 {
    operation: Operation<Request, Tree, Refused>,
    calls: Arc<Calls>,
}

/// An error that EC2 answered.
#[derive(Debug, Error)]
#[error("HTTP {status}: {meta}")]
struct Refused {
    status: u16,
    meta: ErrorMetadata,
}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.meta
    }
}

impl Ec2 {
    /// The client for a region, with the credentials and the HTTP client of `config`.
    pub(crate) async fn new(config: &SdkConfig, region: &str, calls: Arc<Calls>) -> Self {
        let url = endpoint::of(config, region).await;
        let mut layer = Layer::new("ec2");
        layer.store_put(SigningName::from_static("ec2"));
        layer.store_put(SigningRegion::from(Region::new(region.to_owned())));
        layer.store_put(SigV4OperationSigningConfig::default());
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        let schemes = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
        let mut components = RuntimeComponentsBuilder::new("ec2")
            .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
            .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(schemes)))
            .with_identity_cache(Some(IdentityCache::lazy().build()));
        if let Some(credentials) = config.credentials_provider() {
            let resolver = SharedIdentityResolver::new(credentials);
            components = components.with_identity_resolver(SCHEME_ID, resolver);
        }
        let mut builder = Operation::builder()
            .service_name("ec2")
            .operation_name("query")
            .endpoint_url(&url)
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .timeout_config(TimeoutConfig::builder().operation_timeout(CALL).build())
            .no_retry();
        if let Some(client) = config.http_client() {
            builder = builder.http_client(client);
        }
        let plugin =
            StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components);
        let operation = builder.runtime_plugin(plugin).serializer(request).deserializer(answer).build();
        Self { operation, calls }
    }

    /// One call.
    pub(crate) async fn call(
        &self,
        action: &'static str,
        parameters: Vec<(String, String)>,
    ) -> Result<Tree, Failure> {
        self.calls.note(action);
        let answer = self.operation.invoke((action, parameters)).await;
        answer.map_err(|error| Failure::of(action, &error))
    }

    /// All pages of a list: the members of `set` in each answer.
    pub(crate) async fn list(
        &self,
        action: &'static str,
        parameters: &[(&str, &str)],
        set: &str,
    ) -> Result<Vec<Tree>, Failure> {
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
        Err(Failure::answered(action, 200, Some("TooManyPages"), Some(&message)))
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

fn answer(response: &HttpResponse) -> Result<Tree, OrchestratorError<Refused>> {
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
    Err(OrchestratorError::operation(Refused { status, meta: meta.build() }))
}
