//! Resource quantities (`100m`, `2Gi`), and resource lists: what a pod requests or a node offers.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

/// The text is not a quantity; messages as the API server words them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// It does not match the grammar, or is too large.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Form,
    /// The suffix is unknown.
    #[error("unable to parse quantity's suffix")]
    Suffix,
}

/// Reads a quantity as thousandths, rounded up (Kubernetes: `resource.Quantity`; cpu counts thousandths).
pub fn milli(text: &str) -> Result<i128, QuantityError> {
    let digits_end = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || *c == '.' || (*at == 0 && (*c == '+' || *c == '-'))))
        .map_or(text.len(), |(at, _)| at);
    let (number, suffix) = text.split_at(digits_end);
    let negative = number.starts_with('-');
    let number = number.trim_start_matches(['+', '-']);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty())
        || fraction.contains('.')
        || whole.len() + fraction.len() > 24
    {
        return Err(QuantityError::Form);
    }
    let value: i128 = format!("{whole}{fraction}").parse().map_err(|_| QuantityError::Form)?;
    let (up, down) = scale(suffix)?;
    let scaled =
        value.checked_mul(up).and_then(|value| value.checked_mul(1000)).ok_or(QuantityError::Form)?;
    let divisor = 10_i128.pow(fraction.len() as u32) * down;
    let rounded = scaled.div_euclid(divisor) + i128::from(scaled.rem_euclid(divisor) > 0);
    Ok(if negative { -rounded } else { rounded })
}

/// Reads a quantity as whole units, rounded up: bytes, or counts.
pub fn units(text: &str) -> Result<i64, QuantityError> {
    let milli = milli(text)?;
    let whole = milli.div_euclid(1000) + i128::from(milli.rem_euclid(1000) > 0);
    i64::try_from(whole).map_err(|_| QuantityError::Form)
}

fn scale(suffix: &str) -> Result<(i128, i128), QuantityError> {
    let pair = match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1000),
        "k" => (1000, 1),
        "M" => (1_000_000, 1),
        "G" => (1_000_000_000, 1),
        "T" => (1_000_000_000_000, 1),
        "P" => (1_000_000_000_000_000, 1),
        "E" => (1_000_000_000_000_000_000, 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        _ => return exponent(suffix),
    };
    Ok(pair)
}

fn exponent(suffix: &str) -> Result<(i128, i128), QuantityError> {
    let digits = suffix.strip_prefix(['e', 'E']).ok_or(QuantityError::Suffix)?;
    let power: i32 = digits.parse().map_err(|_| QuantityError::Suffix)?;
    match power {
        0..=18 => Ok((10_i128.pow(power.unsigned_abs()), 1)),
        -9..0 => Ok((1, 10_i128.pow(power.unsigned_abs()))),
        _ => Err(QuantityError::Suffix),
    }
}

/// A resource list: what a pod requests, or what a node can allocate.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resources {
    /// Cpu in thousandths of a core.
    pub cpu_milli: i64,
    /// Memory in bytes (`memory`); whatever suffix it was written with.
    pub memory_bytes: i64,
    /// Ephemeral storage in bytes.
    pub storage_bytes: i64,
    /// Extended resources by name, in whole units.
    pub extended: BTreeMap<Arc<str>, i64>,
}

impl Resources {
    /// Adds `other` multiplied by `times`; -1 subtracts it.
    pub fn add(&mut self, other: &Self, times: i64) {
        self.cpu_milli += other.cpu_milli * times;
        self.memory_bytes += other.memory_bytes * times;
        self.storage_bytes += other.storage_bytes * times;
        for (name, count) in &other.extended {
            *self.extended.entry(name.clone()).or_default() += count * times;
        }
    }

    /// Whether this request fits beside `used` into `all`. A resource that is not requested always fits, even when
    /// more of it is used than allocatable (Kubernetes: `fitsRequest`).
    pub fn fits(&self, used: &Self, all: &Self) -> bool {
        let fits = |wanted: i64, used: i64, all: i64| wanted <= 0 || wanted <= all - used;
        let of = |map: &BTreeMap<_, i64>, name| map.get(name).copied().unwrap_or(0);
        fits(self.cpu_milli, used.cpu_milli, all.cpu_milli)
            && fits(self.memory_bytes, used.memory_bytes, all.memory_bytes)
            && fits(self.storage_bytes, used.storage_bytes, all.storage_bytes)
            && (self.extended.iter())
                .all(|(name, count)| fits(*count, of(&used.extended, name), of(&all.extended, name)))
    }

    /// Raises each resource to the larger of the two.
    pub fn max(&mut self, other: &Self) {
        self.cpu_milli = self.cpu_milli.max(other.cpu_milli);
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
        self.storage_bytes = self.storage_bytes.max(other.storage_bytes);
        for (name, count) in &other.extended {
            let here = self.extended.entry(name.clone()).or_default();
            *here = (*here).max(*count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_kubernetes_reads_them() {
        let rows =
            [("1", 1000), ("100m", 100), ("0.5", 500), (".5", 500), ("1.0001", 1001), ("2k", 2_000_000)];
        for (text, wanted) in rows {
            assert_eq!(milli(text), Ok(wanted), "{text}");
        }
        let rows = [
            ("1Gi", 1 << 30),
            ("128Mi", 128 << 20),
            ("1e3", 1000),
            ("5M", 5_000_000),
            ("100m", 1),
            ("1E", 10_i64.pow(18)),
        ];
        for (text, wanted) in rows {
            assert_eq!(units(text), Ok(wanted), "{text}");
        }
        for text in ["", "abc", "1.2.3", "--1", "1 Gi", "1gb", "1e99", "."] {
            assert!(milli(text).is_err(), "{text}");
        }
    }
}
