//! Counts and lists in sentences.

use std::fmt::Display;

/// A number and a noun: `1 node`, `3 nodes`. For nouns with a plural in s.
pub(super) fn count(many: u32, noun: &str) -> String {
    let plural = if many == 1 { "" } else { "s" };
    format!("{many} {noun}{plural}")
}

/// All items, separated by commas.
pub(super) fn all<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// The named items and how many more there are of `total`.
pub(super) fn some<T: Display>(named: &[T], total: u32) -> String {
    let more = total.saturating_sub(named.len() as u32);
    match (named.is_empty(), more) {
        (true, _) => "none named".to_owned(),
        (false, 0) => all(named),
        (false, more) => format!("{} and {more} more", all(named)),
    }
}
