//! Descriptions of types and fields, from `words.txt`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

const TEXT: &str = include_str!("words.txt");

/// By `Type`, `Type.field`, or `*.field` for fields with the same meaning everywhere.
static WORDS: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| read(TEXT));

pub(super) fn read(text: &'static str) -> BTreeMap<&'static str, &'static str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).collect()
}

/// Description of a type; empty when there is none.
pub(super) fn of_type(name: &str) -> &'static str {
    WORDS.get(name).copied().unwrap_or_default()
}

/// Description of a field; empty when there is none.
pub(super) fn of_field(of: &str, field: &str) -> &'static str {
    let own = WORDS.get(format!("{of}.{field}").as_str());
    own.or_else(|| WORDS.get(format!("*.{field}").as_str())).copied().unwrap_or_default()
}
