//! What a request says of its own signature: who, when, for what, over which headers.

use super::{ALGORITHM, Refusal};
use crate::uri;
use crate::wire::Request;

/// The longest a query form may be good for (AWS: seven days).
const EXPIRES_SECONDS_MAX: u32 = 604_800;

/// What a request claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Where it stands.
    pub form: Form,
    /// The access key.
    pub access_key: String,
    /// The day of the scope: `20261121`.
    pub day: String,
    /// The region of the scope.
    pub region: String,
    /// The service of the scope.
    pub service: String,
    /// When it was signed: `20261121T130500Z`.
    pub at: String,
    /// The headers that are signed, in the order named.
    pub headers: Vec<String>,
    /// The signature, hexadecimal.
    pub signature: String,
    /// The session token.
    pub session_token: Option<String>,
}

/// Where a signature stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// In the `Authorization` header.
    Header,
    /// In the query.
    Query {
        /// For how long it is good.
        expires_seconds: u32,
    },
}

impl Claim {
    /// Reads the claim of a request.
    pub fn of(request: &Request) -> Result<Self, Refusal> {
        match request.header("authorization") {
            Some(text) => Self::from_header(request, text),
            None if request.query.contains("X-Amz-Algorithm=") => Self::from_query(request),
            None => Err(Refusal::Missing),
        }
    }

    fn from_header(request: &Request, text: &str) -> Result<Self, Refusal> {
        let Some(fields) = text.strip_prefix(ALGORITHM).and_then(|rest| rest.strip_prefix(' ')) else {
            return Err(Refusal::Incomplete(format!(
                "Unsupported authorization type, expected {ALGORITHM}."
            )));
        };
        let find = |name: &str| {
            let mut fields = fields.split(',').filter_map(|field| field.trim().split_once('='));
            fields.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        let [credential, headers, signature] = ["Credential", "SignedHeaders", "Signature"].map(find);
        let at = request.header("x-amz-date").map(str::to_owned);
        let mut said = String::new();
        for (name, there) in
            [("Credential", &credential), ("Signature", &signature), ("SignedHeaders", &headers)]
        {
            if there.is_none() {
                said += &format!("Authorization header requires '{name}' parameter. ");
            }
        }
        if at.is_none() {
            said += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
        }
        let (Some(credential), Some(headers), Some(signature), Some(at)) =
            (credential, headers, signature, at)
        else {
            return Err(Refusal::Incomplete(format!("{said}Authorization={ALGORITHM}")));
        };
        let session_token = request.header("x-amz-security-token").map(str::to_owned);
        Self::new(Form::Header, &credential, &headers, signature, at, session_token)
    }

    fn from_query(request: &Request) -> Result<Self, Refusal> {
        let all: Vec<(String, String)> = uri::parameters(&request.query).collect();
        let find = |name: &str| all.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let must = |name: &str| {
            let missing =
                || Refusal::Incomplete(format!("AWS query-string parameters must include '{name}'."));
            find(name).filter(|value| !value.is_empty()).ok_or_else(missing)
        };
        if must("X-Amz-Algorithm")? != ALGORITHM {
            return Err(Refusal::Incomplete(format!("Unsupported algorithm, expected {ALGORITHM}.")));
        }
        let expires = find("X-Amz-Expires").map_or(Ok(300), |text| text.parse::<u32>());
        let expires_seconds = expires.ok().filter(|seconds| *seconds <= EXPIRES_SECONDS_MAX);
        let wrong = "X-Amz-Expires must be a number of seconds, at most a week (604800)";
        let expires_seconds = expires_seconds.ok_or_else(|| Refusal::Incomplete(wrong.into()))?;
        Self::new(
            Form::Query { expires_seconds },
            &must("X-Amz-Credential")?,
            &must("X-Amz-SignedHeaders")?,
            must("X-Amz-Signature")?,
            must("X-Amz-Date")?,
            find("X-Amz-Security-Token"),
        )
    }

    fn new(
        form: Form,
        credential: &str,
        headers: &str,
        signature: String,
        at: String,
        session_token: Option<String>,
    ) -> Result<Self, Refusal> {
        // An access key holds no slash; the scope has four parts.
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key, day, region, service, "aws4_request"] = parts[..] else {
            let said = "Credential must have exactly 5 slash-delimited elements, e.g. \
                        keyid/date/region/service/term";
            return Err(Refusal::Incomplete(format!("{said}, got '{credential}'")));
        };
        let fits = at.len() == 16 && at.is_ascii() && at.ends_with('Z') && &at[8..9] == "T";
        if !fits {
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
            signature,
            session_token,
        })
    }
}
