//! Pages of lists.

use replank_stacks::StackError;

use crate::given::Given;
use crate::page_token;

/// One page of items and the token for the next; `name` is unlike for all of them.
pub(super) fn page<T>(
    given: &Given,
    found: Vec<T>,
    most: usize,
    name: impl Fn(&T) -> String,
) -> Result<(Vec<T>, Option<String>), StackError> {
    let list = given.list_asked();
    let invalid = || StackError::invalid("The NextToken is not valid for this list.");
    let after = given.given("NextToken").map(|token| page_token::last(&list, token).ok_or_else(invalid));
    let mut rest: Vec<T> = match after.transpose()? {
        None => found,
        Some(last) => found.into_iter().skip_while(|item| name(item) != last).skip(1).collect(),
    };
    let has_more = rest.len() > most;
    rest.truncate(most);
    let token = rest.last().filter(|_| has_more).map(|last| page_token::after(&list, &name(last)));
    Ok((rest, token))
}
