//! The meaning of scalars as in `sigs.k8s.io/yaml`, which `kubectl` and the API server use.
//!
//! It is YAML 1.1 in booleans (`yes`, `on`, `y` and their opposites) and octal numbers (`0644`), 1.2 in having no
//! base 60 numbers, and keeps dates as strings.

use saphyr_parser::Tag;
use serde_json::{Number, Value};

/// The value of a plain scalar without a tag; an error for what JSON cannot hold.
pub(super) fn plain(text: &str) -> Result<Value, String> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Ok(true.into()),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Ok(false.into())
        }
        "" | "~" | "null" | "Null" | "NULL" => Ok(Value::Null),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf"
        | "-.Inf" | "-.INF" => Err(format!("{text} cannot be written as JSON")),
        _ => Ok(number(text).map_or_else(|| Value::from(text), Value::Number)),
    }
}

/// The value of a scalar with a tag or in quotes; an error when it does not fit its tag.
pub(super) fn tagged(text: &str, tag: Option<&Tag>, quoted: bool) -> Result<Value, String> {
    let core = match tag {
        None if quoted => "str",
        None => return plain(text),
        Some(tag) if tag.is_yaml_core_schema() => tag.suffix.as_str(),
        Some(_) => "str",
    };
    let wrong = |value: &Value| match (core, value) {
        ("bool", Value::Bool(_)) | ("null", Value::Null) | ("float", Value::Number(_)) => false,
        ("int", Value::Number(number)) => number.is_f64(),
        _ => true,
    };
    match core {
        "bool" | "null" | "int" | "float" => match plain(text)? {
            value if wrong(&value) => Err(format!("this cannot be decoded as a !!{core}")),
            value => Ok(value),
        },
        _ => Ok(text.into()),
    }
}

fn number(text: &str) -> Option<Number> {
    let first = *text.as_bytes().first()?;
    if !matches!(first, b'0'..=b'9' | b'+' | b'-' | b'.') {
        return None;
    }
    if first == b'.' {
        return float(text);
    }
    let digits = text.replace('_', "");
    integer(&digits).or_else(|| float(&digits))
}

fn integer(digits: &str) -> Option<Number> {
    let (negative, digits) = match digits.as_bytes().first()? {
        b'-' => (true, &digits[1..]),
        b'+' => (false, &digits[1..]),
        _ => (false, digits),
    };
    let (base, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        Some("0o" | "0O") => (8, &digits[2..]),
        Some("0b" | "0B") => (2, &digits[2..]),
        Some(_) if digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let size = u64::from_str_radix(digits, base).ok()?;
    if negative { 0i64.checked_sub_unsigned(size).map(Number::from) } else { Some(size.into()) }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let mantissa_fits = match (whole, fraction) {
        ("", fraction) => all_digits(fraction),
        (whole, "") => all_digits(whole),
        (whole, fraction) => all_digits(whole) && all_digits(fraction),
    };
    let exponent_fits =
        exponent.is_none_or(|exponent| all_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    if mantissa_fits && exponent_fits { as_json(text.parse().ok()?) } else { None }
}

/// A number as `kubectl` writes it to JSON: whole ones as integers, however they were written (Go: `json.Marshal`
/// of a float).
fn as_json(value: f64) -> Option<Number> {
    // Above this not every whole number is one of its own.
    const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= WHOLE_MAX {
        return Some(Number::from(value as i64));
    }
    Number::from_f64(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::plain;

    #[test]
    fn plain_scalars_mean_what_kubectl_reads() {
        let table = [
            ("yes", json!(true)),
            ("off", json!(false)),
            ("n", json!(false)),
            ("yEs", json!("yEs")),
            ("~", json!(null)),
            ("", json!(null)),
            ("0", json!(0)),
            ("12", json!(12)),
            ("+12", json!(12)),
            ("-0", json!(0)),
            ("0644", json!(420)),
            ("0o644", json!(420)),
            ("0888", json!(888)),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("1_000", json!(1000)),
            ("9223372036854775807", json!(i64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("18446744073709551615", json!(u64::MAX)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000)),
            ("1e+01", json!(10)),
            ("3.0", json!(3)),
            ("-2.0", json!(-2)),
            ("1e300", json!(1e300)),
            ("1.", json!(1)),
            ("1.2.3", json!("1.2.3")),
            ("1:30", json!("1:30")),
            ("100m", json!("100m")),
            ("2001-01-01", json!("2001-01-01")),
            ("-", json!("-")),
            ("--1", json!("--1")),
            ("1e", json!("1e")),
        ];
        for (text, expected) in table {
            assert_eq!(plain(text), Ok(expected), "{text}");
        }
        assert_eq!(plain(".inf"), Err(".inf cannot be written as JSON".to_owned()));
    }
}
