//! Base64 with padding (RFC 4648), as certificates and user data are sent.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes it.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Reads it; lines may be broken.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bare = letters.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    if !letters.len().is_multiple_of(4) || letters.len() - bare > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(bare * 3 / 4);
    for chunk in letters[..bare].chunks(4) {
        let digits: Option<Vec<u32>> =
            chunk.iter().map(|byte| DIGITS.iter().position(|it| it == byte).map(|at| at as u32)).collect();
        let word =
            digits?.iter().enumerate().fold(0, |word, (place, digit)| word | digit << (18 - 6 * place));
        bytes.extend((1..chunk.len()).map(|place| (word >> (24 - 8 * place) & 0xff) as u8));
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, wanted) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), wanted);
            assert_eq!(from_base64(wanted).as_deref(), Some(plain.as_bytes()));
        }
        for wrong in ["Z", "Zg=", "Z===", "Zm9v?w==", "Zg==Zg=="] {
            assert_eq!(from_base64(wrong), None, "{wrong}");
        }
    }
}
