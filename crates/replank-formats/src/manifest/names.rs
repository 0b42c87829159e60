//! Validation of names, label keys and label values, with the API server's messages (Kubernetes:
//! `apimachinery/pkg/util/validation`).

const DNS_LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
                         must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex \
                         used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const DNS_SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
                             or '.', and must start and end with an alphanumeric character (e.g. 'example.com', \
                             regex used for validation is \
                             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const DNS_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
                        alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or \
                        'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                         with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used \
                         for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
                           '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
                           'my_value',  or '12345', regex used for validation is \
                           '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const TOO_LONG_LABEL: &str = "must be no more than 63 characters";
const TOO_LONG_NAME: &str = "must be no more than 253 characters";

fn lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_dns_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| lower_or_digit(*byte));
    ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| lower_or_digit(*byte) || *byte == b'-')
}

fn is_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ends(bytes.first()) && ends(bytes.last()) && bytes.iter().all(inner)
}

/// The error of an RFC 1123 label, such as a namespace or a container name; `None` when valid.
pub(super) fn dns_label(text: &str) -> Option<&'static str> {
    match text {
        text if text.len() > 63 => Some(TOO_LONG_LABEL),
        text if is_dns_label(text) => None,
        _ => Some(DNS_LABEL),
    }
}

/// The error of an RFC 1123 subdomain, as most object names are; `None` when valid.
pub(super) fn dns_subdomain(text: &str) -> Option<&'static str> {
    match text {
        text if text.len() > 253 => Some(TOO_LONG_NAME),
        text if text.split('.').all(is_dns_label) => None,
        _ => Some(DNS_SUBDOMAIN),
    }
}

/// The error of an RFC 1035 label, as names of services are; `None` when valid.
pub(super) fn dns_1035(text: &str) -> Option<&'static str> {
    match text {
        text if text.len() > 63 => Some(TOO_LONG_LABEL),
        text if is_dns_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase()) => None,
        _ => Some(DNS_1035),
    }
}

/// The error of a label key, annotation key or resource name; `None` when valid.
pub(crate) fn qualified(text: &str) -> Option<String> {
    let (prefix, name) = match text.split_once('/') {
        None => (None, text),
        Some((prefix, name)) => (Some(prefix), name),
    };
    match prefix {
        Some("") => return Some("prefix part must be non-empty".to_owned()),
        Some(prefix) => {
            if let Some(wrong) = dns_subdomain(prefix) {
                return Some(format!("prefix part {wrong}"));
            }
        }
        None => {}
    }
    match name {
        "" => Some("name part must be non-empty".to_owned()),
        name if name.len() > 63 => Some(format!("name part {TOO_LONG_LABEL}")),
        name if is_word(name) => None,
        _ => Some(QUALIFIED.to_owned()),
    }
}

/// The error of a label value; `None` when valid.
pub(crate) fn label_value(text: &str) -> Option<&'static str> {
    match text {
        "" => None,
        text if text.len() > 63 => Some(TOO_LONG_LABEL),
        text if is_word(text) => None,
        _ => Some(LABEL_VALUE),
    }
}
