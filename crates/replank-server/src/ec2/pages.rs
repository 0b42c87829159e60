//! Filters and pages of lists.

use std::collections::BTreeMap;

use super::failure::Ec2Error;
use crate::given::Given;
use crate::page_token;
use crate::xml::escaped;

/// Page size by default.
const RESULTS: usize = 200;

/// A filter: a name and values, one of which must match; `*` matches any text, `?` one character.
#[derive(Debug)]
pub(super) struct Filter {
    name: String,
    values: Vec<String>,
}

/// Filters of a request. Names other than `known` and those of tags are refused.
pub(super) fn filters(given: &Given, known: &[&str]) -> Result<Vec<Filter>, Ec2Error> {
    let structures = given.structure("Filter").unwrap_or_default();
    let read = |filter: &serde_json::Value| {
        let name = filter["name"].as_str().unwrap_or_default().to_owned();
        let values = filter["valueSet"].as_array().into_iter().flatten();
        let values = values.filter_map(|value| value.as_str().map(str::to_owned)).collect();
        if known.contains(&&*name) || name == "tag-key" || name.starts_with("tag:") {
            return Ok(Filter { name, values });
        }
        Err(Ec2Error::new("InvalidParameterValue", format!("The filter '{name}' is invalid")))
    };
    structures.as_array().into_iter().flatten().map(read).collect()
}

/// Whether an item with these properties and tags passes all filters.
pub(super) fn passes(
    filters: &[Filter],
    properties: &[(&str, impl AsRef<str>)],
    tags: &BTreeMap<String, String>,
) -> bool {
    filters.iter().all(|filter| {
        let is = |value: &str| filter.values.iter().any(|wanted| fits(wanted, value));
        match filter.name.strip_prefix("tag:") {
            Some(key) => tags.get(key).is_some_and(|value| is(value)),
            None if filter.name == "tag-key" => tags.keys().any(|key| is(key)),
            None => properties.iter().any(|(name, value)| filter.name == *name && is(value.as_ref())),
        }
    })
}

/// Whether a text matches a pattern.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // Where each prefix of the pattern can end in the text.
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for letter in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match letter {
                '*' => ends[..=at].contains(&true),
                '?' => at > 0 && ends[at - 1],
                letter => at > 0 && ends[at - 1] && text[at - 1] == letter,
            };
        }
        ends = next;
    }
    ends[text.len()]
}

/// One page of items, sorted by `name`, and the XML of the token for the next page.
pub(super) fn page<T>(
    given: &Given,
    found: Vec<T>,
    name: impl Fn(&T) -> String,
) -> Result<(Vec<T>, String), Ec2Error> {
    page_of(given, found, RESULTS, name)
}

/// The same with the largest page that the operation has, which is the size by default.
pub(super) fn page_of<T>(
    given: &Given,
    found: Vec<T>,
    most: usize,
    name: impl Fn(&T) -> String,
) -> Result<(Vec<T>, String), Ec2Error> {
    let largest = most;
    let most = match given.given("MaxResults") {
        None => largest,
        Some(text) => text.parse().ok().filter(|most| (1..=largest).contains(most)).ok_or_else(|| {
            let said =
                format!("Value ( {text} ) for parameter MaxResults is invalid. Expecting 1 to {largest}");
            Ec2Error::new("InvalidParameterValue", said)
        })?,
    };
    let after =
        match given.given("NextToken") {
            None => None,
            Some(token) => Some(page_token::last(&given.list_asked(), token).ok_or_else(|| {
                Ec2Error::new("InvalidNextToken", format!("The token '{token}' is invalid"))
            })?),
        };
    let mut rest: Vec<T> = match &after {
        None => found,
        Some(last) => found.into_iter().skip_while(|item| name(item) != *last).skip(1).collect(),
    };
    let more = rest.len() > most;
    rest.truncate(most);
    let token = rest.last().filter(|_| more).map(|last| page_token::after(&given.list_asked(), &name(last)));
    let token = token.map_or(String::new(), |token| format!("<nextToken>{}</nextToken>", escaped(&token)));
    Ok((rest, token))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_have_wild_cards() {
        for (pattern, text, wanted) in [
            ("eks-*", "eks-1", true),
            ("*", "", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*b*", "abc", true),
            ("ab", "abc", false),
            ("a*a*a", "aa", false),
        ] {
            assert_eq!(fits(pattern, text), wanted, "{pattern} {text}");
        }
    }
}
