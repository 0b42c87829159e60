//! Ids, random ones and those that a text decides.

use replank_core::draw::mix;
use uuid::{Builder, Uuid};

/// A random UUID (version 4).
pub fn uuid() -> String {
    Uuid::new_v4().to_string()
}

/// A UUID that a text decides, which looks like a random one.
pub fn uuid_of(text: &str) -> String {
    let halves = [mix(stable_hash(text)), mix(stable_hash(&format!("{text}\u{0}")))];
    let mut bytes = [0; 16];
    for (place, half) in bytes.chunks_exact_mut(8).zip(halves) {
        place.copy_from_slice(&half.to_be_bytes());
    }
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// A number that a text decides, the same in every release (FNV-1a, 64 bits).
pub fn stable_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_of_random_ones_and_hashes_stay() {
        let id = uuid_of("a");
        assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id}");
        assert_eq!(id, uuid_of("a"));
        assert!(id != uuid_of("b") && uuid() != uuid());
        assert_eq!(stable_hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(stable_hash("a"), 0xaf63_dc4c_8601_ec8c, "the reference value of FNV-1a");
    }
}
