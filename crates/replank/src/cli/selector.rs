//! A label selector, as kubectl takes it, none of whose parts is empty: what asks for nothing selects everything.

use std::fmt;
use std::str::FromStr;

/// A label selector. What else is wrong with it is for the server to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selector(String);

impl Selector {
    /// As it was given.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let way_out = "give one such as topology.kubernetes.io/zone=us-west-2a, or name the nodes";
        if text.trim().is_empty() {
            return Err(format!("it is empty (an unset variable?), and would select every node; {way_out}"));
        }
        match requirements(text).into_iter().find_map(wrong) {
            Some(wrong) => Err(format!("{wrong} (an unset variable?); {way_out}")),
            None => Ok(Self(text.to_owned())),
        }
    }
}

/// The parts between commas that stand in no list.
fn requirements(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let outside = |letter: char| {
        depth = match letter {
            '(' => depth + 1,
            ')' => depth.saturating_sub(1),
            _ => depth,
        };
        letter == ',' && depth == 0
    };
    text.split(outside).collect()
}

/// What is empty in a requirement. `label=` is not: it asks for a label without a value.
fn wrong(requirement: &str) -> Option<String> {
    let requirement = requirement.trim();
    if requirement.is_empty() {
        return Some("there is nothing before or after a comma".to_owned());
    }
    let asked = requirement.strip_prefix('!').unwrap_or(requirement).trim_start();
    if asked.starts_with(['=', '!', '(', ')']) || asked.is_empty() {
        return Some(format!("`{requirement}` names no label"));
    }
    let (_, list) = asked.split_once('(')?;
    let mut values = list.trim_end_matches(')').split(',');
    values.any(|value| value.trim().is_empty()).then(|| format!("`{requirement}` lists an empty value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_asks_for_something_is_taken_as_it_is() {
        for text in [
            "a=b",
            "a==b",
            "a!=b",
            "a",
            "!a",
            "a in (b,c)",
            "a notin (b, c),!d, e=f",
            "example.com/a=b,c",
            // Without a value, as many labels of roles are.
            "node-role.kubernetes.io/control-plane=",
            "node-role.kubernetes.io/control-plane!=",
        ] {
            assert_eq!(text.parse(), Ok(Selector(text.to_owned())));
        }
    }

    #[test]
    fn what_asks_for_nothing_is_refused() {
        for text in [
            "",
            " ",
            ",",
            " , ",
            "a=b,",
            ",a=b",
            "a=b,,c",
            "=b",
            "!=b",
            "!",
            "a in ()",
            "a notin ( )",
            "a in (b,)",
        ] {
            let said = text.parse::<Selector>().unwrap_err();
            assert!(said.contains("unset variable") && said.contains("name the nodes"), "{text}: {said}");
        }
    }
}
