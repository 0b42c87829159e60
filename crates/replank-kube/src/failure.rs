//! Errors between this process and the API server, as messages for people.

use std::error::Error as _;

use kube::Error;
use kube::client::{AuthError, RustlsTlsError};
use kube::core::Status;
use replank_engine::secret::Unreadable;

use crate::kubeconfig;

/// Message for a token that is not a valid header value.
pub(crate) const BAD_TOKEN: &str =
    "the token of the kubeconfig's user cannot be sent: it has a line break, or is no text";
/// Reason that the library gives for a response that is not a Kubernetes status; its message is the whole response
/// then.
const NO_STATUS: &str = "Failed to parse error data";

/// The error in one line, with a way out where there is one. What libraries say about text from outside is left out,
/// since they quote what they did not understand, which may be a token.
pub fn of(error: &kube::Error) -> String {
    match error {
        Error::Api(status) => said(status),
        Error::Auth(error) => auth(error),
        Error::InferKubeconfig(error) => kubeconfig::why(error).to_string(),
        Error::RustlsTls(error) => tls(error).to_owned(),
        Error::SerdeError(error) => format!("the answer of the server is not understood: {}", Unreadable::json(error)),
        Error::FromUtf8(_) => "the answer of the server is no text".to_owned(),
        Error::ProxyProtocolUnsupported { .. } | Error::ProxyProtocolDisabled { .. } => {
            "a proxy stands before it (`proxy-url` of the kubeconfig, or HTTPS_PROXY), and replank cannot go through one"
                .to_owned()
        }
        Error::Service(error) => connection(error.as_ref()),
        Error::HyperError(_)
        | Error::LinesCodecMaxLineLengthExceeded
        | Error::ReadEvents(_)
        | Error::HttpError(_)
        | Error::BuildRequest(_)
        | Error::InferConfig(_)
        | Error::Discovery(_)
        | Error::TlsRequired => connection(error),
    }
}

/// Why the connection failed: names, addresses and error codes of the system.
fn connection(error: &(dyn std::error::Error + 'static)) -> String {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(error) = cause.downcast_ref::<AuthError>() {
            return auth(error);
        }
        if let Some(error) = cause.downcast_ref::<RustlsTlsError>() {
            return tls(error).to_owned();
        }
        next = cause.source();
    }
    let text = chain(error);
    if text.contains("UnknownIssuer") || text.contains("certificate") {
        format!("{text}; is this the right cluster, and is its certificate authority in the kubeconfig?")
    } else {
        text
    }
}

/// Why the user's credentials, or the plugin that fetches them, do not work.
fn auth(error: &AuthError) -> String {
    const BY_HAND: &str = "does the command in the kubeconfig's user work by hand?";
    match error {
        AuthError::AuthExecStart(why) => {
            format!("the command that fetches credentials cannot be started: {why}; {BY_HAND}")
        }
        AuthError::AuthExecRun { out, .. } => {
            format!("the command that fetches credentials ended with {}; {BY_HAND}", out.status)
        }
        AuthError::AuthExecParse(why) => format!(
            "what the command that fetches credentials prints is not understood: {}; {BY_HAND}",
            kubeconfig::yaml(why)
        ),
        AuthError::ParseTokenKey(why) => format!(
            "what the command that fetches credentials prints is not understood: {}; {BY_HAND}",
            Unreadable::json(why)
        ),
        AuthError::ExecPluginFailed => {
            format!("the command that fetches credentials prints none; {BY_HAND}")
        }
        AuthError::AuthExec(_) => {
            "the way in which the kubeconfig's user gets credentials is not supported, or lacks something"
                .to_owned()
        }
        AuthError::ReadTokenFile(why, file) => format!("token file {}: {why}", file.display()),
        AuthError::NoValidNativeRootCA(why) => format!("this machine has no certificate authorities: {why}"),
        AuthError::InvalidBasicAuth(_) => {
            "name and password of the kubeconfig's user cannot be sent".to_owned()
        }
        AuthError::InvalidBearerToken(_) => BAD_TOKEN.to_owned(),
        AuthError::UnrefreshableTokenResponse => "the token cannot be fetched anew".to_owned(),
        AuthError::MalformedTokenExpirationDate(_) => "the token does not say when it expires".to_owned(),
        AuthError::AuthExecSerialize(_) | AuthError::ExecMissingClusterInfo => {
            "the command that fetches credentials cannot be told which cluster is meant".to_owned()
        }
        AuthError::MissingCommand => "`exec` of the kubeconfig's user names no command".to_owned(),
    }
}

/// What is wrong with certificates and keys of a kubeconfig.
fn tls(error: &RustlsTlsError) -> &'static str {
    match error {
        RustlsTlsError::InvalidIdentityPem(_) => "certificate or key of the kubeconfig's user is no PEM",
        RustlsTlsError::MissingPrivateKey => "the key of the kubeconfig's user has no private key in it",
        RustlsTlsError::MissingCertificate => "the certificate of the kubeconfig's user has none in it",
        RustlsTlsError::InvalidPrivateKey(_) | RustlsTlsError::UnknownPrivateKeyFormat => {
            "the key of the kubeconfig's user cannot be used, or not with its certificate"
        }
        RustlsTlsError::AddRootCertificate(_) => "the certificate authority of the kubeconfig cannot be used",
        RustlsTlsError::NoValidNativeRootCA(_) => "this machine has no certificate authorities",
        RustlsTlsError::InvalidServerName(_) => "the server's name is none that a certificate can have",
    }
}

/// Message of a status, with a way out where there is one.
pub(crate) fn said(status: &Status) -> String {
    let message = match &*status.message {
        // Not the API server: a proxy, or something else that answers there. Whatever it says may repeat the request.
        _ if status.reason == NO_STATUS => "what answers is no Kubernetes API server",
        "" => &status.reason,
        message => message,
    };
    match status.code {
        401 => {
            format!("{message} (401): the credentials are wrong or have expired; renew them and try again")
        }
        403 if !by_webhook(status) => {
            format!("{message} (403): apply the roles that `replank rbac` prints, and bind them to this user")
        }
        code => format!("{message} ({code})"),
    }
}

/// Whether the status comes from an admission webhook (Kubernetes: `admission webhook "NAME" denied the request`, or
/// `failed calling webhook "NAME"` when it does not answer).
pub(crate) fn by_webhook(status: &Status) -> bool {
    webhook(&status.message).is_some()
}

/// Name of the webhook in such a message.
pub(crate) fn webhook(message: &str) -> Option<&str> {
    let begins = ["admission webhook \"", "failed calling webhook \""];
    let rest = begins.iter().find_map(|begin| message.split_once(begin).map(|(_, rest)| rest))?;
    rest.split('"').next()
}

/// An error with all its causes, without repetitions.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        let said = it.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = it.source();
    }
    text
}

/// The status in an error; `None` when the server did not answer.
pub(crate) fn status(error: &kube::Error) -> Option<&Status> {
    match error {
        kube::Error::Api(status) => Some(status),
        other => other.source().and_then(|source| source.downcast_ref::<kube::Error>()).and_then(status),
    }
}
