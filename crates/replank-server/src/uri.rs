//! Percent encoding and hexadecimal as in `SigV4` and the REST protocols (RFC 3986).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Characters that are encoded: all but the unreserved ones.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Decodes percent encoding. Invalid sequences stay; bytes that are not UTF-8 are replaced.
pub(crate) fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Encodes a text for a path segment or a query.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Names and values of a raw query, decoded.
pub(crate) fn parameters(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name), decode(value))
    })
}

/// As [`parameters`] for an HTML form, where a plus is a space.
pub(crate) fn form(body: &str) -> impl Iterator<Item = (String, String)> {
    let plain = |text: &str| decode(&text.replace('+', " "));
    body.split('&').filter(|part| !part.is_empty()).map(move |part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (plain(name), plain(value))
    })
}

/// Wraps a text into an opaque token of letters and digits.
pub(crate) fn wrapped(text: &str) -> String {
    hex(text.as_bytes())
}

/// The text in such a token; `None` when it is none.
pub(crate) fn unwrapped(token: &str) -> Option<String> {
    let bytes = token.as_bytes();
    let pairs = bytes.len().is_multiple_of(2).then(|| bytes.chunks(2))?;
    String::from_utf8(pairs.map(hex_pair).collect::<Option<_>>()?).ok()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    Some(digit(pair[0])? << 4 | digit(pair[1])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_and_decoding() {
        for (plain, encoded) in
            [("a b/c:d~", "a%20b%2Fc%3Ad~"), ("ü", "%C3%BC"), ("100%", "100%25"), ("", "")]
        {
            assert_eq!(encode(plain), encoded);
            assert_eq!(decode(encoded), plain);
        }
        for (text, decoded) in [("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%ff", "\u{fffd}"), ("a+b", "a+b")]
        {
            assert_eq!(decode(text), decoded, "{text}");
        }
        let all: Vec<_> = parameters("a=1&b&a=%20&&=x").collect();
        let wanted = [("a", "1"), ("b", ""), ("a", " "), ("", "x")];
        assert_eq!(all, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(form("a=b+c%2B").collect::<Vec<_>>(), [("a".to_owned(), "b c+".to_owned())]);
    }
}
