//! Why a request is not taken for what it says, in the words of AWS.

use jiff::{SignedDuration, Timestamp};

/// Why a signature is refused. What a request says of itself is repeated only where it was found to be a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is none.
    Missing,
    /// It is not whole.
    Incomplete(&'static str),
    /// The header lacks parts of it.
    Lacks {
        /// Which.
        parameters: Vec<&'static str>,
        /// Whether there is no date either.
        date: bool,
    },
    /// The query lacks a parameter of it.
    NoParameter(&'static str),
    /// What would have to stand in a header cannot: it has a line break, say.
    NoHeaderText(&'static str),
    /// Its date is none.
    BadDate,
    /// Its scope is of another day than its date.
    OtherDay {
        /// The day of the scope.
        scope: String,
        /// The date.
        at: String,
    },
    /// Its scope ends with another word.
    OtherTerminator,
    /// The host is not signed.
    HostNotSigned,
    /// Nobody here has that access key, or not with that session token.
    UnknownKey,
    /// Signed too long ago.
    Expired {
        /// When.
        signed_at: Timestamp,
        /// What time it is here.
        now: Timestamp,
        /// For how long it was good.
        lives: SignedDuration,
    },
    /// Signed in the future.
    NotYet {
        /// When.
        signed_at: Timestamp,
        /// What time it is here.
        now: Timestamp,
    },
    /// The scope is of another region.
    OtherRegion {
        /// The region here.
        here: String,
    },
    /// The scope is of another service than the request.
    OtherService {
        /// The service that the request is for.
        asked: &'static str,
    },
    /// Wrong secret, or something changed on the way.
    Mismatch,
}

impl Refusal {
    /// The error's code in the JSON protocols; the query protocols leave out `Exception` or have their own.
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

    /// The error's code in the query protocols (STS: common errors).
    pub fn query_code(&self) -> &'static str {
        match self.code() {
            "MissingAuthenticationTokenException" => "MissingAuthenticationToken",
            "IncompleteSignatureException" => "IncompleteSignature",
            "UnrecognizedClientException" => "InvalidClientTokenId",
            _ => "SignatureDoesNotMatch",
        }
    }

    /// The message.
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

/// ISO 8601 in the basic format.
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
