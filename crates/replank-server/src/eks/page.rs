//! Pages of lists: at most `maxResults` items, and a token for the rest.

use super::{EksError, Input};
use crate::page_token;

/// Page size by default (EKS: 100).
const RESULTS: usize = 100;

/// The page that `input` asks for, and the token of the next one. A token names the last item of its page, so that
/// items created or removed meanwhile shift nothing.
pub(super) fn page<T>(
    items: Vec<T>,
    name: impl Fn(&T) -> &str,
    input: &Input,
) -> Result<(Vec<T>, Option<String>), EksError> {
    let most = input.number("maxResults").and_then(|most| usize::try_from(most).ok()).unwrap_or(RESULTS);
    let start = match input.given("nextToken").filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => {
            let last = page_token::last(&list(input), token).ok_or_else(|| wrong(token))?;
            let at = items.iter().position(|item| name(item) == last);
            // An item that is gone since: names are in order, so the page goes on behind its place.
            at.map_or_else(|| items.iter().take_while(|item| name(item) <= &*last).count(), |at| at + 1)
        }
    };
    let mut rest: Vec<T> = items.into_iter().skip(start).collect();
    let more = rest.len() > most;
    rest.truncate(most);
    let token = rest.last().filter(|_| more).map(|last| page_token::after(&list(input), name(last)));
    Ok((rest, token))
}

/// Everything that narrows a list, as a text; page size and token are left out.
fn list(input: &Input) -> String {
    let mut narrowed = input.without_token();
    narrowed.remove("nextToken");
    narrowed.remove("maxResults");
    format!("{} {}", input.operation, serde_json::Value::Object(narrowed))
}

fn wrong(token: &str) -> EksError {
    EksError::invalid(format!("The value of nextToken is not one that was returned: {token}"))
}

/// A page of names as output: `{member: [..], "nextToken": ..}`.
pub(super) fn of_names(
    member: &str,
    names: Vec<String>,
    input: &Input,
) -> Result<serde_json::Value, EksError> {
    let (names, token) = page(names, String::as_str, input)?;
    Ok(output(member, names.into(), token))
}

/// A page of items as output.
pub(super) fn output(member: &str, items: serde_json::Value, token: Option<String>) -> serde_json::Value {
    let mut output = serde_json::Map::new();
    output.insert(member.to_owned(), items);
    if let Some(token) = token {
        output.insert("nextToken".into(), token.into());
    }
    output.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Model;

    fn names(input: &serde_json::Value) -> Result<(Vec<String>, Option<String>), EksError> {
        let input = Input::new("ListClusters", input.as_object().unwrap().clone());
        page(["a", "b", "c"].map(str::to_owned).into(), String::as_str, &input)
    }

    #[test]
    fn pages_follow_each_other() {
        let (first, token) = names(&json!({"maxResults": 2})).unwrap();
        assert_eq!(first, ["a", "b"]);
        assert_eq!(
            names(&json!({"maxResults": 2, "nextToken": token})).unwrap(),
            (vec!["c".to_owned()], None)
        );
        assert_eq!(names(&json!({"maxResults": 3})).unwrap().1, None);
        assert_eq!(names(&json!({})).unwrap().0.len(), 3);
        let gone = page_token::after("ListClusters {}", "bb");
        assert_eq!(names(&json!({"nextToken": gone})).unwrap().0, ["c"]);
        for token in ["xyz", "f", "zz", "62"] {
            assert!(names(&json!({"nextToken": token})).is_err(), "{token}");
        }
    }

    /// Every list of the model, each with two sets of parameters.
    #[test]
    fn a_token_is_good_for_its_own_list_and_parameters() {
        let lists = Model::get().operations.iter().filter(|(_, operation)| operation.pages.is_some());
        let inputs: Vec<(&String, serde_json::Value)> = lists
            .flat_map(|(name, _)| ["c1", "c2"].map(|cluster| (name, json!({ "clusterName": cluster }))))
            .collect();
        assert!(inputs.len() > 20);
        let page = |name: &str, mut given: serde_json::Value, token: Option<&str>| {
            given["maxResults"] = json!(if token.is_some() { 3 } else { 1 });
            given["nextToken"] = token.into();
            let mut given = given.as_object().unwrap().clone();
            given.retain(|_, value| !value.is_null());
            page(vec!["a", "b"], |it| it, &Input::new(name, given))
        };
        for (name, given) in &inputs {
            let token = page(name, given.clone(), None).unwrap().1.unwrap();
            for (other, params) in &inputs {
                let found = page(other, params.clone(), Some(&token));
                let is_own = (other, params) == (name, given);
                assert_eq!(found.is_ok(), is_own, "{name} {given} for {other} {params}");
            }
        }
    }
}
