//! Kubernetes minors: what may follow what.

use std::fmt;

/// A Kubernetes minor of major 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Minor(pub(crate) u32);

impl Minor {
    /// Reads `1.32`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("1.")?;
        let plain = !digits.is_empty() && digits.len() <= 3 && !digits.starts_with('0');
        digits.parse().ok().filter(|_| plain && digits.bytes().all(|digit| digit.is_ascii_digit())).map(Self)
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Minor;

    #[test]
    fn minors_are_numbers() {
        for (text, wanted) in [
            ("1.32", Some(32)),
            ("1.9", Some(9)),
            ("1.", None),
            ("1.032", None),
            ("2.1", None),
            ("1.x", None),
            ("1.+1", None),
        ] {
            assert_eq!(Minor::parse(text).map(|minor| minor.0), wanted, "{text}");
        }
        assert!(Minor(9) < Minor(10));
    }
}
