//! AWS Signature Version 4: verifies who signed a request, that it was not changed, and that it is recent.
//!
//! Signatures in the `Authorization` header and in the query are accepted. Nothing here knows the services: whoever
//! speaks a service's protocol words the refusal.

mod authentication;
mod canonical;
mod claim;
mod keys;
mod refusal;
mod sign;
#[cfg(test)]
mod tests;
mod token;

use aws_lc_rs::{constant_time, digest, hmac};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

pub use authentication::Authentication;
pub use claim::{Claim, Form};
pub use keys::{Key, Keyring, new_pair};
pub use refusal::Refusal;
pub use sign::Signer;
pub use token::verify_token;

use crate::uri::hex;
use crate::wire::Request;

/// Greatest difference between the clocks of client and server (AWS: 5 minutes).
pub const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// Name of the algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Last part of every scope.
const TERMINATOR: &str = "aws4_request";

/// Who signed a verified request, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Access key id.
    pub access_key: String,
    /// Region in the scope.
    pub region: String,
    /// Service in the scope.
    pub service: String,
}

/// Verifies the signature of a request that arrived at `now`.
pub fn verify(request: &Request, keyring: &Keyring, now: Timestamp) -> Result<Caller, Refusal> {
    verify_aged(request, keyring, now, None)
}

/// As [`verify`]; a signature in the query is valid for `lives` after its date, whatever `X-Amz-Expires` says (EKS: a
/// token is valid for 15 minutes).
pub fn verify_aged(
    request: &Request,
    keyring: &Keyring,
    now: Timestamp,
    lives: Option<SignedDuration>,
) -> Result<Caller, Refusal> {
    let claim = Claim::of(request)?;
    let key = keyring.get(&claim.access_key).ok_or(Refusal::UnknownKey)?;
    let token = claim.session_token.as_ref().map_or("", ExposeSecret::expose_secret);
    let wanted = key.session_token.expose_secret();
    if constant_time::verify_slices_are_equal(token.as_bytes(), wanted.as_bytes()).is_err() {
        return Err(Refusal::UnknownKey);
    }
    is_current(&claim, now, lives)?;
    let body = hex(digest::digest(&digest::SHA256, &request.body).as_ref());
    if request.header("x-amz-content-sha256").is_some_and(|stated| stated != body) {
        return Err(Refusal::Mismatch);
    }
    let canonical = canonical::request(request, &claim, &body)?;
    let signed = canonical::string_to_sign(&claim, &canonical);
    let wanted = hex(hmac::sign(&signing_key(&key.secret, &claim), signed.as_bytes()).as_ref());
    let stated = claim.signature.expose_secret();
    if constant_time::verify_slices_are_equal(wanted.as_bytes(), stated.as_bytes()).is_err() {
        return Err(Refusal::Mismatch);
    }
    Ok(Caller { access_key: claim.access_key, region: claim.region, service: claim.service })
}

/// Refuses a request that was signed too long ago or in the future.
fn is_current(claim: &Claim, now: Timestamp, lives: Option<SignedDuration>) -> Result<(), Refusal> {
    let Ok(signed_at) = claim.at.parse::<jiff::Timestamp>() else { return Err(Refusal::BadDate) };
    if signed_at > now + SKEW {
        return Err(Refusal::NotYet { signed_at, now });
    }
    let lives = match claim.form {
        Form::Header => SKEW,
        Form::Query { expires_seconds } => {
            lives.unwrap_or(SignedDuration::from_secs(i64::from(expires_seconds)))
        }
    };
    if signed_at + lives < now {
        return Err(Refusal::Expired { signed_at, now, lives });
    }
    Ok(())
}

/// The signing key for date, region and service of a scope.
fn signing_key(secret: &SecretString, claim: &Claim) -> hmac::Key {
    let secret = format!("AWS4{}", secret.expose_secret());
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    for part in [&*claim.day, &claim.region, &claim.service, TERMINATOR] {
        let next = hmac::sign(&key, part.as_bytes());
        key = hmac::Key::new(hmac::HMAC_SHA256, next.as_ref());
    }
    key
}
