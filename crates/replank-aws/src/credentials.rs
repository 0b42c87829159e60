//! Credentials of a process that outlives them. The SDK reads profiles once for its whole life (`aws-config`:
//! `parsed_profile`) and keeps what never expires, so keys that somebody writes anew into a file would never be seen: here
//! the search begins again after AWS refused those that were found.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Providing;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use tokio::sync::Mutex;

use crate::calls::Calls;

/// How long before their end credentials are asked for anew; the SDK's own cache takes ten seconds.
const BEFORE_END: Duration = Duration::from_secs(30);

/// A search for credentials that knows nothing of earlier ones; `None` when there is nothing to search.
type Search =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Option<SharedCredentialsProvider>> + Send>> + Send + Sync>;

/// Credentials that are searched for again when they have ended or were refused.
pub(crate) struct Renewed {
    search: Search,
    calls: Arc<Calls>,
    found: Mutex<Found>,
}

/// Where credentials come from, and those that came last.
#[derive(Debug, Default)]
struct Found {
    source: Option<SharedCredentialsProvider>,
    last: Option<Credentials>,
}

impl Renewed {
    /// Credentials of `source`, and of what `search` finds once `calls` tells that AWS refused them.
    pub(crate) fn new(source: Option<SharedCredentialsProvider>, search: Search, calls: Arc<Calls>) -> Self {
        Self { search, calls, found: Mutex::new(Found { source, last: None }) }
    }

    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        let mut found = self.found.lock().await;
        if self.calls.take_refusal() {
            *found = Found::default();
        }
        if let Some(last) = found.last.as_ref().filter(|last| is_good(last)) {
            return Ok(last.clone());
        }
        if found.source.is_none() {
            found.source = (self.search)().await;
        }
        let source = found.source.clone();
        let source = source.ok_or_else(|| CredentialsError::not_loaded("no providers in chain"))?;
        let provided = source.provide_credentials().await;
        *found = Found { source: provided.is_ok().then_some(source), last: provided.as_ref().ok().cloned() };
        provided
    }
}

fn is_good(credentials: &Credentials) -> bool {
    credentials.expiry().is_none_or(|end| SystemTime::now() + BEFORE_END < end)
}

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> Providing<'a>
    where
        Self: 'a,
    {
        Providing::new(self.provide())
    }
}

impl fmt::Debug for Renewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewed").finish_non_exhaustive()
    }
}

/// What a person does about credentials that have ended, by where they come from.
pub(crate) fn renewal(profile: Option<&str>) -> String {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("AWS_ACCESS_KEY_ID") {
        return "they are in the environment of this process, which nobody can change: end it with Ctrl-C, set new ones, and \
                run the same command again, which goes on"
            .to_owned();
    }
    let named = profile.map(str::to_owned).or_else(|| std::env::var("AWS_PROFILE").ok());
    let flag =
        named.filter(|name| !name.is_empty()).map(|name| format!(" --profile {name}")).unwrap_or_default();
    format!(
        "renew them as you got them (`aws sso login{flag}`, `aws login{flag}`, or new keys in the file of credentials); they \
         are looked for again, and the update goes on by itself"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::failure::{CallError, FailureKind};

    fn keys(number: u32, end: Option<SystemTime>) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Credentials::new(format!("AKID{number}"), "secret", None, end, "test"))
    }

    fn refusal() -> CallError {
        let failure = CallError::answered("DescribeImages", 403, Some("ExpiredToken"), None);
        assert_eq!(failure.kind, FailureKind::Credentials);
        failure
    }

    /// One whose searches find keys that end then, each with the next number.
    fn renewed(calls: &Arc<Calls>, end: Option<SystemTime>) -> Renewed {
        let count = Arc::new(AtomicU32::new(1));
        let search: Search = Box::new(move || {
            let number = count.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Some(keys(number, end)) })
        });
        Renewed::new(Some(keys(0, end)), search, calls.clone())
    }

    async fn provided(of: &Renewed) -> String {
        of.provide_credentials().await.unwrap().access_key_id().to_owned()
    }

    #[tokio::test]
    async fn those_that_aws_refused_are_searched_for_again_and_others_are_not() {
        let calls = Arc::new(Calls::default());
        let renewed = renewed(&calls, None);
        assert_eq!([provided(&renewed).await, provided(&renewed).await], ["AKID0", "AKID0"]);
        let throttled = CallError::answered("DescribeImages", 503, Some("RequestLimitExceeded"), None);
        let _refused = calls.answered::<()>("DescribeImages", Err(throttled));
        assert_eq!(provided(&renewed).await, "AKID0");
        let _refused = calls.answered::<()>("DescribeImages", Err(refusal()));
        assert_eq!([provided(&renewed).await, provided(&renewed).await], ["AKID1", "AKID1"]);
    }

    #[tokio::test]
    async fn where_none_are_found_the_next_call_searches_anew() {
        let calls = Arc::new(Calls::default());
        let count = AtomicU32::new(0);
        let search: Search = Box::new(move || {
            let found = count.fetch_add(1, Ordering::Relaxed) > 0;
            Box::pin(async move { found.then(|| keys(7, None)) })
        });
        let renewed = Renewed::new(None, search, calls);
        assert!(renewed.provide_credentials().await.is_err());
        assert_eq!(provided(&renewed).await, "AKID7");
    }
}
