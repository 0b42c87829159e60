//! What the API server says when it refuses.

use std::fmt;

/// A refusal, with the fields of a Kubernetes `Status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP code.
    pub code: u16,
    /// `reason`, such as `TooManyRequests`; may be empty.
    pub reason: &'static str,
    /// `message`.
    pub message: String,
    /// `details.causes`: reason and message.
    pub causes: Vec<(&'static str, String)>,
    /// `Retry-After`, in seconds.
    pub retry_after_seconds: Option<u32>,
}

impl Refusal {
    /// A refusal without causes.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), causes: Vec::new(), retry_after_seconds: None }
    }

    /// 404: `pods "web-1" not found`.
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
