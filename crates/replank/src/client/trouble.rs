//! What goes wrong between the command and a server, each with its way out.

use std::fmt;

use crate::exit::Exit;

/// Why there is no good answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody says which server is meant.
    Nowhere,
    /// The URL is none.
    BadUrl {
        /// It, where it may be shown.
        url: Option<String>,
        /// Who named it.
        named_by: &'static str,
    },
    /// No keys.
    NoCredentials {
        /// For which server.
        url: String,
    },
    /// Keys that cannot be used.
    BadCredentials(String),
    /// The certificates cannot be read.
    BadAuthority {
        /// The file.
        file: String,
        /// Why not.
        why: String,
    },
    /// No connection.
    Unreachable {
        /// Where to.
        url: String,
        /// Who named it.
        named_by: &'static str,
        /// Why not.
        why: String,
    },
    /// The connection broke before the answer was there.
    Broke {
        /// Where to.
        url: String,
        /// Why.
        why: String,
    },
    /// The keys are not those of the server.
    NotAccepted {
        /// Where.
        url: String,
        /// The access key, where it may be shown.
        access: Option<String>,
        /// In the server's words.
        said: String,
    },
    /// It answers, and is no replank.
    Stranger {
        /// Where.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server refuses.
    Said {
        /// The HTTP status.
        status: u16,
        /// The kind of refusal.
        code: String,
        /// In words.
        message: String,
    },
    /// The machine is out of order.
    Machine(String),
}

impl Trouble {
    /// How the command ends with it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::BadUrl { .. }
            | Self::BadAuthority { .. }
            | Self::BadCredentials(_)
            | Self::Said { status: 400 | 404 | 409, .. } => Exit::BadInput,
            Self::Nowhere
            | Self::NoCredentials { .. }
            | Self::Unreachable { .. }
            | Self::Broke { .. }
            | Self::NotAccepted { .. }
            | Self::Stranger { .. }
            | Self::Said { status: 429 | 503, .. } => Exit::Unreachable,
            Self::Said { .. } | Self::Machine(_) => Exit::Unexpected,
        }
    }

    /// Whether the server may be back in a moment.
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
            Self::Stranger { url, status } => write!(
                f,
                "what answers at {url} is no replank server (HTTP {status}); name one with --endpoint-url, or start \
                 one with `replank up`"
            ),
            Self::Said { message, .. } => f.write_str(message),
            Self::Machine(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Trouble {}
