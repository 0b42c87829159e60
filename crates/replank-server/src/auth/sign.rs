//! Signs requests as AWS clients do, over the same canonical form that is verified.

use aws_lc_rs::{digest, hmac};
use hyper::header::HeaderValue;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::{ALGORITHM, Claim, Form, Key, Refusal, canonical, signing_key};
use crate::uri::hex;
use crate::wire::Request;

/// Credentials and scope of a signature.
#[derive(Clone, Debug)]
pub struct Signer<'a> {
    /// Access key id.
    pub access_key: &'a str,
    /// Secret and session token.
    pub key: &'a Key,
    /// Region of the scope.
    pub region: &'a str,
    /// Service of the scope.
    pub service: &'a str,
}

impl Signer<'_> {
    /// Signs a request over all its headers, among which `host` must be. Refuses credentials that are no valid header
    /// values.
    pub fn sign(&self, request: &mut Request, now: Timestamp) -> Result<(), Refusal> {
        let text = |name: &'static str, text: &str| {
            HeaderValue::from_str(text).map_err(|_| Refusal::NoHeaderText(name))
        };
        let at = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let body = hex(digest::digest(&digest::SHA256, &request.body).as_ref());
        request.headers.insert("x-amz-date", text("time", &at)?);
        request.headers.insert("x-amz-content-sha256", text("hash of the body", &body)?);
        let session_token = Some(&self.key.session_token).filter(|token| !token.expose_secret().is_empty());
        if let Some(token) = session_token {
            let mut token = text("session token", token.expose_secret())?;
            token.set_sensitive(true);
            request.headers.insert("x-amz-security-token", token);
        }
        let mut headers: Vec<String> = request.headers.keys().map(ToString::to_string).collect();
        headers.sort_unstable();
        let claim = Claim {
            form: Form::Header,
            access_key: self.access_key.to_owned(),
            day: at[..8].to_owned(),
            region: self.region.to_owned(),
            service: self.service.to_owned(),
            at,
            headers,
            signature: SecretString::default(),
            session_token: session_token.cloned(),
        };
        let canonical = canonical::request(request, &claim, &body)?;
        let signed = canonical::string_to_sign(&claim, &canonical);
        let signature = hex(hmac::sign(&signing_key(&self.key.secret, &claim), signed.as_bytes()).as_ref());
        let Claim { access_key, day, region, service, headers, .. } = &claim;
        let authorization = format!(
            "{ALGORITHM} Credential={access_key}/{day}/{region}/{service}/aws4_request, SignedHeaders={}, \
             Signature={signature}",
            headers.join(";")
        );
        let mut authorization = text("access key or region", &authorization)?;
        authorization.set_sensitive(true);
        request.headers.insert("authorization", authorization);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::{HeaderMap, Method};

    use super::*;
    use crate::auth::{Keyring, verify};

    #[test]
    fn what_is_signed_is_verified() {
        let now: Timestamp = "2026-11-21T13:05:00Z".parse().unwrap();
        for token in ["", "a session"] {
            let key = Key { secret: "secret".into(), session_token: token.into() };
            let keyring = Keyring::of("AKIA", key.clone());
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static("127.0.0.1:7300"));
            let mut request = Request {
                method: Method::POST,
                path: "/replank/v1/updates/a%20b/pause".into(),
                query: "b=2&a=x%2Fy".into(),
                headers,
                body: Bytes::from_static(b"{}"),
            };
            let signer = Signer { access_key: "AKIA", key: &key, region: "us-west-2", service: "replank" };
            signer.sign(&mut request, now).unwrap();
            let caller = verify(&request, &keyring, now).unwrap();
            assert_eq!((&*caller.service, &*caller.region), ("replank", "us-west-2"));
            request.body = Bytes::from_static(b"[]");
            assert_eq!(verify(&request, &keyring, now), Err(Refusal::Mismatch));
        }
    }
}
