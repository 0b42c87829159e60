//! Who somebody is and what they may do, where a cluster knows its people: by the bearer token that they show, or by the
//! name that a proxy in front vouches for. The cluster is asked each time, through a port; answers are kept for a short
//! while, so that a page with many requests asks once, and never for a change.

mod proxy;
mod seen;

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use replank_listener::Peer;
use secrecy::SecretString;
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::entrance::Right;
use crate::uri::hex;
use crate::wire::Request;

pub use proxy::{Network, NetworkError, Proxy};
use seen::Seen;

/// How long an answer of the cluster is good for. What was taken away is gone after this at the latest.
pub const GOOD_FOR: Duration = Duration::from_secs(30);
/// Reviews at once; whoever guesses tokens keeps no more of the API server busy.
const REVIEWS_MAX: usize = 8;
/// How long a request waits for its review to begin.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest token that is looked at.
const TOKEN_LENGTH_MAX: usize = 16 * 1024;

/// Somebody, as the cluster names them (Kubernetes: `UserInfo`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// User name.
    pub name: String,
    /// Identity beyond the name; empty where there is none.
    pub uid: String,
    /// Names of the groups that the cluster counts the person among.
    pub groups: Vec<String>,
    /// What else the cluster said of them.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// The cluster could not be asked; why, for people.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the cluster could not be asked who this is: {0}")]
pub struct Unreviewed(pub String);

/// An answer of the cluster.
pub type Reviewed<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unreviewed>> + Send + 'a>>;

/// Asks the cluster.
pub trait Reviewer: Send + Sync {
    /// Whose token it is; `None` when it is nobody's.
    fn whose<'a>(&'a self, token: &'a SecretString) -> Reviewed<'a, Option<Person>>;

    /// What somebody may do; `None` when nothing.
    fn right<'a>(&'a self, person: &'a Person) -> Reviewed<'a, Option<Right>>;
}

/// The people of a cluster.
pub struct People {
    reviewer: Arc<dyn Reviewer>,
    proxy: Option<Proxy>,
    tokens: Seen<Option<Person>>,
    rights: Seen<Option<Right>>,
    reviews: Semaphore,
    words: hmac::Key,
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("People").field("proxy", &self.proxy).finish_non_exhaustive()
    }
}

/// How somebody says who they are.
enum Claim {
    Token(SecretString),
    Vouched(Person),
}

impl People {
    /// People whom this cluster knows. A proxy is believed only if it is given. `None` when the system has no randomness.
    pub fn new(reviewer: Arc<dyn Reviewer>, proxy: Option<Proxy>) -> Option<Self> {
        let words = hmac::Key::generate(hmac::HMAC_SHA256, &aws_lc_rs::rand::SystemRandom::new()).ok()?;
        let (tokens, rights) = (Seen::default(), Seen::default());
        Some(Self { reviewer, proxy, tokens, rights, reviews: Semaphore::new(REVIEWS_MAX), words })
    }

    /// Who sends a request: by its token, else by its proxy. `None` when it says nothing of that, or when the token is
    /// nobody's.
    pub(crate) async fn of(&self, request: &Request, peer: Peer) -> Result<Option<Person>, Unreviewed> {
        match self.claim(request, peer) {
            None => Ok(None),
            Some(Claim::Vouched(person)) => Ok(Some(person)),
            Some(Claim::Token(token)) => self.whose(&token).await,
        }
    }

    /// Whose token it is.
    pub(crate) async fn whose(&self, token: &SecretString) -> Result<Option<Person>, Unreviewed> {
        use secrecy::ExposeSecret;
        let text = token.expose_secret();
        if text.is_empty() || text.len() > TOKEN_LENGTH_MAX {
            return Ok(None);
        }
        if let Some(known) = self.tokens.get(text.as_bytes(), Instant::now()) {
            return Ok(known);
        }
        let _place = self.place().await?;
        let found = self.reviewer.whose(token).await?;
        self.tokens.keep(text.as_bytes(), found.clone(), Instant::now() + GOOD_FOR);
        Ok(found)
    }

    /// What somebody may do, as it was up to [`GOOD_FOR`] ago.
    pub(crate) async fn right(&self, person: &Person) -> Result<Option<Right>, Unreviewed> {
        match self.rights.get(key(person).as_bytes(), Instant::now()) {
            Some(known) => Ok(known),
            None => self.right_now(person).await,
        }
    }

    /// What somebody may do at this moment, for a change.
    pub(crate) async fn right_now(&self, person: &Person) -> Result<Option<Right>, Unreviewed> {
        let _place = self.place().await?;
        let found = self.reviewer.right(person).await?;
        self.rights.keep(key(person).as_bytes(), found, Instant::now() + GOOD_FOR);
        Ok(found)
    }

    /// The word by which forms of somebody without a session of ours are known.
    pub(crate) fn word(&self, person: &Person) -> String {
        hex(hmac::sign(&self.words, key(person).as_bytes()).as_ref())
    }

    fn claim(&self, request: &Request, peer: Peer) -> Option<Claim> {
        let bearer = request.header("authorization").and_then(|header| header.split_once(' '));
        let token = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        if let Some((_, token)) = token {
            return Some(Claim::Token(token.trim().to_owned().into()));
        }
        self.proxy.as_ref()?.vouched(request, peer).map(Claim::Vouched)
    }

    async fn place(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Unreviewed> {
        let place = tokio::time::timeout(PATIENCE, self.reviews.acquire()).await;
        let busy = || Unreviewed("too many are being reviewed; try again".to_owned());
        place.map_err(|_| busy())?.map_err(|_| busy())
    }
}

/// What tells a person from all others: a debug text quotes, so that no two are the same.
fn key(person: &Person) -> String {
    format!("{person:?}")
}

#[cfg(test)]
mod tests;
