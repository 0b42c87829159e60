//! Carries notices to a webhook, signed as Standard Webhooks says it (version 1: HMAC with SHA-256 over id, time and body).
//! A notice is tried a few times and then given up, with a line in the log; updates never wait for it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, Uri};
use jiff::Timestamp;
use replank_operator::notify::{MEDIA_TYPE, Notice};
use tokio::sync::mpsc::Receiver;
use tokio::time::{sleep, timeout};
use tracing::warn;

use crate::client::post::{self, Post};
use crate::client::reason;
use crate::errors::bad;

/// Pauses between the attempts; after the last one the notice is given up.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(15), Duration::from_mins(1)];
/// Time limit for an attempt.
const DEADLINE: Duration = Duration::from_secs(10);
/// Shortest secret: as many bytes as the digest has (RFC 2104).
const SECRET_MIN: usize = 32;

pub(super) struct Webhook {
    url: Uri,
    key: Option<hmac::Key>,
    http: Post,
}

/// What an attempt came to.
enum Carried {
    Taken,
    /// Not worth another attempt.
    Refused(String),
    /// Worth another one.
    Failed(String),
}

impl Webhook {
    /// A webhook at a URL, with the file of its secret. Without one notices are not signed.
    pub(super) fn new(url: &str, secret: Option<&Path>) -> Result<Self> {
        let url = post::address("--notify-url", url, "https://example.org/hook")?;
        let key = secret.map(key).transpose()?;
        Ok(Self { url, key, http: post::client("--notify-url")? })
    }

    /// Carries notices until nobody can give any more.
    pub(super) async fn carry(self, mut notices: Receiver<Notice>) {
        while let Some(notice) = notices.recv().await {
            self.one(&notice).await;
        }
    }

    async fn one(&self, notice: &Notice) {
        let body = notice.event.to_string();
        for pause in PAUSES.iter().map(Some).chain([None]) {
            match (self.attempt(&notice.id, &body).await, pause) {
                (Carried::Taken, _) => return,
                (Carried::Failed(_), Some(pause)) => sleep(*pause).await,
                (Carried::Refused(why), _) | (Carried::Failed(why), None) => {
                    warn!("a notice was given up, {}: {why}", notice.id);
                    return;
                }
            }
        }
    }

    async fn attempt(&self, id: &str, body: &str) -> Carried {
        let at = Timestamp::now().as_second();
        let mut request = Request::post(self.url.clone())
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .header("webhook-id", id)
            .header("webhook-timestamp", at);
        if let Some(key) = &self.key {
            request = request.header("webhook-signature", signature(key, id, at, body));
        }
        let Ok(request) = request.body(Full::new(Bytes::from(body.to_owned()))) else {
            return Carried::Refused("the request cannot be written".to_owned());
        };
        match timeout(DEADLINE, self.http.request(request)).await {
            Err(_) => Carried::Failed(format!("no answer within {} s", DEADLINE.as_secs())),
            Ok(Err(error)) => Carried::Failed(reason(&error)),
            Ok(Ok(answer)) => match answer.status().as_u16() {
                200..=299 => Carried::Taken,
                408 | 425 | 429 | 500..=599 => Carried::Failed(format!("it answers {}", answer.status())),
                _ => Carried::Refused(format!("it answers {}", answer.status())),
            },
        }
    }
}

/// The signature, with its version before it.
fn signature(key: &hmac::Key, id: &str, at: i64, body: &str) -> String {
    let tag = hmac::sign(key, format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag.as_ref()))
}

/// The secret of a file: `whsec_` and base64, as Standard Webhooks writes them, or any text.
fn key(path: &Path) -> Result<hmac::Key> {
    let named = || format!("--notify-secret {}", path.display());
    let text = fs::read_to_string(path).map_err(|error| bad(format!("{}: {error}", named())))?;
    let text = text.trim();
    let bytes = match text.strip_prefix("whsec_") {
        Some(encoded) => STANDARD
            .decode(encoded)
            .ok()
            .with_context(named)
            .map_err(|_| bad(format!("{}: what follows whsec_ is no base64", named())))?,
        None => text.as_bytes().to_vec(),
    };
    if bytes.len() < SECRET_MIN {
        return Err(bad(format!("{}: it has {SECRET_MIN} bytes at least", named())));
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        // The example of its specification.
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let signed = signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for url in ["", "example.org", "ftp://example.org", "https://user:word@example.org/", "/hook"] {
            let error = Webhook::new(url, None).err().unwrap().to_string();
            assert!(error.starts_with("--notify-url: it is no") && !error.contains("word"), "{error}");
        }
    }
}
