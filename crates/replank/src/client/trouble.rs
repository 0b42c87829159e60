//! Errors between the command and a server, each with what to do about it.

use std::fmt;

use super::endpoint;
use crate::exit::Exit;

/// Reason why a request has no useful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No endpoint is named by flags, environment or a running `replank up`.
    Nowhere,
    /// No server and no update runs in the data directory that a flag names.
    NobodyIn(String),
    /// The files of a data directory cannot be read, with the reason.
    BadDirectory(String),
    /// A text cannot be fetched.
    Unfetched {
        /// Where it should be.
        url: String,
        /// Reason.
        why: String,
    },
    /// The endpoint is not a valid URL.
    BadUrl {
        /// URL, if it may be shown.
        url: Option<String>,
        /// Flag, variable or file that named it.
        named_by: &'static str,
    },
    /// There are no credentials for the server.
    NoCredentials {
        /// URL of the server.
        url: String,
    },
    /// The credentials cannot be used, with the reason.
    BadCredentials(String),
    /// The file with CA certificates cannot be read.
    BadAuthority {
        /// Path of the file.
        file: String,
        /// Reason.
        why: String,
    },
    /// No connection could be made.
    Unreachable {
        /// URL of the server.
        url: String,
        /// Flag, variable or file that named it.
        named_by: &'static str,
        /// Reason.
        why: String,
    },
    /// The connection broke before the answer was complete.
    Broke {
        /// URL of the server.
        url: String,
        /// Reason.
        why: String,
    },
    /// The server rejects the credentials.
    NotAccepted {
        /// URL of the server.
        url: String,
        /// Access key id, if it may be shown.
        access: Option<String>,
        /// Message of the server.
        said: String,
    },
    /// Something other than a replank server answers.
    NotReplank {
        /// URL of the server.
        url: String,
        /// HTTP status.
        status: u16,
    },
    /// The answer is JSON and not of the type that this version expects.
    Unread,
    /// The server refuses the request.
    Said {
        /// HTTP status.
        status: u16,
        /// Error code of the server.
        code: String,
        /// Error message of the server.
        message: String,
    },
    /// Any other failure, such as a malformed answer or no thread for the client; the text says which.
    Machine(String),
}

impl Trouble {
    /// Exit code of the command for this error.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::BadUrl { .. }
            | Self::BadDirectory(_)
            | Self::Unfetched { .. }
            | Self::BadAuthority { .. }
            | Self::BadCredentials(_)
            | Self::Said { status: 400 | 404 | 409, .. } => Exit::BadInput,
            Self::Nowhere
            | Self::NobodyIn(_)
            | Self::NoCredentials { .. }
            | Self::Unreachable { .. }
            | Self::Broke { .. }
            | Self::NotAccepted { .. }
            | Self::NotReplank { .. }
            | Self::Unread
            | Self::Said { status: 429 | 503, .. } => Exit::Unreachable,
            Self::Said { .. } | Self::Machine(_) => Exit::Unexpected,
        }
    }

    /// Whether a retry may succeed: the server may be restarting or throttling.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Broke { .. } | Self::Said { status: 429 | 503, .. })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str(
                "no server is named, and no `replank up` runs here; start one with `replank up`, or name one with \
                 --endpoint-url",
            ),
            Self::NobodyIn(data) => write!(
                f,
                "--data {data}: no `replank up` runs there, and no update; `replank history --data` reads what is on \
                 record"
            ),
            Self::Unfetched { url, why } => write!(f, "{url}: cannot be fetched: {why}"),
            Self::BadDirectory(why) => write!(f, "--data: {why}"),
            Self::BadUrl { url, named_by } => {
                let url = url.as_ref().map_or(String::new(), |url| format!(" {url:?}"));
                write!(f, "{named_by}{url}: not a URL of a server; give one such as http://127.0.0.1:7300")
            }
            Self::NoCredentials { url } => write!(
                f,
                "no credentials for {url}; set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, or take \
                 those of a `replank up` with: eval \"$(replank env)\""
            ),
            Self::BadCredentials(why) => write!(f, "these credentials cannot be used: {why}"),
            Self::BadAuthority { file, why } => write!(
                f,
                "certificates of authorities, {file}: {why}; name a file with PEM certificates with --ca-file"
            ),
            Self::Unreachable { url, named_by: endpoint::PROCESS, why } => write!(
                f,
                "the process that ran the update does not answer at {url} any more: {why}; the same `replank upgrade \
                 nodegroup` goes on with it"
            ),
            Self::Unreachable { url, named_by, why } => write!(
                f,
                "no server answers at {url} (named by {named_by}): {why}; start one with `replank up`, and name it \
                 with: eval \"$(replank env)\""
            ),
            Self::Broke { url, why } => write!(f, "the connection to {url} broke: {why}"),
            Self::NotAccepted { url, access, said } => {
                let access = access.as_ref().map_or(String::new(), |access| format!(" {access}"));
                write!(
                    f,
                    "{url} does not accept the credentials{access}: {said} Take its own with: eval \"$(replank env)\""
                )
            }
            Self::NotReplank { url, status } => write!(
                f,
                "what answers at {url} is no replank server (HTTP {status}); name one with --endpoint-url, or start \
                 one with `replank up`"
            ),
            Self::Unread => f.write_str(
                "what the server answers cannot be read: it is a replank of another version, or none; name one with \
                 --endpoint-url",
            ),
            Self::Said { message, .. } => f.write_str(message),
            Self::Machine(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Trouble {}
