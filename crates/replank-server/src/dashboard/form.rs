//! What a person filled in: fields of a form, or of a query.

use crate::control::Refusal;
use crate::uri;
use crate::wire::Request;

/// Fields with what they hold, without the empty ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// The fields of a form that was sent.
    pub(super) fn of_body(request: &Request) -> Self {
        let body = String::from_utf8_lossy(&request.body);
        Self::filled(uri::form(&body))
    }

    /// The fields of a query. Browsers write a form into it as into a body.
    pub(super) fn of_query(request: &Request) -> Self {
        Self::filled(uri::form(&request.query))
    }

    fn filled(fields: impl Iterator<Item = (String, String)>) -> Self {
        let trimmed = fields.map(|(name, value)| (name, value.trim().to_owned()));
        Self(trimmed.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// What a field holds; of repeated ones the first.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// As [`Self::text`], as a value of its own.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// What a field holds that has to be filled.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| Refusal::bad(format!("{name}: it is empty; fill it in")))
    }

    /// A whole number.
    pub(super) fn number<N: std::str::FromStr>(&self, name: &str) -> Result<Option<N>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().map(Some);
        number.map_err(|_| Refusal::bad(format!("{name}: {text} is not a number that can be meant")))
    }

    /// Whether a box is ticked.
    pub(super) fn is_ticked(&self, name: &str) -> bool {
        self.text(name) == Some("yes")
    }
}
