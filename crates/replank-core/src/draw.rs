//! Random draws that depend on the seed and on what they are for, never on how often something else drew.

/// Mixes a number so that near inputs lie far apart (the finaliser of `SplitMix64`).
pub fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The `turn`-th draw of the stream that `seed` starts.
pub fn draw(seed: u64, turn: u64) -> u64 {
    mix(seed.wrapping_add(turn.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// A number that bytes decide, the same in every release and on every machine (FNV-1a, 64 bits).
pub fn stable_hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes
        .into_iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The place of a text on a ring: its [`stable_hash`], mixed, so that neighbours in time are not neighbours there.
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
