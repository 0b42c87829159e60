//! Why a signature is refused, with the error codes and messages of AWS.

use jiff::{SignedDuration, Timestamp};

/// Why a signature is refused. Of the request only times are repeated in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The request has no signature.
    Missing,
    /// A part is malformed; with the message.
    Incomplete(&'static str),
    /// Parts of the `Authorization` header are missing.
    Lacks {
        /// Names of the missing parts.
        parameters: Vec<&'static str>,
        /// Whether the date is missing too.
        date: bool,
    },
    /// This query parameter is missing.
    NoParameter(&'static str),
    /// This value is not a valid header value.
    NoHeaderText(&'static str),
    /// The date does not parse.
    BadDate,
    /// The date of the scope is another day than that of the request.
    OtherDay {
        /// Date of the scope.
        scope: String,
        /// Date of the request.
        at: String,
    },
    /// The scope does not end with `aws4_request`.
    OtherTerminator,
    /// Header `host` is not among the signed ones.
    HostNotSigned,
    /// No such access key, or none with this session token.
    UnknownKey,
    /// Signed too long ago.
    Expired {
        /// When it was signed.
        signed_at: Timestamp,
        /// Time of the server.
        now: Timestamp,
        /// How long it was valid.
        lives: SignedDuration,
    },
    /// Signed in the future.
    NotYet {
        /// When it was signed.
        signed_at: Timestamp,
        /// Time of the server.
        now: Timestamp,
    },
    /// The scope is for another region.
    OtherRegion {
        /// Region of the server.
        here: String,
    },
    /// The scope is for another service than the request.
    OtherService {
        /// Service that the request is for.
        asked: &'static str,
    },
    /// The signature does not match: wrong secret, or a changed request.
    Mismatch,
}

impl Refusal {
    /// Error code in the JSON protocols. The query protocols have other codes ([`Refusal::query_code`]).
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "MissingAuthenticationTokenException",
            Self::Incomplete(_)
            | Self::Lacks { .. }
            | Self::NoParameter(_)
            | Self::NoHeaderText(_)
            | Self::BadDate => "IncompleteSignatureException",
            Self::UnknownKey => "UnrecognizedClientException",
            Self::OtherDay { .. }
            | Self::OtherTerminator
            | Self::HostNotSigned
            | Self::Expired { .. }
            | Self::NotYet { .. }
            | Self::OtherRegion { .. }
            | Self::OtherService { .. }
            | Self::Mismatch => "InvalidSignatureException",
        }
    }

    /// Error code in the query protocols (STS: common errors).
    pub fn query_code(&self) -> &'static str {
        match self.code() {
            "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
            "IncompleteSignatureException" => "IncompleteSignature",
            "UnrecognizedClientException" => "InvalidClientTokenId",
            _ => "SignatureDoesNotMatch",
        }
    }

    /// Error message of AWS.
    pub fn message(&self) -> String {
        match self {
            Self::Missing => "Missing Authentication Token".into(),
            Self::Incomplete(said) => (*said).to_owned(),
            Self::Lacks { parameters, date } => lacks(parameters, *date),
            Self::NoParameter(name) => format!("AWS query-string parameters must include '{name}'."),
            Self::NoHeaderText(what) => format!("the {what} cannot stand in a header"),
            Self::BadDate => "Date must be in ISO-8601 'basic format'.".into(),
            Self::OtherDay { scope, at } => format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
                 '{scope}' != '{}', from '{at}'.",
                &at[..8]
            ),
            Self::OtherTerminator => {
                "Credential should be scoped with a valid terminator: 'aws4_request'.".into()
            }
            Self::HostNotSigned => {
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".into()
            }
            Self::UnknownKey => "The security token included in the request is invalid.".into(),
            Self::Expired { signed_at, now, lives } => format!(
                "Signature expired: {} is now earlier than {} ({} - {} min.)",
                basic(*signed_at),
                basic(*now - *lives),
                basic(*now),
                lives.as_mins()
            ),
            Self::NotYet { signed_at, now } => format!(
                "Signature not yet current: {} is still later than {} ({} + {} min.)",
                basic(*signed_at),
                basic(*now + super::SKEW),
                basic(*now),
                super::SKEW.as_mins()
            ),
            Self::OtherRegion { here } => {
                format!("Credential should be scoped to a valid region, such as {here}.")
            }
            Self::OtherService { asked } => {
                format!("Credential should be scoped to correct service: '{asked}'.")
            }
            Self::Mismatch => {
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service documentation for \
                 details."
                    .into()
            }
        }
    }
}

/// The message for missing parts of the header.
fn lacks(parameters: &[&'static str], date: bool) -> String {
    let named = parameters.iter().map(|name| format!("Authorization header requires '{name}' parameter. "));
    let mut said: String = named.collect();
    if date {
        said += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    }
    said + "Authorization=AWS4-HMAC-SHA256"
}

fn basic(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
