//! Writes a JSON value as a YAML document; strings that could be read as something else are quoted.

use serde_json::Value;

/// The document, ending with a line break.
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                text.push_str(&format!("{}{}:", "  ".repeat(depth), scalar(name)));
                behind(member, depth, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut inner = String::new();
                block(item, depth + 1, &mut inner);
                // The first line of the item stands behind the dash.
                text.push_str(&format!("{}- {}", "  ".repeat(depth), inner.trim_start_matches(' ')));
            }
        }
        value => text.push_str(&format!("{}{}\n", "  ".repeat(depth), leaf(value))),
    }
}

/// Writes a member after its colon.
fn behind(member: &Value, depth: usize, text: &mut String) {
    match member {
        Value::Object(members) if !members.is_empty() => {
            text.push('\n');
            block(member, depth + 1, text);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            block(member, depth, text);
        }
        member => text.push_str(&format!(" {}\n", leaf(member))),
    }
}

fn leaf(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// A string, quoted as in JSON unless it cannot be misread.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./ ()".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    if begins && !is_word && !text.ends_with(' ') && text.chars().all(plain) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use crate::yaml::read;
    use serde_json::json;

    use super::*;

    #[test]
    fn it_looks_as_people_write_it() {
        let value = json!({
            "a": [{ "b": 1, "c": ["x", []] }, "y"], "d": {}, "e": { "f": null }, "time": "10:00", "g": true,
        });
        let wanted =
            "a:\n- b: 1\n  c:\n  - x\n  - []\n- \"y\"\nd: {}\ne:\n  f: null\ntime: \"10:00\"\ng: true\n";
        assert_eq!(write(&value), wanted);
    }

    #[test]
    fn what_is_written_reads_back() {
        let texts = [
            "",
            " ",
            "no",
            "~",
            "1",
            "1e3",
            "0x1f",
            "- a",
            "a: b",
            "a #b",
            "a\nb",
            "\"",
            "'",
            "é",
            "*a",
            "&a",
            "!a",
            "{",
            "[",
            "2026-11-21",
            "null",
            "a ",
            "%a",
            "@a",
            "`",
            "True",
            "12:30:45",
            ".5",
            "=",
            "<<",
            "a:",
        ];
        for text in texts {
            let value = json!({ "list": [text, { text: text }], "deep": [[1.5, false], [[text]]] });
            let written = write(&value);
            let read = read("written", written.as_bytes()).unwrap();
            assert_eq!(read[0].value(), &value, "{text:?}:\n{written}");
        }
    }
}
