//! Errors of the API server.

use std::fmt;

/// An error of the API server, as the fields of a `Status` (`metav1.Status`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status code, such as 429.
    pub code: u16,
    /// `reason`, such as `TooManyRequests`; empty where the API server gives none.
    pub reason: &'static str,
    /// Sentence for people, worded as the API server does.
    pub message: String,
    /// `details.causes`: reason and message of each.
    pub causes: Vec<(&'static str, String)>,
    /// `details.retryAfterSeconds` and the header `Retry-After`, in seconds.
    pub retry_after_seconds: Option<u32>,
}

impl Refusal {
    /// An error without causes.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), causes: Vec::new(), retry_after_seconds: None }
    }

    /// 404, worded as `pods "web-1" not found`; `resource` is the plural name.
    pub fn not_found(resource: &str, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{resource} \"{name}\" not found"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes.iter().try_for_each(|(_, message)| write!(f, " {message}"))
    }
}
