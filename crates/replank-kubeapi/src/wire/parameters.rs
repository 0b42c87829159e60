//! Parameters of a request (Kubernetes: `ListOptions`, `CreateOptions`, `PatchOptions`, `DeleteOptions`).

use super::path::decoded;
use crate::failure::StatusError;

/// Query parameters, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Parses a query.
    pub(crate) fn read(query: &str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(key, true)?, decoded(value, true)?))
        };
        Self(pairs.filter_map(pair).collect())
    }

    /// First value of a parameter; `None` when absent or empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// A boolean: anything but `false` and `0` is true (Kubernetes: `Convert_Slice_string_To_bool`).
    pub(crate) fn flag(&self, key: &str) -> bool {
        let found = self.0.iter().find(|(name, _)| name == key);
        found.is_some_and(|(_, value)| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// A number, or 400; `None` when absent or negative.
    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>, StatusError> {
        let Some(text) = self.get(key) else { return Ok(None) };
        let wrong =
            |_| StatusError::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"));
        // A negative number asks for nothing.
        text.parse::<i64>().map(|number| u64::try_from(number).ok()).map_err(wrong)
    }

    /// Whether it is a dry run; 400 for values other than `All`.
    pub(crate) fn dry_run(&self) -> Result<bool, StatusError> {
        let mut dry_run = false;
        for value in self.all("dryRun") {
            if value != "All" {
                let message =
                    format!("invalid dryRun: Unsupported value: \"{value}\": supported values: \"All\"");
                return Err(StatusError::new(422, "Invalid", message));
            }
            dry_run = true;
        }
        Ok(dry_run)
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn queries_are_read_with_their_signs() {
        let read = Parameters::read(
            "fieldSelector=spec.nodeName%3Da%2Cstatus.phase!%3DFailed&watch&limit=500&x=a+b&e=",
        );
        assert_eq!(read.get("fieldSelector"), Some("spec.nodeName=a,status.phase!=Failed"));
        assert!(read.flag("watch") && !read.flag("allowWatchBookmarks"));
        assert_eq!(
            (read.number("limit").unwrap(), read.get("x"), read.get("e")),
            (Some(500), Some("a b"), None)
        );
        assert!(Parameters::read("limit=x").number("limit").is_err());
        assert!(Parameters::read("dryRun=All").dry_run().unwrap());
        assert!(Parameters::read("dryRun=Some").dry_run().is_err());
    }
}
