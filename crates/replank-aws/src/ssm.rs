//! Public parameters of SSM, by which AWS names its images.
//!
//! Not `aws-sdk-ssm`: one of its 140 operations is used, and its 348,000 generated lines are a tenth of a release build.

use std::sync::Arc;

use aws_config::SdkConfig;
use serde_json::Value;

use crate::calls::Calls;
use crate::failure::{CallError, if_there};
use crate::json::{Json, Protocol};
use crate::signed::SigningScope;

/// How SSM is spoken to (SSM: `awsJson1_1`).
const PROTOCOL: Protocol = Protocol { target: "AmazonSSM", content: "application/x-amz-json-1.1" };

/// A client of SSM.
#[derive(Debug)]
pub(crate) struct Ssm(Json);

impl Ssm {
    /// The client for a region, with the credentials and the HTTP client of `config`.
    pub(crate) async fn new(config: &SdkConfig, region: &str, calls: Arc<Calls>) -> Self {
        Self(Json::new(config, SigningScope::of("ssm", region), PROTOCOL, calls).await)
    }

    /// The value of a parameter, by its name or ARN, with `:VERSION` or `:LABEL` at will; `None` when there is none.
    pub(crate) async fn parameter(&self, name: &str) -> Result<Option<String>, CallError> {
        let answer = self.0.call("GetParameter", Value::from_iter([("Name", name)])).await;
        let found = if_there("ParameterNotFound", answer)?;
        Ok(found.and_then(|answer| answer["Parameter"]["Value"].as_str().map(str::to_owned)))
    }
}
