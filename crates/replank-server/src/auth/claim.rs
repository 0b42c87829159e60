//! What a request says about its signature: access key, time, scope, signed headers.

use secrecy::SecretString;

use super::{ALGORITHM, Refusal, TERMINATOR};
use crate::uri;
use crate::wire::Request;

/// Longest validity of a presigned URL (AWS: seven days), in seconds.
const EXPIRES_SECONDS_MAX: u32 = 604_800;

/// Form of a time in a signature; 0 stands for any digit.
const MOMENT: &str = "00000000T000000Z";

/// What a request says about its signature; not verified yet.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Whether it is in the header or the query.
    pub form: Form,
    /// Access key id.
    pub access_key: String,
    /// Date of the scope, such as `20261121`.
    pub day: String,
    /// Region of the scope.
    pub region: String,
    /// Service of the scope.
    pub service: String,
    /// Time of signing, such as `20261121T130500Z`.
    pub at: String,
    /// Names of the signed headers, in the order given.
    pub headers: Vec<String>,
    /// The signature, hexadecimal.
    pub signature: SecretString,
    /// Session token, if there is one.
    pub session_token: Option<SecretString>,
}

/// Where a signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query, as in a presigned URL.
    Query {
        /// Seconds for which it is valid (`X-Amz-Expires`).
        expires_seconds: u32,
    },
}

impl Claim {
    /// Reads the signature of a request; the error says which part is missing or malformed.
    pub fn of(request: &Request) -> Result<Self, Refusal> {
        match request.header("authorization") {
            Some(text) => Self::from_header(request, text),
            None if request.query.contains("X-Amz-Algorithm=") => Self::from_query(request),
            None => Err(Refusal::Missing),
        }
    }

    fn from_header(request: &Request, text: &str) -> Result<Self, Refusal> {
        let Some(fields) = text.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(' ')) else {
            return Err(Refusal::Incomplete("Unsupported authorization type, expected AWS4-HMAC-SHA256."));
        };
        let find = |name: &str| {
            let mut fields = fields.split(',').filter_map(|field| field.trim().split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let [credential, headers, signature] = ["Credential", "SignedHeaders", "Signature"].map(find);
        let at = request.header("x-amz-date").map(str::to_owned);
        let parts = [("Credential", &credential), ("Signature", &signature), ("SignedHeaders", &headers)];
        let missing = parts.into_iter().filter(|(_, part)| part.is_none()).map(|(name, _)| name).collect();
        let lacks = Refusal::Lacks { parameters: missing, date: at.is_none() };
        let (Some(credential), Some(headers), Some(signature), Some(at)) =
            (credential, headers, signature, at)
        else {
            return Err(lacks);
        };
        let session_token = request.header("x-amz-security-token").map(SecretString::from);
        Self::new(Form::Header, &credential, &headers, signature, at, session_token)
    }

    fn from_query(request: &Request) -> Result<Self, Refusal> {
        let all: Vec<(String, String)> = uri::parameters(&request.query).collect();
        let find = |name: &str| all.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let must = |name: &'static str| {
            find(name).filter(|value| !value.is_empty()).ok_or(Refusal::NoParameter(name))
        };
        if must("X-Amz-Algorithm")? != ALGORITHM {
            return Err(Refusal::Incomplete("Unsupported algorithm, expected AWS4-HMAC-SHA256."));
        }
        let expires = find("X-Amz-Expires").map_or(Ok(300), |text| text.parse::<u32>());
        let expires_seconds = expires.ok().filter(|seconds| *seconds <= EXPIRES_SECONDS_MAX);
        let wrong = "X-Amz-Expires must be a number of seconds, at most a week (604800)";
        let expires_seconds = expires_seconds.ok_or(Refusal::Incomplete(wrong))?;
        Self::new(
            Form::Query { expires_seconds },
            &must("X-Amz-Credential")?,
            &must("X-Amz-SignedHeaders")?,
            must("X-Amz-Signature")?,
            must("X-Amz-Date")?,
            find("X-Amz-Security-Token").map(SecretString::from),
        )
    }

    fn new(
        form: Form,
        credential: &str,
        headers: &str,
        signature: String,
        at: String,
        session_token: Option<SecretString>,
    ) -> Result<Self, Refusal> {
        // An access key holds no slash; the scope has four parts.
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key, day, region, service, terminator] = parts[..] else {
            // AWS repeats here what it got, which may well be a secret key in the wrong place.
            return Err(Refusal::Incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term",
            ));
        };
        if terminator != TERMINATOR {
            return Err(Refusal::OtherTerminator);
        }
        let is_moment = at.bytes().zip(MOMENT.bytes()).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            form => byte == form,
        });
        let is_day = day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit());
        if at.len() != MOMENT.len() || !is_moment || !is_day {
            return Err(Refusal::BadDate);
        }
        if day != &at[..8] {
            return Err(Refusal::OtherDay { scope: day.into(), at });
        }
        let headers: Vec<String> = headers.split(';').map(str::to_ascii_lowercase).collect();
        if !headers.iter().any(|name| name == "host") {
            return Err(Refusal::HostNotSigned);
        }
        Ok(Self {
            form,
            access_key: access_key.into(),
            day: day.into(),
            region: region.into(),
            service: service.into(),
            at,
            headers,
            signature: signature.into(),
            session_token,
        })
    }
}
