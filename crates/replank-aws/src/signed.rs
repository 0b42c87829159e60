//! Signed calls of a service without an SDK of its own: signing, credentials, time limit and HTTP are those of the SDK's
//! runtime, requests and answers are the caller's.

use aws_config::SdkConfig;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use thiserror::Error;

use crate::connect::CALL;
use crate::endpoint;

/// An error that the service answered.
#[derive(Debug, Error)]
#[error("HTTP {status}: {meta}")]
pub(crate) struct Answered {
    /// HTTP status.
    pub(crate) status: u16,
    /// Code and message; empty where the answer is in a form of somebody else, such as a proxy.
    pub(crate) meta: ErrorMetadata,
}

impl ProvideErrorMetadata for Answered {
    fn meta(&self) -> &ErrorMetadata {
        &self.meta
    }
}

/// Which service, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SigningScope<'a> {
    /// Its signing name, such as `ec2`.
    service: &'static str,
    /// The region that calls are signed for.
    region: &'a str,
}

impl<'a> SigningScope<'a> {
    /// The service of that signing name in a region.
    pub(crate) fn of(service: &'static str, region: &'a str) -> Self {
        Self { service, region }
    }
}

/// The beginning of a client, with the credentials and the HTTP client of `config`. Nothing is repeated: retries are the
/// engine's.
pub(crate) async fn operation(config: &SdkConfig, place: SigningScope<'_>) -> OperationBuilder {
    let SigningScope { service, region } = place;
    let endpoint = match endpoint::told(config, service) {
        Some(told) => told,
        None => endpoint::of_region(config, service, region).await,
    };
    let mut layer = Layer::new(service);
    layer.store_put(SigningName::from_static(service));
    layer.store_put(SigningRegion::from(Region::new(region.to_owned())));
    layer.store_put(SigV4OperationSigningConfig::default());
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    let schemes = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
    let mut components = RuntimeComponentsBuilder::new(service)
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(schemes)))
        // The credentials keep themselves, and are searched for again when they were refused.
        .with_identity_cache(Some(IdentityCache::no_cache()));
    if let Some(credentials) = config.credentials_provider() {
        components = components.with_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
    }
    let mut builder = Operation::builder()
        .service_name(service)
        .endpoint_url(&endpoint)
        .sleep_impl(TokioSleep::new())
        .time_source(SystemTimeSource::new())
        .timeout_config(TimeoutConfig::builder().operation_timeout(CALL).build())
        .no_retry();
    if let Some(client) = config.http_client() {
        builder = builder.http_client(client);
    }
    builder.runtime_plugin(
        StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components),
    )
}
