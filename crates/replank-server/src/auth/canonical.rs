//! The canonical form of a request, which client and server both sign (AWS: "Create a signed AWS API request").

use aws_lc_rs::digest;

use super::{ALGORITHM, Claim, Form, Refusal};
use crate::uri::{self, hex};
use crate::wire::Request;

/// The canonical request.
pub(super) fn request(request: &Request, claim: &Claim, body_hash: &str) -> Result<String, Refusal> {
    let mut text =
        format!("{}\n{}\n{}\n", request.method, path(&request.path), query(&request.query, claim.form));
    for name in &claim.headers {
        let values: Vec<String> = request
            .headers
            .get_all(name)
            .iter()
            .map(|value| squeezed(&String::from_utf8_lossy(value.as_bytes())))
            .collect();
        if values.is_empty() {
            return Err(Refusal::Mismatch);
        }
        text += &format!("{name}:{}\n", values.join(","));
    }
    // What is not signed could have been added on the way.
    let loose = |name: &str| name.starts_with("x-amz-") && !claim.headers.iter().any(|signed| signed == name);
    if request.headers.keys().any(|name| loose(name.as_str())) {
        return Err(Refusal::Mismatch);
    }
    Ok(text + &format!("\n{}\n{body_hash}", claim.headers.join(";")))
}

/// The string to sign: algorithm, time, scope, and the hash of the canonical request.
pub(super) fn string_to_sign(claim: &Claim, canonical: &str) -> String {
    let hash = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let Claim { at, day, region, service, .. } = claim;
    format!("{ALGORITHM}\n{at}\n{day}/{region}/{service}/aws4_request\n{hash}")
}

/// The canonical path: dot segments resolved, each segment encoded once more than it was sent.
fn path(raw: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let mut text: String = segments.iter().map(|segment| format!("/{}", uri::encode(segment))).collect();
    if text.is_empty() || raw.ends_with('/') {
        text.push('/');
    }
    text
}

/// The canonical query: parameters sorted, without the signature itself.
fn query(raw: &str, form: Form) -> String {
    let signs = |name: &str| form == Form::Header || name != "X-Amz-Signature";
    let mut all: Vec<(String, String)> = uri::parameters(raw)
        .filter(|(name, _)| signs(name))
        .map(|(name, value)| (uri::encode(&name), uri::encode(&value)))
        .collect();
    all.sort_unstable();
    all.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// A header value trimmed, with single spaces.
fn squeezed(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_have_one_form() {
        for (raw, wanted) in [
            ("/", "/"),
            ("", "/"),
            ("/a/../b/./c", "/b/c"),
            ("/example/..", "/"),
            ("//a//", "/a/"),
            ("/tags/arn%3Aaws", "/tags/arn%253Aaws"),
            ("/a b", "/a%20b"),
            ("/../..", "/"),
        ] {
            assert_eq!(path(raw), wanted, "{raw}");
        }
        let raw = "b=2&a=z&a=%20x&c&X-Amz-Signature=0";
        assert_eq!(query(raw, Form::Header), "X-Amz-Signature=0&a=%20x&a=z&b=2&c=");
        assert_eq!(query(raw, Form::Query { expires_seconds: 1 }), "a=%20x&a=z&b=2&c=");
        assert_eq!(squeezed("  a   b\tc "), "a b c");
    }
}
