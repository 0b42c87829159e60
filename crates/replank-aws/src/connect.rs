//! The connection to an account of AWS in one region: credentials, endpoints and clients, found as every AWS tool finds
//! them (profiles, single sign-on, `aws login`, web identities, pod identities, instance metadata; `AWS_ENDPOINT_URL`
//! and its kind, FIPS and dual-stack endpoints, partitions).

use std::fs;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::Region;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use thiserror::Error;

use crate::calls::Calls;
use crate::credentials::{self, Renewed};
use crate::ec2::Ec2;
use crate::failure::{CallError, FailureKind};
use crate::iam::Iam;
use crate::json::{Json, Protocol};
use crate::quotas::Quotas;
use crate::signed::SigningScope;
use crate::ssm::Ssm;

/// Time limit of one call, below the engine's own for an act (35 s), so that AWS's answer is known where there is one.
pub(crate) const CALL: Duration = Duration::from_secs(20);
/// How Service Quotas is spoken to (Service Quotas: `awsJson1_1`).
const QUOTAS: Protocol = Protocol { target: "ServiceQuotasV20190624", content: "application/x-amz-json-1.1" };
const CONNECT: Duration = Duration::from_secs(5);

/// Which account and region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Profile of the AWS configuration; `None` for the usual one (`AWS_PROFILE`, else `default`).
    pub profile: Option<String>,
    /// Region; `None` for the usual one (`AWS_REGION`, the profile's).
    pub region: Option<String>,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConnectError {
    /// Nothing names a region.
    #[error("no AWS region is known: name one with --region, AWS_REGION, or in the profile")]
    NoRegion,
    /// The file of authorities cannot be used.
    #[error("AWS_CA_BUNDLE={path}: {why}")]
    Authorities {
        /// Path of the file.
        path: String,
        /// What is wrong with the file, without any of its content.
        why: String,
    },
    /// AWS did not answer.
    #[error(
        "AWS does not answer: {0}; the endpoint follows from the region and from AWS_ENDPOINT_URL, and \
         `aws sts get-caller-identity` reaches the same one"
    )]
    Unreachable(CallError),
    /// No credentials, or credentials that AWS refuses.
    #[error("AWS credentials: {0}; `aws sts get-caller-identity` shows what an AWS client has here")]
    Credentials(CallError),
}

/// An account of AWS in one region.
#[derive(Debug)]
pub struct Aws {
    pub(crate) autoscaling: aws_sdk_autoscaling::Client,
    pub(crate) eks: aws_sdk_eks::Client,
    pub(crate) ssm: Ssm,
    pub(crate) sts: aws_sdk_sts::Client,
    /// What further clients are made of.
    pub(crate) config: SdkConfig,
    pub(crate) ec2: Ec2,
    pub(crate) iam: Iam,
    pub(crate) quotas: Quotas,
    calls: Arc<Calls>,
    /// What a person does when the credentials have ended.
    pub(crate) renewal: String,
    /// The region, such as `us-west-2`.
    pub region: String,
}

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Id of the account.
    pub account: String,
    /// ARN of the user or role.
    pub arn: String,
}

impl Aws {
    /// Makes the clients. Nothing is called yet but what the credentials need.
    pub async fn connect(access: &Access) -> Result<Self, ConnectError> {
        let http = http_client()?;
        let config = load(access, http.clone()).await;
        let region = config.region().ok_or(ConnectError::NoRegion)?.to_string();
        let calls = Arc::new(Calls::default());
        let search = {
            let access = access.clone();
            move || {
                let (access, http) = (access.clone(), http.clone());
                Box::pin(async move { load(&access, http).await.credentials_provider() })
                    as Pin<Box<dyn Future<Output = _> + Send>>
            }
        };
        let renewed = Renewed::new(config.credentials_provider(), Box::new(search), calls.clone());
        let config = config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(renewed))
            .identity_cache(IdentityCache::no_cache())
            .build();
        let renewal = credentials::renewal(access.profile.as_deref());
        let autoscaling = aws_sdk_autoscaling::Client::new(&config);
        let ec2 = Ec2::new(&config, &region, calls.clone()).await;
        let iam = Iam::new(&config, &region, calls.clone()).await;
        let quotas = SigningScope::of("servicequotas", &region);
        let quotas = Quotas(Json::new(&config, quotas, QUOTAS, calls.clone()).await);
        let ssm = Ssm::new(&config, &region, calls.clone()).await;
        let sts = aws_sdk_sts::Client::new(&config);
        let eks = aws_sdk_eks::Client::new(&config);
        Ok(Self { autoscaling, eks, ssm, sts, config, ec2, iam, quotas, calls, renewal, region })
    }

    /// Who the credentials belong to. The cheapest proof that there are some.
    pub async fn caller(&self) -> Result<Caller, ConnectError> {
        let answer = self.ask("GetCallerIdentity", self.sts.get_caller_identity().send()).await;
        let answer = answer.map_err(|failure| match failure.kind {
            FailureKind::Unknown => ConnectError::Unreachable(failure),
            FailureKind::Throttled
            | FailureKind::Busy
            | FailureKind::Credentials
            | FailureKind::Denied
            | FailureKind::Refused => ConnectError::Credentials(failure),
        })?;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(Caller { account: text(answer.account()), arn: text(answer.arn()) })
    }

    /// How often AWS was asked.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The same, for a client of its own.
    pub(crate) fn shared_calls(&self) -> Arc<Calls> {
        self.calls.clone()
    }

    /// One call of an SDK, counted.
    pub(crate) async fn ask<T, E>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, CallError>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        self.calls.note(operation);
        self.calls.answered(operation, call.await.map_err(|error| CallError::of(operation, &error)))
    }
}

/// The configuration as every AWS tool finds it.
async fn load(access: &Access, http: SharedHttpClient) -> SdkConfig {
    // Retries are the engine's, which shows them as waits. An SDK would repeat what may have been carried out.
    let limits = TimeoutConfig::builder().connect_timeout(CONNECT).operation_timeout(CALL).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::disabled())
        .timeout_config(limits);
    if let Some(profile) = &access.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &access.region {
        loader = loader.region(Region::new(region.clone()));
    }
    loader.load().await
}

impl CallError {
    /// Whether new credentials or a permission would help, and nothing else.
    pub fn is_about_rights(&self) -> bool {
        matches!(self.kind, FailureKind::Credentials | FailureKind::Denied)
    }
}

/// The HTTP client of all clients: one TLS stack, and the authorities that `AWS_CA_BUNDLE` names beside the system's,
/// which this SDK does not look for by itself.
fn http_client() -> Result<SharedHttpClient, ConnectError> {
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc);
    let builder = aws_smithy_http_client::Builder::new().tls_provider(provider);
    let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) else {
        return Ok(builder.build_https());
    };
    let bad = |why: String| ConnectError::Authorities { path: path.to_string_lossy().into_owned(), why };
    let pem = fs::read(&path).map_err(|error| bad(error.to_string()))?;
    if !pem.windows(11).any(|part| part == b"-----BEGIN ") {
        return Err(bad("there is no certificate in it (PEM)".to_owned()));
    }
    let store = TrustStore::default().with_pem_certificate(pem);
    let context = TlsContext::builder().with_trust_store(store).build();
    let context = context.map_err(|error| bad(error.to_string()))?;
    Ok(builder.tls_context(context).build_https())
}
