//! Pages and filters of lists.

use serde_json::Value;

use super::failure::AutoScalingError;
use super::xml;
use crate::given::Given;
use crate::page_token;

/// Page size by default, and the largest.
const RECORDS: (usize, usize) = (50, 100);

/// A filter: a name and values, one of which must match.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

impl Filter {
    /// Whether one of its values is this one.
    pub(super) fn has(&self, value: &str) -> bool {
        self.values.iter().any(|wanted| wanted == value)
    }
}

/// The filters of a request. One of another name than `known` says is refused; a name there that ends with a colon stands
/// for all that begin with it.
pub(super) fn filters(given: &Given, known: &[&str]) -> Result<Vec<Filter>, AutoScalingError> {
    let structures = given.structure("Filters.member").unwrap_or_default();
    let read = |filter: &Value| {
        let name = filter["name"].as_str().unwrap_or_default().to_owned();
        let is = |known: &&str| **known == *name || (known.ends_with(':') && name.starts_with(*known));
        if !known.iter().any(is) {
            let known = known.join(", ");
            return Err(AutoScalingError::invalid(format!(
                "Filter type {name} is not correct. Allowed are {known}"
            )));
        }
        let values = filter["values"]["memberSet"].as_array().into_iter().flatten();
        Ok(Filter { name, values: values.filter_map(|it| it.as_str().map(str::to_owned)).collect() })
    };
    structures.as_array().into_iter().flatten().map(read).collect()
}

/// One page of items and the XML of the token for the next; `name` is unlike for all of them.
pub(super) fn page<T>(
    given: &Given,
    found: Vec<T>,
    name: impl Fn(&T) -> String,
) -> Result<(Vec<T>, String), AutoScalingError> {
    let most = match given.given("MaxRecords") {
        None => RECORDS.0,
        Some(text) => text.parse().ok().filter(|most| (1..=RECORDS.1).contains(most)).ok_or_else(|| {
            AutoScalingError::invalid(format!(
                "MaxRecords: {text} is not accepted; give a number from 1 to {}",
                RECORDS.1
            ))
        })?,
    };
    let list = given.list_asked();
    let after = given.given("NextToken").map(|token| {
        let invalid = || AutoScalingError {
            code: "InvalidNextToken".into(),
            message: "The token is not valid.".into(),
        };
        page_token::last(&list, token).ok_or_else(invalid)
    });
    let mut rest: Vec<T> = match after.transpose()? {
        None => found,
        Some(last) => found.into_iter().skip_while(|item| name(item) != last).skip(1).collect(),
    };
    let more = rest.len() > most;
    rest.truncate(most);
    let token = rest.last().filter(|_| more).map(|last| page_token::after(&list, &name(last)));
    Ok((rest, xml::maybe("NextToken", token)))
}
