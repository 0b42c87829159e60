//! AWS Signature Version 4: who signed a request, whether it arrived as it was signed, and whether that was just now.
//!
//! Both forms are read, in the `Authorization` header and in the query. It knows no service: a refusal is worded
//! by whoever speaks the service's protocol.

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

pub use claim::{Claim, Form};
pub use keys::{Key, Keyring, new_pair};
pub use refusal::Refusal;
pub use sign::Signer;
pub use token::verify_token;

use crate::uri::hex;
use crate::wire::Request;

/// How far the clocks may differ (AWS: 5 minutes).
pub const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// The algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What every scope ends with.
const TERMINATOR: &str = "aws4_request";

/// Who a verified request is from, and what it was signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The access key.
    pub access_key: String,
    /// The region of the signature.
    pub region: String,
    /// The service of the signature.
    pub service: String,
}

/// Verifies a request that is read at `now`.
pub fn verify(request: &Request, keyring: &Keyring, now: Timestamp) -> Result<Caller, Refusal> {
    verify_aged(request, keyring, now, None)
}

/// As [`verify`], where a query form counts for `lives` after its date, whatever expiry it names (EKS: a token is
/// good for 15 minutes).
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

/// Whether the request was signed just now, or is still good by its own expiry.
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

/// Derives the key for a day, a region and a service.
fn signing_key(secret: &SecretString, claim: &Claim) -> hmac::Key {
    let secret = format!("AWS4{}", secret.expose_secret());
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    for part in [&*claim.day, &claim.region, &claim.service, TERMINATOR] {
        let next = hmac::sign(&key, part.as_bytes());
        key = hmac::Key::new(hmac::HMAC_SHA256, next.as_ref());
    }
    key
}
