//! Order of merged lists: items of the patch in its order, the others where they were.
//!
//! Kubernetes: `normalizeElementOrder` of `strategicpatch`.

use serde_json::Value;

/// Identity of an item: the value of its key, or the item itself.
pub(super) fn identity<'v>(item: &'v Value, key: Option<&str>) -> &'v Value {
    key.map_or(item, |key| &item[key])
}

/// Index of the item in a list.
pub(super) fn position(list: &[Value], item: &Value, key: Option<&str>) -> Option<usize> {
    let wanted = identity(item, key);
    list.iter().position(|it| identity(it, key) == wanted)
}

/// Orders the merged list: items in `order` in that order, the others as in `before`, each in front of the first item
/// that it was in front of.
pub(super) fn arranged(
    merged: Vec<Value>,
    order: &[Value],
    before: &[Value],
    key: Option<&str>,
) -> Vec<Value> {
    let (mut named, mut rest): (Vec<_>, Vec<_>) =
        merged.into_iter().partition(|item| position(order, item, key).is_some());
    named.sort_by_key(|item| position(order, item, key));
    rest.sort_by_key(|item| position(before, item, key));
    let mut all = Vec::with_capacity(named.len() + rest.len());
    let (mut named, mut rest) = (named.into_iter().peekable(), rest.into_iter().peekable());
    loop {
        let from_rest = match (rest.peek(), named.peek()) {
            (None, None) => return all,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some(left), Some(right)) => {
                let places = (position(before, left, key), position(before, right, key));
                matches!(places, (Some(left), Some(right)) if left < right)
            }
        };
        all.extend(if from_rest { rest.next() } else { named.next() });
    }
}
