//! Uids and generated names, derived from the world's seed.

use crate::object::Uid;
use crate::rng::mix;
use crate::world::World;

impl World {
    /// A new uid, formed as a version 4 UUID.
    pub fn new_uid(&mut self) -> Uid {
        self.made += 1;
        let (high, low) =
            (mix(self.chance.0 ^ mix(self.made)), mix(self.made.wrapping_mul(3) ^ self.chance.0));
        let number = (u128::from(high) << 64) | u128::from(low);
        // The bits of a random UUID: version 4, variant 1.
        Uid((number & !(0xf << 76) & !(0x3 << 62)) | (4 << 76) | (2 << 62))
    }

    /// A suffix for `generateName`: five characters of the alphabet that Kubernetes uses, drawn for this concern,
    /// base and attempt.
    pub fn name_suffix(&self, concern: &str, base: &str, attempt: u64) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let mut draw = self.chance.draw(concern, base, attempt);
        (0..5)
            .map(|_| {
                let letter = ALPHABET[(draw % ALPHABET.len() as u64) as usize];
                draw /= ALPHABET.len() as u64;
                char::from(letter)
            })
            .collect()
    }

    /// A generated name that is free, after up to eight tries (Kubernetes: `generateName`).
    pub fn generated_name(&self, kind: &str, namespace: &str, base: &str) -> String {
        let base: String = base.chars().take(58).collect();
        let drawn = |attempt: u64| {
            let attempt = self.store.changes.version * 8 + attempt;
            format!("{base}{}", self.name_suffix("generate name", &base, attempt))
        };
        let free = |name: &String| self.store.find(kind, namespace, name).is_none();
        (0..8).map(drawn).find(free).unwrap_or_else(|| drawn(8))
    }
}
