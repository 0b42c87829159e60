//! Deterministic random numbers: a draw depends on the seed and its own number, never on how many draws were made
//! before.

/// Mixes a number so that near inputs lie far apart (the finaliser of `SplitMix64`).
pub fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The `turn`-th number (from 0) of the `SplitMix64` sequence with this seed.
pub fn draw(seed: u64, turn: u64) -> u64 {
    mix(seed.wrapping_add(turn.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// FNV-1a, 64 bits: the same for the same bytes in every release and on every machine, unlike the standard library's
/// hasher.
pub fn stable_hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    stable_hash_on(0xcbf2_9ce4_8422_2325, bytes)
}

/// The same, going on from an earlier hash or from another start.
pub fn stable_hash_on(hash: u64, bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// [`stable_hash`] of a text, mixed, so that ids that differ in the last character only (as ids made in a row do) are
/// not next to each other when sorted by it.
pub fn hash(text: &str) -> u64 {
    mix(stable_hash(text.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_stay() {
        assert_eq!(stable_hash([]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(stable_hash(*b"a"), 0xaf63_dc4c_8601_ec8c, "the reference value of FNV-1a");
    }
}
