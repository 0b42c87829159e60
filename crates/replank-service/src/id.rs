//! UUIDs, random ones and those derived from a text.

use replank_core::draw;
use uuid::{Builder, Uuid};

/// A random UUID (version 4).
pub fn uuid() -> String {
    Uuid::new_v4().to_string()
}

/// A UUID derived from a text, in the form of a random one: the same text gives the same UUID in every release.
pub fn uuid_of(text: &str) -> String {
    let halves = [draw::hash(text), draw::hash(&format!("{text}\u{0}"))];
    let mut bytes = [0; 16];
    for (place, half) in bytes.chunks_exact_mut(8).zip(halves) {
        place.copy_from_slice(&half.to_be_bytes());
    }
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_of_random_ones() {
        let id = uuid_of("a");
        assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id}");
        assert_eq!(id, uuid_of("a"));
        assert!(id != uuid_of("b") && uuid() != uuid());
    }
}
