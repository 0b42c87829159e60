//! Continue tokens of lists: position and resource version, opaque to clients and valid for one list only.
//!
//! Kubernetes: `apiserver/pkg/storage/continue.go`. The checksum over path and selectors is ours: a forged token or one
//! of another list is refused.

use replank_core::draw::stable_hash;
use serde_json::{Value, json};

use crate::rejection::Rejection;

const VERSION: &str = "meta.k8s.io/v1";
const LENGTH_MAX: usize = 4096;

const EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You can start \
    a new list without the continue parameter, or use the continue token in this response to retrieve the remainder \
    of the results. Continuing with the provided token results in an inconsistent list - objects that were created, \
    modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// Position in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continue {
    /// Resource version of all pages; `None` for a list that continues with the present state.
    pub resource_version: Option<u64>,
    /// First key that was not returned yet.
    pub start: String,
}

impl Continue {
    /// Encodes the token. `list` identifies the list: path and selectors.
    pub fn token(&self, list: &str) -> String {
        let version = self.resource_version.map_or(Value::from(-1), Value::from);
        let body = json!({"v": VERSION, "rv": version, "start": self.start, "c": self.check(list)});
        encode(body.to_string().as_bytes())
    }

    /// Parses a token of this list; anything else is a 400.
    pub fn read(token: &str, list: &str) -> Result<Self, Rejection> {
        let refuse = |why: &str| Rejection::bad_request(format!("invalid continue token: {why}"));
        let strange =
            || refuse("continue key is not valid: incorrect encoded start key (version meta.k8s.io/v1)");
        if token.len() > LENGTH_MAX {
            return Err(strange());
        }
        let unreadable = |why: String| refuse(&format!("continue key is not valid: {why}"));
        let bytes =
            decode(token).map_err(|at| unreadable(format!("illegal base64 data at input byte {at}")))?;
        let body: Value = serde_json::from_slice(&bytes).map_err(|it| unreadable(it.to_string()))?;
        if body["v"] != VERSION {
            let version = body["v"].as_str().unwrap_or_default();
            let why = format!("server does not recognize this encoded version {version}");
            return Err(unreadable(why));
        }
        let resource_version = match body["rv"].as_i64() {
            Some(-1) => None,
            Some(version) if version > 0 => Some(version.cast_unsigned()),
            _ => {
                return Err(refuse(
                    "continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
                ));
            }
        };
        let start = body["start"].as_str().unwrap_or_default().to_owned();
        if start.is_empty() {
            return Err(refuse(
                "continue key is not valid: encoded start key empty (version meta.k8s.io/v1)",
            ));
        }
        let found = Self { resource_version, start };
        if body["c"].as_u64() == Some(found.check(list)) { Ok(found) } else { Err(strange()) }
    }

    /// The 410 for a version that is gone; it carries a token that continues with the present state.
    pub fn expired(&self, list: &str) -> Rejection {
        let onward = Self { resource_version: None, start: self.start.clone() };
        Rejection { resume: Some(onward.token(list)), ..Rejection::new(410, "Expired", EXPIRED) }
    }

    /// Checksum of the token (FNV-1a), reduced to what JSON numbers represent exactly.
    fn check(&self, list: &str) -> u64 {
        let version = self.resource_version.unwrap_or(0).to_le_bytes();
        let parts = [VERSION.as_bytes(), &[0], &version, self.start.as_bytes(), &[0], list.as_bytes()];
        stable_hash(parts.concat()) >> 12
    }
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 for URLs, without padding.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + 4);
    for chunk in bytes.chunks(3) {
        let mut bits = 0_u32;
        for index in 0..3 {
            bits = (bits << 8) | u32::from(chunk.get(index).copied().unwrap_or(0));
        }
        for index in 0..=chunk.len() {
            text.push(LETTERS[(bits >> (18 - 6 * index)) as usize & 63] as char);
        }
    }
    text
}

/// Decodes base64; the error is the position of the first invalid character.
fn decode(text: &str) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for (at, letter) in text.bytes().enumerate() {
        let Some(value) = LETTERS.iter().position(|it| *it == letter) else { return Err(at) };
        bits = (bits << 6) | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    if text.len() % 4 == 1 || bits != 0 { Err(text.len()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::{Continue, decode, encode};
    use crate::fuzz::{self, Dice};

    const LIST: &str = "/api/v1/pods?labelSelector=a";

    #[test]
    fn a_token_comes_back_as_it_went() {
        let mut dice = Dice::new(3);
        for round in 0..500_u64 {
            let start: String =
                (0..=dice.below(20)).map(|_| *dice.pick(&['a', '/', '-', '\u{e9}'])).collect();
            let version = (round % 3 > 0).then(|| 1 + dice.next() % (1 << 40));
            let went = Continue { resource_version: version, start };
            assert_eq!(Continue::read(&went.token(LIST), LIST), Ok(went));
        }
    }

    #[test]
    fn strange_tokens_are_refused_in_known_words() {
        let body = |text: &str| encode(text.as_bytes());
        let good = Continue { resource_version: Some(5), start: "d/a".into() };
        let bent = body(r#"{"v":"meta.k8s.io/v1","rv":6,"start":"d/a","c":1}"#);
        let table = [
            ("%".to_owned(), "illegal base64 data at input byte 0"),
            (body("{"), "EOF while parsing an object at line 1 column 1"),
            (body(r#"{"v":"v2"}"#), "server does not recognize this encoded version v2"),
            (
                body(r#"{"v":"meta.k8s.io/v1","rv":0,"start":"a"}"#),
                "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
            ),
            (body(r#"{"v":"meta.k8s.io/v1","rv":1}"#), "encoded start key empty (version meta.k8s.io/v1)"),
            (bent, "incorrect encoded start key (version meta.k8s.io/v1)"),
            (good.token("/api/v1/nodes"), "incorrect encoded start key (version meta.k8s.io/v1)"),
        ];
        for (token, expected) in table {
            let refused = Continue::read(&token, LIST).unwrap_err();
            assert_eq!(
                refused.message,
                format!("invalid continue token: continue key is not valid: {expected}")
            );
            assert_eq!(refused.code, 400);
        }
    }

    #[test]
    fn every_changed_letter_is_noticed_or_harmless() {
        let good = Continue { resource_version: Some(12), start: "d/a".into() };
        let token = good.token(LIST);
        for at in 0..token.len() {
            let mut bent = token.clone().into_bytes();
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            let bent = String::from_utf8(bent).unwrap();
            let read = Continue::read(&bent, LIST);
            assert!(read.is_err() || read == Ok(good.clone()), "{at}");
        }
    }

    #[test]
    fn an_old_token_yields_one_for_the_present() {
        let old = Continue { resource_version: Some(12), start: "d/a".into() };
        let refused = old.expired(LIST);
        assert_eq!((refused.code, refused.reason), (410, "Expired"));
        let onward = Continue::read(refused.resume.as_deref().unwrap(), LIST).unwrap();
        assert_eq!(onward, Continue { resource_version: None, start: "d/a".into() });
    }

    /// Bytes have one text, and a text that nobody signed is no token.
    #[test]
    fn no_made_up_text_is_a_token() {
        fuzz::texts("eyJ2Ijoi-_=A9{}\u{e9}", 20_000, |text| {
            let encoded = encode(text.as_bytes());
            assert_eq!(decode(&encoded).as_deref(), Ok(text.as_bytes()));
            if let Ok(bytes) = decode(text) {
                assert_eq!(encode(&bytes), text);
            }
            for made_up in [text, &encoded] {
                assert_eq!(
                    Continue::read(made_up, LIST).map_err(|refused| refused.code),
                    Err(400),
                    "{made_up}"
                );
            }
        });
    }
}
