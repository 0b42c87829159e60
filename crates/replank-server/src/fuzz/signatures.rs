//! Signed requests that are changed on the way: what is accepted means the same as what was signed.

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};
use jiff::Timestamp;

use super::{Dice, times};
use crate::auth::{Key, Keyring, Signer, verify, verify_token};
use crate::uri;
use crate::wire::Request;

const ACCESS: &str = "AKIDEXAMPLE";

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn key() -> Key {
    Key { secret: "secret".into(), session_token: "".into() }
}

fn sign(request: &mut Request) {
    let signer = Signer { access_key: ACCESS, key: &key(), region: "us-west-2", service: "eks" };
    signer.sign(request, now()).unwrap();
}

/// A request with some of everything.
fn request(dice: &mut Dice) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("127.0.0.1:7300"));
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let segments: Vec<String> = (0..dice.below(4)).map(|_| uri::encode(&dice.text(4))).collect();
    let parameters: Vec<String> = (0..dice.below(4))
        .map(|_| format!("{}={}", uri::encode(&dice.text(3)), uri::encode(&dice.text(3))))
        .collect();
    Request {
        method: dice.pick(&[Method::GET, Method::POST, Method::DELETE]).clone(),
        path: format!("/{}", segments.join("/")),
        query: parameters.join("&"),
        headers,
        body: Bytes::from(dice.json(2).to_string()),
    }
}

/// What a service would understand of a request.
fn meaning(request: &Request) -> (Method, Vec<String>, Vec<(String, String)>, Bytes, Option<String>) {
    let mut segments: Vec<String> = Vec::new();
    for segment in request.path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            other => segments.push(uri::decode(other)),
        }
    }
    let mut parameters: Vec<(String, String)> = uri::parameters(&request.query).collect();
    parameters.sort();
    let host = request.header("host").map(|host| host.trim().to_owned());
    (request.method.clone(), segments, parameters, request.body.clone(), host)
}

/// Changes one part of a request.
fn change(dice: &mut Dice, request: &mut Request) {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    match dice.below(5) {
        0 => request.path = text(dice.spoilt(request.path.as_bytes())),
        1 => request.query = text(dice.spoilt(request.query.as_bytes())),
        2 => request.body = Bytes::from(dice.spoilt(&request.body)),
        3 => {
            let names = ["authorization", "x-amz-date", "host", "content-type", "x-amz-security-token"];
            let name: &&str = dice.pick(&names);
            let name = HeaderName::from_static(name);
            let value = request.headers.get(&name).map_or(&b""[..], HeaderValue::as_bytes);
            if let Ok(value) = HeaderValue::from_bytes(&dice.spoilt(value)) {
                request.headers.insert(name, value);
            }
        }
        _ => {
            let name = *dice.pick(&["x-amz-target", "x-amz-content-sha256", "authorization", "host"]);
            if let Ok(value) = HeaderValue::from_str(&dice.text(6)) {
                request.headers.append(name, value);
            }
        }
    }
}

#[test]
fn what_is_accepted_is_what_was_signed() {
    let keyring = Keyring::of(ACCESS, key());
    let (mut dice, mut accepted, mut refused) = (Dice(4), 0, 0);
    for round in 0..30_000 * times() {
        let mut request = request(&mut dice);
        sign(&mut request);
        assert!(verify(&request, &keyring, now()).is_ok(), "round {round}: {request:?}");
        let signed = meaning(&request);
        change(&mut dice, &mut request);
        match verify(&request, &keyring, now()) {
            Ok(_) => {
                accepted += 1;
                assert_eq!(meaning(&request), signed, "round {round}: {request:?}");
            }
            Err(refusal) => {
                refused += 1;
                assert!(!refusal.message().is_empty() && !refusal.code().is_empty());
            }
        }
    }
    assert!(accepted > 100 && refused > 1000, "{accepted} accepted, {refused} refused");
}

/// The query form and tokens: nothing made up is accepted, whatever it holds.
#[test]
fn nothing_made_up_is_accepted() {
    let keyring = Keyring::of(ACCESS, key());
    let mut dice = Dice(5);
    let names = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "Action",
    ];
    let values = [
        "AWS4-HMAC-SHA256",
        "AKIDEXAMPLE/20261121/us-west-2/sts/aws4_request",
        "20261121T120000Z",
        "60",
        "host;x-k8s-aws-id",
        "GetCallerIdentity",
        "99999999T999999Z",
        "-00011301T000000Z",
        "4294967296",
    ];
    for _ in 0..20_000 * times() {
        let pair = |dice: &mut Dice| {
            let value = if dice.one_in(3) { dice.text(6) } else { (*dice.pick(&values)).to_owned() };
            format!("{}={}", dice.pick(&names), uri::encode(&value))
        };
        let query: Vec<String> = (0..dice.below(9)).map(|_| pair(&mut dice)).collect();
        let mut request = request(&mut dice);
        request.query = query.join("&");
        assert!(verify(&request, &keyring, now()).is_err(), "{request:?}");
        let token = format!("k8s-aws-v1.{}", dice.text(20));
        let made_up = dice.spoilt(token.as_bytes());
        assert_eq!(verify_token(&String::from_utf8_lossy(&made_up), "c", &keyring, now()), None);
    }
}
