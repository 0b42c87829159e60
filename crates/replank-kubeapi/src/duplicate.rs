//! Duplicate keys in JSON objects. The last one counts; strict field validation warns or refuses.
//!
//! Kubernetes: `sigs.k8s.io/json`, strict errors included.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Most duplicates that are reported.
const FOUND_MAX: usize = 100;

/// One message per duplicate, such as `duplicate field "spec.replicas"`, in order; empty for invalid JSON.
pub fn fields(text: &[u8]) -> Vec<String> {
    let (mut path, mut found) = (String::new(), Vec::new());
    let mut reader = serde_json::Deserializer::from_slice(text);
    let read = Look { path: &mut path, found: &mut found }.deserialize(&mut reader);
    if read.is_err() { Vec::new() } else { found }
}

/// Visits a value at `path`.
struct Look<'a> {
    path: &'a mut String,
    found: &'a mut Vec<String>,
}

impl Look<'_> {
    fn below(&mut self) -> Look<'_> {
        Look { path: self.path, found: self.found }
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let (mut seen, length) = (BTreeSet::new(), self.path.len());
        while let Some(key) = map.next_key::<String>()? {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            self.path.push_str(&key);
            if !seen.insert(key) && self.found.len() < FOUND_MAX {
                self.found.push(format!("duplicate field \"{}\"", self.path));
            }
            map.next_value_seed(self.below())?;
            self.path.truncate(length);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let length = self.path.len();
        for index in 0.. {
            self.path.push_str(&format!("[{index}]"));
            let item = list.next_element_seed(self.below())?;
            self.path.truncate(length);
            if item.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_ignored_any(IgnoredAny).map(drop)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn keys_that_come_twice_are_named_with_their_path() {
        let text = br#"{"a": {"b": 1, "b": [2, {"c": null, "c": "x", "c": true}]}, "a": {}, "d": 1.5}"#;
        let wanted = ["a.b", "a.b[1].c", "a.b[1].c", "a"].map(|path| format!("duplicate field \"{path}\""));
        assert_eq!(fields(text), wanted);
        assert!(fields(br#"{"a": {"x": 1}, "b": {"x": 1}}"#).is_empty());
        assert!(fields(b"{").is_empty());
    }
}
