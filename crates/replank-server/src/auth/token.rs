//! Bearer tokens for the Kubernetes API, as `aws eks get-token` makes them: a presigned `GetCallerIdentity` URL in
//! base64, with the name of the cluster in a signed header.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use bytes::Bytes;
use hyper::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};

use super::{Caller, Keyring, verify_aged};
use crate::uri;
use crate::wire::Request;

/// Prefix of every token.
const PREFIX: &str = "k8s-aws-v1.";
/// Validity of a token (EKS: 15 minutes; `kubectl` caches one for 14).
const LIVES: SignedDuration = SignedDuration::from_mins(15);
/// Longest token that is looked at.
const LENGTH_MAX: usize = 16 * 1024;

/// Who made the token for this cluster; `None` when it is invalid or expired.
pub fn verify_token(token: &str, cluster: &str, keyring: &Keyring, now: Timestamp) -> Option<Caller> {
    let text = token.strip_prefix(PREFIX).filter(|text| text.len() <= LENGTH_MAX)?;
    let url = String::from_utf8(decoded(text)?).ok()?;
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let (place, query) = rest.split_once('?')?;
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let action = uri::parameters(query).find(|(name, _)| name == "Action")?.1;
    let mut headers = HeaderMap::new();
    headers.insert("host", host.parse().ok()?);
    headers.insert("x-k8s-aws-id", cluster.parse().ok()?);
    let request = Request {
        method: Method::GET,
        path: format!("/{path}"),
        query: query.to_owned(),
        headers,
        body: Bytes::new(),
    };
    let names_cluster = uri::parameters(query)
        .find(|(name, _)| name == "X-Amz-SignedHeaders")
        .is_some_and(|(_, names)| names.split(';').any(|name| name == "x-k8s-aws-id"));
    let caller = verify_aged(&request, keyring, now, Some(LIVES)).ok()?;
    (action == "GetCallerIdentity" && names_cluster && caller.service == "sts").then_some(caller)
}

/// Base64 without padding, with any trailing bits, since clients differ in both.
const UNPADDED: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// Decodes base64 for URLs, padded or not (RFC 4648).
fn decoded(text: &str) -> Option<Vec<u8>> {
    let plain = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    UNPADDED.decode(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_reads_back() {
        for (text, wanted) in [
            ("", Some("")),
            ("Zg", Some("f")),
            ("Zm9vYmFy", Some("foobar")),
            ("Zm8=", Some("fo")),
            ("Z m", None),
        ] {
            assert_eq!(
                decoded(text).map(|bytes| String::from_utf8(bytes).unwrap()),
                wanted.map(str::to_owned)
            );
        }
    }

    #[test]
    fn what_is_no_token_is_nobodys() {
        for token in ["", "x", "k8s-aws-v1.", "k8s-aws-v1.Zm9v", "k8s-aws-v1.aHR0cDovL2E_QWN0aW9uPXg"] {
            assert_eq!(verify_token(token, "c", &Keyring::default(), Timestamp::UNIX_EPOCH), None);
        }
    }
}
