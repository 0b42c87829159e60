//! EC2 on the SDK's own runtime: signing, credentials, timeouts and HTTP are the SDK's, the requests and answers are
//! ours.
//!
//! Not `aws-sdk-ec2`: 1.2 million generated lines take 12 minutes of a release build on two cores, no feature leaves
//! operations out, and its typed answers drop members that are newer than the crate, so that two launch templates which
//! differ only there would count as equal.

mod tree;

use std::sync::Arc;

use aws_config::SdkConfig;

use crate::calls::Calls;
use crate::failure::CallError;
use crate::query::Query;

pub use tree::{BadXml, Tree};

/// Version of the API.
const API: &str = "2016-11-15";
/// Most pages of one list; a hundred thousand instances have a hundred.
const PAGES_MAX: usize = 200;

/// A client of EC2.
#[derive(Debug)]
pub struct Ec2(Query);

impl Ec2 {
    /// The client for a region, with the credentials and the HTTP client of `config`.
    pub(crate) async fn new(config: &SdkConfig, region: &str, calls: Arc<Calls>) -> Self {
        Self(Query::new(config, ("ec2", API), region, calls).await)
    }

    /// Calls EC2 once and counts the call; nothing is tried again here.
    pub(crate) async fn call(
        &self,
        action: &'static str,
        parameters: Vec<(String, String)>,
    ) -> Result<Tree, CallError> {
        self.0.call(action, parameters).await
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
