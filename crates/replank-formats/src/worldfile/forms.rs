//! The syntaxes of string fields, with what an error says is accepted.

use replank_core::version::Minor;

use super::schema::Word;
use crate::words::{Amount, Delay, Length, Moment, When};

pub(super) static LENGTH: Word = Word {
    name: "length",
    accepts: "a length of time such as 90s, 1m30s, 500ms or 2h, at most 366d",
    numbers: false,
    check: |text| text.parse::<Length>().is_ok(),
};

pub(super) static DELAY: Word = Word {
    name: "delay",
    accepts: "a delay such as 5s, 2s..8s, `median 10s, 95% 40s` or never",
    numbers: false,
    check: |text| text.parse::<Delay>().is_ok(),
};

pub(super) static AMOUNT: Word = Word {
    name: "amount",
    accepts: "a number such as 1, or a percentage from 0% to 100%",
    numbers: true,
    check: |text| text.parse::<Amount>().is_ok(),
};

pub(super) static WHEN: Word = Word {
    name: "moment",
    accepts: "update-started, phase setup|scale-up|upgrade|scale-down, or node-launched, node-ready, node-picked, \
              node-drained, node-gone, eviction-refused or pod-pending with a number such as `node-picked 2`",
    numbers: false,
    check: |text| text.parse::<When>().is_ok(),
};

pub(super) static TIME: Word = Word {
    name: "time",
    accepts: "a time such as 2026-11-02T09:00:00Z",
    numbers: false,
    check: |text| text.parse::<Moment>().is_ok(),
};

pub(super) static QUANTITY: Word = Word {
    name: "quantity",
    accepts: "a Kubernetes quantity such as 250m, 2, 512Mi or 8Gi",
    numbers: true,
    check: is_quantity,
};

pub(super) static TEXT: Word =
    Word { name: "text", accepts: "a text", numbers: false, check: |text| !text.trim().is_empty() };

pub(super) static NAME: Word = Word {
    name: "name",
    accepts: "a name of lower case letters, digits and '-', at most 63 characters, such as cart-api",
    numbers: false,
    check: is_name,
};

pub(super) static GROUP_NAME: Word = Word {
    name: "group-name",
    accepts: "a name of letters, digits, '-' and '_', at most 63 characters (EKS)",
    numbers: false,
    check: |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        text.len() <= 63 && text.bytes().all(fits) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
    },
};

pub(super) static OBJECT: Word = Word {
    name: "object",
    accepts: "namespace/name, such as shop/cart",
    numbers: false,
    check: |text| {
        text.split_once('/').is_some_and(|(namespace, name)| is_name(namespace) && is_dns_name(name))
    },
};

pub(super) static VERSION: Word = Word {
    name: "version",
    accepts: "a Kubernetes version such as \"1.32\"",
    numbers: false,
    check: |text| Minor::parse(text).is_some(),
};

pub(super) static RELEASE: Word = Word {
    name: "release",
    accepts: "a release such as 1.32.9-20251101, `newest`, or `newest-1` for the one before the newest",
    numbers: false,
    check: |text| match text.strip_prefix("newest") {
        Some("") => true,
        Some(back) => back.strip_prefix('-').is_some_and(|back| back.parse::<u8>().is_ok()),
        None => text.starts_with(|c: char| c.is_ascii_digit()) || text.starts_with("ami-"),
    },
};

pub(super) static IMAGE: Word = Word {
    name: "image",
    accepts: "an image id such as ami-0123456789abcdef0",
    numbers: false,
    check: is_image,
};

/// Whether the text has the form of an AMI id.
pub(super) fn is_image(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    text.strip_prefix("ami-").is_some_and(|rest| !rest.is_empty() && rest.chars().all(fits))
}

fn is_name(text: &str) -> bool {
    text.len() <= 63 && !text.contains('.') && is_dns_name(text)
}

/// Whether the text is an RFC 1123 subdomain, as most object names are.
fn is_dns_name(text: &str) -> bool {
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// `^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$`, and no sign.
fn is_quantity(text: &str) -> bool {
    const SUFFIXES: [&str; 16] =
        ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let (number, suffix) = text.split_at(digits);
    let exponent = || {
        suffix
            .strip_prefix(['e', 'E'])
            .is_some_and(|exponent| exponent.parse::<i8>().is_ok_and(|e| e.abs() <= 18))
    };
    !number.is_empty() && number.parse::<f64>().is_ok() && (SUFFIXES.contains(&suffix) || exponent())
}
