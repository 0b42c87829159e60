//! Texts from URLs, as `kubectl apply -f URL` takes them.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::LOCATION;
use hyper::{Request, Uri};
use replank_formats::yaml::TEXT_BYTES_MAX;
use tokio::time::timeout;

use super::{Trouble, connect};
use crate::runtime;

/// How long a text may take.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often one may be elsewhere.
const REDIRECTS_MAX: u32 = 5;

/// The text at a URL, which is public: nothing is signed, and no redirect leads from https to http.
pub(crate) fn fetched(url: &str) -> Result<Vec<u8>, Trouble> {
    let runtime = runtime::this_thread().map_err(|error| Trouble::Machine(error.to_string()))?;
    let answer = runtime.block_on(async { timeout(PATIENCE, get(url)).await });
    answer.unwrap_or_else(|_| Err(unread(url, &format!("no answer within {} s", PATIENCE.as_secs()))))
}

async fn get(url: &str) -> Result<Vec<u8>, Trouble> {
    let mut at: Uri = url.parse().map_err(|_| unread(url, "it is no URL"))?;
    if at.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(unread(url, "no user is logged in for a URL; fetch it yourself, and give it with -f -"));
    }
    for _ in 0..=REDIRECTS_MAX {
        let is_tls = at.scheme_str() == Some("https");
        let http = connect::http(is_tls, None)?;
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = at.clone();
        let answer = http.request(request).await.map_err(|error| unread(url, &connect::reason(&error)))?;
        let status = answer.status();
        if status.is_redirection() {
            let next = answer.headers().get(LOCATION).and_then(|next| next.to_str().ok());
            let next: Option<Uri> = next.and_then(|next| beside(&at, next).parse().ok());
            at = next.ok_or_else(|| unread(url, "it is elsewhere, and not said where"))?;
            if is_tls && at.scheme_str() != Some("https") {
                return Err(unread(url, "it leads from https to http"));
            }
            continue;
        }
        if !status.is_success() {
            return Err(unread(url, &format!("the server answers {status}")));
        }
        let body = Limited::new(answer.into_body(), TEXT_BYTES_MAX).collect().await;
        return body
            .map(|body| body.to_bytes().to_vec())
            .map_err(|error| unread(url, &connect::reason(&*error)));
    }
    Err(unread(url, "it is elsewhere again and again"))
}

/// A place that is told as a URL or as a path on the same host.
fn beside(at: &Uri, next: &str) -> String {
    match (at.scheme_str(), at.authority()) {
        (Some(scheme), Some(authority)) if next.starts_with('/') => format!("{scheme}://{authority}{next}"),
        _ => next.to_owned(),
    }
}

/// A URL as it may be shown: what stands before its host or behind a question mark may be a secret.
pub(crate) fn shown(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    match plain.split_once("://").map(|(scheme, rest)| (scheme, rest.rsplit_once('@'))) {
        Some((scheme, Some((_, rest)))) => format!("{scheme}://{rest}"),
        Some((_, None)) | None => plain.to_owned(),
    }
}

fn unread(url: &str, why: &str) -> Trouble {
    Trouble::Unfetched { url: shown(url), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers each connection with the next answer; the paths that were asked for.
    fn serving(answers: &'static [&'static str]) -> (String, thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let one = |answer: &&str| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut text = [0; 4096];
                let length = stream.read(&mut text).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
                let text = String::from_utf8_lossy(&text[..length]).into_owned();
                text.split(' ').nth(1).unwrap_or_default().to_owned()
            };
            answers.iter().map(one).collect()
        });
        (url, asked)
    }

    #[test]
    fn a_text_is_fetched_from_where_it_is() {
        let (url, asked) = serving(&[
            "HTTP/1.1 302 Found\r\nlocation: /new.yaml\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\na: 1",
        ]);
        assert_eq!(fetched(&format!("{url}/old.yaml")).unwrap(), b"a: 1");
        assert_eq!(asked.join().unwrap(), ["/old.yaml", "/new.yaml"]);
    }

    #[test]
    fn why_it_cannot_be_fetched_is_said_without_secrets() {
        let (url, _) = serving(&["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"]);
        let said = fetched(&format!("{url}/a?token=mark")).unwrap_err().to_string();
        assert!(said.ends_with("/a: cannot be fetched: the server answers 404 Not Found"), "{said}");
        let said = fetched("http://user:mark@127.0.0.1:1/a").unwrap_err().to_string();
        assert!(
            said.starts_with("http://127.0.0.1:1/a: cannot be fetched: no user") && !said.contains("mark"),
            "{said}"
        );
        assert!(fetched("http://127.0.0.1:1/a").unwrap_err().to_string().contains("refused"));
    }
}
