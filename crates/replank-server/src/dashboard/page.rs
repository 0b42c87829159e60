//! A page as it is sent: its status, its headers, its text; and the two files that pages load.

use bytes::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use maud::Markup;

use super::SHEET;
use crate::wire::{Answer, Headed};

/// What a page may load: the sheet, the script and what the script asks for, all from here. Nothing in a page itself is
/// run, nobody frames it, and its forms lead nowhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The sheet of the dashboard, beside the one that all pages of ours have.
const MORE: &str = include_str!("assets/dashboard.css");
/// What keeps an open page current; every page says the same without it.
const SCRIPT: &str = include_str!("assets/dashboard.js");

/// What a browser shows beside the title.
const ICON: &str = include_str!("assets/icon.svg");

/// A complete answer: a page, a file that pages load, or the way to another page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Bytes,
}

/// A file that pages load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asset {
    /// How they look.
    Sheet,
    /// What keeps them current.
    Script,
    /// What stands for them in a list of pages.
    Icon,
}

impl Page {
    /// A page of this text.
    pub(super) fn of(status: u16, text: Markup) -> Self {
        Self::typed(status, "text/html; charset=utf-8", text.into_string().into())
    }

    /// Sends the browser to another page, by a reading.
    pub(super) fn elsewhere(address: String) -> Self {
        let mut page = Self::typed(303, "text/plain; charset=utf-8", Bytes::new());
        page.headers.push((LOCATION, address));
        page
    }

    /// With a cookie set.
    pub(super) fn with_cookie(mut self, cookie: String) -> Self {
        self.headers.push((SET_COOKIE, cookie));
        self
    }

    fn typed(status: u16, kind: &str, body: Bytes) -> Self {
        let headers = [
            (CONTENT_TYPE, kind),
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_FRAME_OPTIONS, "DENY"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // `no-referrer` would have browsers hide the origin of our own forms as well (Fetch, 3.2).
            (REFERRER_POLICY, "same-origin"),
            (CACHE_CONTROL, "no-store"),
        ];
        let headers = headers.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        Self { status, headers, body }
    }
}

impl From<Page> for Answer {
    fn from(page: Page) -> Self {
        let Page { status, headers, body } = page;
        Self::Headed(Headed { status, headers, body })
    }
}

impl Asset {
    /// The file.
    pub(super) fn page(self) -> Page {
        match self {
            Self::Sheet => Page::typed(200, "text/css; charset=utf-8", format!("{SHEET}{MORE}").into()),
            Self::Icon => Page::typed(200, "image/svg+xml", Bytes::from_static(ICON.as_bytes())),
            Self::Script => {
                Page::typed(200, "text/javascript; charset=utf-8", Bytes::from_static(SCRIPT.as_bytes()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_loaded_is_small() {
        let size = SHEET.len() + MORE.len() + SCRIPT.len() + ICON.len();
        assert!(size < 300_000, "{size} bytes");
    }

    #[test]
    fn no_page_may_run_what_stands_in_it() {
        for word in ["unsafe", "http:", "https:", "*", "data:"] {
            assert!(!POLICY.contains(word), "{word}");
        }
        assert!(POLICY.starts_with("default-src 'none';"));
    }
}
