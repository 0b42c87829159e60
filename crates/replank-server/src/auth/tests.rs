//! The worked examples of the Signature Version 4 documentation, and what must be refused.

use bytes::Bytes;
use hyper::{HeaderMap, Method};

use super::*;

const ACCESS: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// The time of AWS's test vectors.
const AT: &str = "2015-08-30T12:36:00Z";

fn keyring(session_token: &str) -> Keyring {
    Keyring::of(ACCESS, Key { secret: SECRET.into(), session_token: session_token.into() })
}

fn request(method: &str, path: &str, query: &str, headers: &[(&'static str, &str)], body: &str) -> Request {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    Request {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        path: path.into(),
        query: query.into(),
        headers: map,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn authorization(headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS}/20150830/us-east-1/service/aws4_request, SignedHeaders={headers}, \
         Signature={signature}"
    )
}

fn now() -> Timestamp {
    AT.parse().unwrap()
}

/// Vectors of the `aws-sig-v4-test-suite`: method, path, query, signature over host and date.
const VECTORS: &[(&str, &str, &str, &str)] = &[
    ("GET", "/", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    (
        "GET",
        "/",
        "Param1=value1&Param2=value2",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        "GET",
        "/",
        "Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    ("GET", "/example/..", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("POST", "/", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
];

fn vector(row: &(&str, &str, &str, &str)) -> Request {
    let (method, path, query, signature) = row;
    let authorization = authorization("host;x-amz-date", signature);
    let headers = [
        ("host", "example.amazonaws.com"),
        ("x-amz-date", "20150830T123600Z"),
        ("authorization", &*authorization),
    ];
    request(method, path, query, &headers, "")
}

#[test]
fn published_vectors_verify() {
    for row in VECTORS {
        let caller = verify(&vector(row), &keyring(""), now());
        let wanted =
            Caller { access_key: ACCESS.into(), region: "us-east-1".into(), service: "service".into() };
        assert_eq!(caller, Ok(wanted), "{row:?}");
    }
}

#[test]
fn whatever_changes_on_the_way_is_noticed() {
    let changes: [(&str, fn(&mut Request)); 6] = [
        ("method", |request| request.method = Method::PUT),
        ("path", |request| request.path = "/other".into()),
        ("query", |request| request.query += "&Param3=x"),
        ("body", |request| request.body = Bytes::from_static(b"x")),
        ("host", |request| drop(request.headers.insert("host", "other".parse().unwrap()))),
        ("an added header", |request| drop(request.headers.insert("x-amz-target", "x".parse().unwrap()))),
    ];
    for (name, change) in changes {
        let mut request = vector(&VECTORS[1]);
        change(&mut request);
        assert_eq!(verify(&request, &keyring(""), now()), Err(Refusal::Mismatch), "{name}");
    }
}

#[test]
fn clocks_may_differ_by_five_minutes() {
    let verify = |seconds: i64| {
        verify(&vector(&VECTORS[0]), &keyring(""), now() + SignedDuration::from_secs(seconds)).map(drop)
    };
    assert_eq!((verify(300), verify(-300)), (Ok(()), Ok(())));
    let late = verify(301).unwrap_err();
    assert_eq!(
        late.message(),
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    );
    let early = verify(-301).unwrap_err();
    let said = "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z";
    assert!(early.message().starts_with(said), "{}", early.message());
}

#[test]
fn what_is_not_whole_is_refused_in_the_words_of_aws() {
    let host = ("host", "example.amazonaws.com");
    let date = ("x-amz-date", "20150830T123600Z");
    let other_end = authorization("host", "0").replace("aws4_request", "aws4_reply");
    let rows: [(&[(&'static str, &str)], &str, &str); 7] = [
        (
            &[host, date, ("authorization", &*other_end)],
            "InvalidSignatureException",
            "Credential should be scoped with a valid terminator: 'aws4_request'.",
        ),
        (&[host], "MissingAuthenticationTokenException", "Missing Authentication Token"),
        (&[host, ("authorization", "Bearer x")], "IncompleteSignatureException", "Unsupported authorization"),
        (
            &[host, date, ("authorization", "AWS4-HMAC-SHA256 Credential=a/b")],
            "IncompleteSignatureException",
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders'",
        ),
        (
            &[
                host,
                date,
                ("authorization", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0"),
            ],
            "IncompleteSignatureException",
            "Credential must have exactly 5",
        ),
        (
            &[host, ("x-amz-date", "20150831T123600Z"), ("authorization", &*authorization("host", "0"))],
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD",
        ),
        (
            &[host, date, ("authorization", &*authorization("x-amz-date", "0"))],
            "InvalidSignatureException",
            "'Host' or ':authority' must be",
        ),
    ];
    for (headers, code, message) in rows {
        let refusal = verify(&request("GET", "/", "", headers, ""), &keyring(""), now()).unwrap_err();
        assert_eq!(refusal.code(), code);
        assert!(refusal.message().starts_with(message), "{}", refusal.message());
    }
    let request = vector(&VECTORS[0]);
    assert_eq!(verify(&request, &Keyring::default(), now()), Err(Refusal::UnknownKey));
    assert_eq!(verify(&request, &keyring("token"), now()), Err(Refusal::UnknownKey));
}

/// A presigned request as the SDKs make them, signed here.
fn presigned(expires: &str, token: &str) -> Request {
    let credential = format!("{ACCESS}%2F20150830%2Fus-east-1%2Fsts%2Faws4_request");
    let mut query = format!(
        "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}\
         &X-Amz-Date=20150830T123600Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id"
    );
    if !token.is_empty() {
        query += &format!("&X-Amz-Security-Token={token}");
    }
    let headers = [("host", "127.0.0.1:7070"), ("x-k8s-aws-id", "c1")];
    let unsigned = request("GET", "/", &format!("{query}&X-Amz-Signature=0"), &headers, "");
    let claim = Claim::of(&unsigned).unwrap();
    let body = hex(digest::digest(&digest::SHA256, b"").as_ref());
    let canonical = canonical::request(&unsigned, &claim, &body).unwrap();
    let signed = canonical::string_to_sign(&claim, &canonical);
    let signature = hex(hmac::sign(&signing_key(&SECRET.into(), &claim), signed.as_bytes()).as_ref());
    request("GET", "/", &format!("{query}&X-Amz-Signature={signature}"), &headers, "")
}

#[test]
fn the_query_form_is_good_until_it_expires() {
    let later = |seconds: i64| now() + SignedDuration::from_secs(seconds);
    let good = presigned("60", "");
    assert_eq!(verify(&good, &keyring(""), later(60)).unwrap().service, "sts");
    assert!(matches!(verify(&good, &keyring(""), later(61)), Err(Refusal::Expired { .. })));
    let lives = Some(SignedDuration::from_mins(15));
    assert!(verify_aged(&good, &keyring(""), later(900), lives).is_ok());
    assert!(matches!(verify_aged(&good, &keyring(""), later(901), lives), Err(Refusal::Expired { .. })));
    let with_token = presigned("60", "tok");
    assert!(verify(&with_token, &keyring("tok"), now()).is_ok());
    assert_eq!(verify(&with_token, &keyring("other"), now()), Err(Refusal::UnknownKey));
    let mut other_cluster = good;
    other_cluster.headers.insert("x-k8s-aws-id", "c2".parse().unwrap());
    assert_eq!(verify(&other_cluster, &keyring(""), now()), Err(Refusal::Mismatch));
    let mut too_long = presigned("60", "");
    too_long.query = too_long.query.replace("Expires=60", "Expires=604801");
    assert!(matches!(verify(&too_long, &keyring(""), now()), Err(Refusal::Incomplete(_))));
}

/// Requests that say of themselves what they should not, cut short or mixed up.
#[test]
fn nothing_a_request_says_of_itself_is_repeated() {
    let [secret, token, signature] = ["mSecret7Qz0", "mToken3Xv9", "mSignature5Kd2"];
    let key = Key { secret: secret.into(), session_token: token.into() };
    let keyring = Keyring::of(ACCESS, key);
    let scope = "20150830/us-east-1/eks/aws4_request";
    let headers = [
        format!("{ALGORITHM} Credential={ACCESS}/{scope}, SignedHeaders=host, Signature={signature}"),
        format!("{ALGORITHM} Credential={secret}/{scope}, SignedHeaders=host, Signature={signature}"),
        format!(
            "{ALGORITHM} Credential={ACCESS}/{secret}/us-east-1/eks/aws4_request, SignedHeaders=host, Signature=x"
        ),
        format!("{ALGORITHM} Credential={ACCESS}:{secret}, SignedHeaders=host, Signature={signature}"),
        format!("{ALGORITHM} Credential={secret}, SignedHeaders={secret}, Signature={signature}"),
        format!("{ALGORITHM} Signature={signature}"),
        format!("{ALGORITHM} {secret}"),
        format!("{ALGORITHM}{signature}"),
        format!("Bearer {token}"),
        format!("Basic {secret}"),
    ];
    let dates = ["20150830T123600Z", "20150831T123600Z", secret, "mSecret7T000000Z"];
    let queries = [
        format!("X-Amz-Algorithm={ALGORITHM}&X-Amz-Signature={signature}&X-Amz-Security-Token={token}"),
        format!("X-Amz-Algorithm={secret}&X-Amz-Signature={signature}"),
        format!(
            "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={secret}&X-Amz-SignedHeaders=host&X-Amz-Date={token}\
             &X-Amz-Expires={secret}&X-Amz-Signature={signature}"
        ),
        format!(
            "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={ACCESS}/{scope}&X-Amz-SignedHeaders=host\
             &X-Amz-Date=20150830T123600Z&X-Amz-Signature={signature}&X-Amz-Security-Token={token}"
        ),
    ];
    let mut requests = Vec::new();
    for header in &headers {
        for date in dates {
            let all = [
                ("host", "h"),
                ("x-amz-date", date),
                ("authorization", header),
                ("x-amz-security-token", token),
            ];
            requests.extend([3, 4].map(|most| request("GET", "/", "", &all[..most], secret)));
        }
    }
    requests.extend(queries.iter().map(|query| request("GET", "/", query, &[("host", "h")], secret)));
    for request in &requests {
        let refusal = verify(request, &keyring, now()).expect_err("nobody signed it");
        let claim = Claim::of(request);
        let said = format!("{} {refusal:?} {request:?} {claim:?} {keyring:?}", refusal.message());
        for marker in [token, signature] {
            assert!(!said.contains(marker), "{said}");
        }
        // An access key is a name: whoever puts a secret there signs for nobody, and only `Debug` shows it.
        assert!(!refusal.message().contains(secret), "{said}");
    }
    let mut request = request("GET", "/", "", &[("host", "h")], "");
    let key = Key { secret: secret.into(), session_token: format!("{token}\n").into() };
    let signer = Signer { access_key: ACCESS, key: &key, region: "us-east-1", service: "eks" };
    let refusal = signer.sign(&mut request, now()).expect_err("it has a line break");
    assert_eq!(refusal.message(), "the session token cannot stand in a header");
}
