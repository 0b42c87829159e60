//! Rules for keys and values of labels, with the messages of the API server.

const NAME_RULE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
    alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
    '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex \
    used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const PREFIX_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
    or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation \
    is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const NAME_LENGTH_MAX: usize = 63;
const PREFIX_LENGTH_MAX: usize = 253;

/// What is wrong with a label key; empty when it is valid.
pub(crate) fn complaints_of_key(key: &str) -> Vec<String> {
    let mut found = Vec::new();
    let name = match key.split('/').collect::<Vec<_>>()[..] {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                found.push("prefix part must be non-empty".to_owned());
            } else {
                found.extend(complaints_of_prefix(prefix).into_iter().map(|it| format!("prefix part {it}")));
            }
            name
        }
        _ => {
            let rule = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            return vec![format!("a qualified name {NAME_RULE} {rule}")];
        }
    };
    if name.is_empty() {
        found.push("name part must be non-empty".to_owned());
    } else if name.len() > NAME_LENGTH_MAX {
        found.push(format!("name part must be no more than {NAME_LENGTH_MAX} bytes"));
    }
    if !is_word(name) {
        found.push(format!("name part {NAME_RULE}"));
    }
    found
}

fn complaints_of_prefix(prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    if prefix.len() > PREFIX_LENGTH_MAX {
        found.push(format!("must be no more than {PREFIX_LENGTH_MAX} bytes"));
    }
    let lower = |part: &str| {
        let all = part.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
        !part.is_empty() && all && !part.starts_with('-') && !part.ends_with('-')
    };
    if !prefix.split('.').all(lower) {
        found.push(PREFIX_RULE.to_owned());
    }
    found
}

/// What is wrong with a label value; empty when it is valid.
pub(crate) fn complaints_of_value(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    if value.len() > NAME_LENGTH_MAX {
        found.push(format!("must be no more than {NAME_LENGTH_MAX} bytes"));
    }
    if !value.is_empty() && !is_word(value) {
        found.push(VALUE_RULE.to_owned());
    }
    found
}

fn is_word(name: &str) -> bool {
    let inner = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.');
    let edge = |it: Option<u8>| it.is_some_and(|it| it.is_ascii_alphanumeric());
    name.bytes().all(inner) && edge(name.bytes().next()) && edge(name.bytes().next_back())
}
