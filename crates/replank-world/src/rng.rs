//! Seeded randomness. A draw depends on the seed, its purpose and the name it is for, never on how many draws
//! came before: one more draw in one place changes nothing elsewhere.

use replank_core::draw::stable_hash;

use crate::time::Span;

pub use replank_core::draw::mix;

/// The seed of a world, with the draws made from it.
#[derive(Clone, Copy, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// A uniform 64-bit draw for `name` in the use `concern`; `attempt` tells repeated draws apart.
    pub fn draw(self, concern: &str, name: &str, attempt: u64) -> u64 {
        let hash = stable_hash(concern.bytes().chain([0]).chain(name.bytes()));
        mix(self.0 ^ mix(hash.wrapping_add(attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15))))
    }

    /// A UUID for `name` in the use `concern`, formed as a random one (RFC 9562, version 4).
    pub fn uuid(self, concern: &str, name: &str) -> String {
        let [high, low] = [0, 1].map(|attempt| self.draw(concern, name, attempt));
        let high = high & !0xf000 | 0x4000;
        let low = low & !(0b11 << 62) | 0b10 << 62;
        let (head, tail) = (high >> 32, low & 0xffff_ffff_ffff);
        format!("{head:08x}-{:04x}-{:04x}-{:04x}-{tail:012x}", high >> 16 & 0xffff, high & 0xffff, low >> 48)
    }

    /// A uniform draw from 0 (included) to 1 (excluded).
    pub fn share(self, concern: &str, name: &str, attempt: u64) -> f64 {
        (self.draw(concern, name, attempt) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A distribution of durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Always this long.
    Fixed(Span),
    /// Uniform between the two.
    Between(Span, Span),
    /// Log-normal, for a median with a long tail.
    Skewed {
        /// Half the draws are shorter.
        median: Span,
        /// One draw in twenty is longer.
        slow: Span,
    },
}

impl Delay {
    /// Draws the duration for `name` in the use `concern`; `attempt` tells repeated draws apart.
    pub fn draw(self, chance: Chance, concern: &str, name: &str, attempt: u64) -> Span {
        match self {
            Self::Fixed(span) => span,
            Self::Between(low, high) => {
                let share = chance.share(concern, name, attempt);
                Span(low.0 + ((high.0 - low.0) as f64 * share) as i64)
            }
            Self::Skewed { median, slow } => {
                let sigma = (slow.0 as f64 / median.0.max(1) as f64).max(1.0).ln() / 1.645;
                Span((median.0 as f64 * (sigma * normal(chance, concern, name, attempt)).exp()) as i64)
            }
        }
    }

    /// The middle of the distribution: median, or mean of the two bounds.
    pub fn typical(self) -> Span {
        match self {
            Self::Fixed(span) => span,
            Self::Between(low, high) => Span(low.0.midpoint(high.0)),
            Self::Skewed { median, .. } => median,
        }
    }
}

/// A standard normal draw (Irwin-Hall: the sum of twelve uniform ones), cut off at three standard deviations.
fn normal(chance: Chance, concern: &str, name: &str, attempt: u64) -> f64 {
    let first = chance.draw(concern, name, attempt);
    let sum: f64 = (0..12).map(|n| (mix(first.wrapping_add(n)) >> 11) as f64 / (1_u64 << 53) as f64).sum();
    (sum - 6.0).clamp(-3.0, 3.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worlds of a seed hang on the first eight digits (`GroupSpec::lot`).
    #[test]
    fn a_uuid_has_its_form_and_begins_with_the_first_draw() {
        for name in ["default", "a", ""] {
            let uuid = Chance(7).uuid("group", name);
            let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
            assert_eq!((&uuid[14..15], uuid[19..20].contains(['8', '9', 'a', 'b'])), ("4", true), "{uuid}");
            assert_eq!(uuid[..8], format!("{:08x}", Chance(7).draw("group", name, 0) >> 32));
        }
    }
}
