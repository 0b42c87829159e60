//! The way into the dashboard: links that open once, and the sessions of browsers that opened one.
//!
//! Nothing is kept but digests, so that a dump of the memory opens nothing. A session is known by a cookie that no script
//! can read, that no other site has the browser send, and that goes to the dashboard alone, never to an API.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::{digest, rand};

use crate::people::Person;
use crate::uri::hex;
use crate::wire::Request;

/// Path of the first page of the dashboard; every other one is below it.
pub(crate) const ROOT: &str = "/dashboard";
/// How long a link waits to be opened.
pub const LINK_LASTS: Duration = Duration::from_hours(1);
/// How long a session lasts after its last request.
const SESSION_LASTS: Duration = Duration::from_hours(12);
/// How long somebody is in who showed a token, whatever the token's own end: its end is not told.
const SIGNED_IN_LASTS: Duration = Duration::from_hours(1);
/// Most links that wait; of more the one that would end first is given up.
const LINKS_MAX: usize = 32;
/// Most sessions at once, likewise.
const SESSIONS_MAX: usize = 256;
/// Bytes of a secret: 256 bits are more than anyone can guess.
const SECRET_BYTES: usize = 32;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Read every page and change nothing.
    Looks,
    /// Look, and do what the keys of the account may do.
    Acts,
}

/// Somebody who came in by a link, until the server ends or the session is dropped.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// What it may do.
    pub(crate) right: Right,
    /// The word by which its forms are known.
    pub(crate) csrf: String,
    /// Who is in, where a cluster knows its people. What they may do is asked anew each time.
    pub(crate) person: Option<Person>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("right", &self.right).finish_non_exhaustive()
    }
}

type Digest = [u8; digest::SHA256_OUTPUT_LEN];

/// Links that wait, and sessions.
#[derive(Debug)]
pub struct Entrance {
    kept: Mutex<Kept>,
    is_secure: bool,
    /// Name of the cookie: of this process, since a cookie goes to every port of a host.
    name: String,
}

#[derive(Debug, Default)]
struct Kept {
    links: BTreeMap<Digest, (Instant, Right)>,
    sessions: BTreeMap<Digest, (Instant, Session)>,
}

impl Entrance {
    /// Nobody is in. With TLS (`is_secure`) cookies are never sent without it.
    pub fn new(is_secure: bool) -> Self {
        let run: String = replank_service::uuid().chars().take(8).collect();
        Self { kept: Mutex::default(), is_secure, name: format!("replank-{run}") }
    }

    /// Path and query of a page that lets whoever opens it first in; `None` when the system has no randomness.
    pub fn link(&self, right: Right, now: Instant) -> Option<String> {
        Some(format!("{ROOT}/enter?token={}", self.token(right, now)?))
    }

    /// A word that lets whoever gives it first in.
    fn token(&self, right: Right, now: Instant) -> Option<String> {
        let token = secret()?;
        keep(&mut self.lock().links, digest_of(&token), (now + LINK_LASTS, right), LINKS_MAX);
        Some(token)
    }

    /// Lets in whoever gives a word that nobody gave before: the cookie of a new session.
    pub(crate) fn enter(&self, token: &str, now: Instant) -> Option<String> {
        let mut kept = self.lock();
        let (until, right) = kept.links.remove(&digest_of(token))?;
        if until <= now {
            return None;
        }
        let (cookie, csrf) = (secret()?, secret()?);
        let session = (now + SESSION_LASTS, Session { right, csrf, person: None });
        keep(&mut kept.sessions, digest_of(&cookie), session, SESSIONS_MAX);
        Some(self.cookie(&cookie, SESSION_LASTS))
    }

    /// Lets in somebody whom the cluster knows: the cookie of a new session.
    pub(crate) fn sign_in(&self, person: Person, now: Instant) -> Option<String> {
        let (cookie, csrf) = (secret()?, secret()?);
        let session = (now + SIGNED_IN_LASTS, Session { right: Right::Looks, csrf, person: Some(person) });
        keep(&mut self.lock().sessions, digest_of(&cookie), session, SESSIONS_MAX);
        Some(self.cookie(&cookie, SIGNED_IN_LASTS))
    }

    /// The session of a request. One from a link lasts from now on; one of a person ends when it ends.
    pub(crate) fn of(&self, request: &Request, now: Instant) -> Option<Session> {
        let key = digest_of(self.given(request)?);
        let mut kept = self.lock();
        let (until, session) = kept.sessions.get_mut(&key)?;
        if *until <= now {
            kept.sessions.remove(&key);
            return None;
        }
        if session.person.is_none() {
            *until = now + SESSION_LASTS;
        }
        Some(session.clone())
    }

    /// Ends the session of a request: a cookie that takes its place.
    pub(crate) fn leave(&self, request: &Request) -> String {
        if let Some(cookie) = self.given(request) {
            self.lock().sessions.remove(&digest_of(cookie));
        }
        self.cookie("", Duration::ZERO)
    }

    /// The cookie of a request.
    fn given<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let all = request.headers.get_all("cookie").into_iter().filter_map(|header| header.to_str().ok());
        let mut pairs =
            all.flat_map(|header| header.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name).map(|(_, value)| value)
    }

    fn cookie(&self, value: &str, lasts: Duration) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let (name, seconds) = (&self.name, lasts.as_secs());
        format!("{name}={value}; Path={ROOT}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps an entry; of more than `most` the one that would end first goes.
fn keep<T>(map: &mut BTreeMap<Digest, (Instant, T)>, key: Digest, entry: (Instant, T), most: usize) {
    map.insert(key, entry);
    if map.len() > most {
        let first = map.iter().min_by_key(|(_, (until, _))| *until).map(|(key, _)| *key);
        first.map(|key| map.remove(&key));
    }
}

fn digest_of(secret: &str) -> Digest {
    let mut found = [0; digest::SHA256_OUTPUT_LEN];
    found.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    found
}

fn secret() -> Option<String> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes).ok()?;
    Some(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::{HeaderMap, Method};

    use super::*;

    fn with(cookie: &str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", cookie.split(';').next().unwrap().parse().unwrap());
        let path = ROOT.to_owned();
        Request { method: Method::GET, path, query: String::new(), headers, body: Bytes::new() }
    }

    #[test]
    fn a_link_opens_once_and_not_for_ever() {
        let (sessions, now) = (Entrance::new(false), Instant::now());
        let token = sessions.token(Right::Looks, now).unwrap();
        assert_eq!(sessions.enter("", now), None);
        let cookie = sessions.enter(&token, now + LINK_LASTS / 2).unwrap();
        for words in ["; HttpOnly", "; SameSite=Strict", "; Path=/dashboard;"] {
            assert!(cookie.contains(words), "{cookie}");
        }
        assert!(!cookie.contains(&token) && !cookie.contains("Secure"), "{cookie}");
        assert_eq!(sessions.enter(&token, now), None, "it was opened");
        let late = sessions.token(Right::Acts, now).unwrap();
        assert_eq!(sessions.enter(&late, now + LINK_LASTS), None);
        assert_eq!(sessions.of(&with(&cookie), now).unwrap().right, Right::Looks);
    }

    #[test]
    fn a_session_lasts_while_it_is_used_and_ends_when_asked() {
        let (sessions, now) = (Entrance::new(true), Instant::now());
        let cookie = sessions.enter(&sessions.token(Right::Acts, now).unwrap(), now).unwrap();
        assert!(cookie.ends_with("; Secure"));
        let mut at = now;
        for _ in 0..4 {
            at += SESSION_LASTS / 2;
            assert!(sessions.of(&with(&cookie), at).is_some());
        }
        assert_eq!(sessions.of(&with(&cookie), at + SESSION_LASTS), None);
        let again = sessions.enter(&sessions.token(Right::Acts, now).unwrap(), now).unwrap();
        assert!(sessions.leave(&with(&again)).contains("Max-Age=0"));
        assert_eq!(sessions.of(&with(&again), now), None);
        let other = Entrance::new(true);
        assert_eq!(other.of(&with(&again), now), None, "another server of this host");
    }

    #[test]
    fn somebody_who_showed_a_token_is_asked_for_it_again() {
        let (sessions, now) = (Entrance::new(true), Instant::now());
        let person =
            Person { name: "jane".into(), uid: String::new(), groups: Vec::new(), extra: BTreeMap::new() };
        let cookie = sessions.sign_in(person.clone(), now).unwrap();
        let later = |part| sessions.of(&with(&cookie), now + SIGNED_IN_LASTS / part);
        assert_eq!(later(2).unwrap().person, Some(person));
        assert_eq!(later(1), None, "being used does not make it last longer");
    }

    #[test]
    fn there_are_never_more_than_so_many() {
        let (sessions, now) = (Entrance::new(false), Instant::now());
        let first = sessions.token(Right::Acts, now).unwrap();
        for later in 1..=LINKS_MAX as u64 {
            sessions.token(Right::Acts, now + Duration::from_secs(later)).unwrap();
        }
        assert_eq!(sessions.lock().links.len(), LINKS_MAX);
        assert_eq!(sessions.enter(&first, now), None);
    }
}
