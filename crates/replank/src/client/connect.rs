//! Connections: TCP, and TLS on it where the endpoint is https.

use std::error::Error;
use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{AlertDescription, CertificateError};

use super::Trouble;
use super::trust;

/// How long a connection may take to come about, TLS and all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends requests, each on a connection of its own: between two calls nothing runs that would hear of a kept one that the
/// server has closed.
pub(super) type Http = Client<TimeoutConnector<HttpsConnector<HttpConnector>>, Full<Bytes>>;

/// A client, with TLS or without; certificates are read only where they are needed.
pub(super) fn http(is_tls: bool, ca_file: Option<&Path>) -> Result<Http, Trouble> {
    let tls = if is_tls { trust::verified(ca_file)? } else { trust::nobody()? };
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let https =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    let mut timed = TimeoutConnector::new(https);
    timed.set_connect_timeout(Some(PATIENCE));
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(timed))
}

/// Why there is no connection or no answer, in words.
pub(crate) fn reason(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    loop {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return of_tls(tls);
        }
        let io = cause.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::TimedOut) {
            return format!("no connection within {} s", PATIENCE.as_secs());
        }
        // The source of an I/O error is that of the error in it, which would be passed over.
        match (io.and_then(io::Error::get_ref), cause.source()) {
            (Some(inner), _) => cause = inner,
            (None, Some(source)) => cause = source,
            (None, None) => return without_number(&cause.to_string()),
        }
    }
}

/// Without the number that the system gives it.
pub(super) fn without_number(text: &str) -> String {
    text.split(" (os error").next().unwrap_or(text).to_owned()
}

/// What is wrong with TLS, and the way out where it is ours.
fn of_tls(error: &rustls::Error) -> String {
    let way_out = match error {
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        ) => {
            "nobody who is believed here vouches for it; name the certificate of its authority, or its own, with --ca-file"
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "it is the certificate of another host; call the server by a name that stands in it",
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => "compare the clock of this machine with the dates of the certificate",
        rustls::Error::InvalidMessage(_) => "it does not speak TLS; an http:// endpoint may be meant",
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "it wants a certificate of its clients, which no replank server does"
        }
        _ => return error.to_string(),
    };
    format!("{error}: {way_out}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_found_however_deep_it_lies() {
        let of = |error: CertificateError| rustls::Error::InvalidCertificate(error);
        let wrapped = |error: rustls::Error| {
            io::Error::other(io::Error::new(io::ErrorKind::InvalidData, io::Error::other(error)))
        };
        for (error, words) in [
            (wrapped(of(CertificateError::UnknownIssuer)), "vouches for it"),
            (wrapped(of(CertificateError::BadSignature)), "vouches for it"),
            (wrapped(of(CertificateError::NotValidForName)), "of another host"),
            (wrapped(of(CertificateError::Expired)), "compare the clock"),
            (wrapped(rustls::InvalidMessage::InvalidContentType.into()), "does not speak TLS"),
            (io::Error::from(io::ErrorKind::TimedOut), "no connection within 5 s"),
            (io::Error::from_raw_os_error(111), "Connection refused"),
        ] {
            let reason = reason(&error);
            assert!(reason.contains(words) && !reason.contains("os error"), "{words}: {reason}");
        }
    }
}
