//! Page tokens: each names the last item of its page, and is valid for its own list and filters only.

use aws_lc_rs::digest;

use crate::uri;

/// Number of digest digits that identify the list.
const DIGITS: usize = 16;

/// Token for the page after `last`; `list` is the list with everything that narrows it.
pub(crate) fn after(list: &str, last: &str) -> String {
    uri::wrapped(&format!("{}{last}", seal(list)))
}

/// Last item of the previous page; `None` when the token is not one of this list.
pub(crate) fn last(list: &str, token: &str) -> Option<String> {
    let text = uri::unwrapped(token)?;
    text.strip_prefix(&seal(list)).map(str::to_owned)
}

fn seal(list: &str) -> String {
    let digest = digest::digest(&digest::SHA256, list.as_bytes());
    uri::hex(&digest.as_ref()[..DIGITS / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_list() {
        for item in ["", "a", "\u{e4}/b c"] {
            assert_eq!(last("list a", &after("list a", item)).as_deref(), Some(item));
            assert_eq!(last("list b", &after("list a", item)), None);
        }
        for made_up in ["", "x", "zz", &uri::wrapped("a"), &after("list a", "a")[2..]] {
            assert_eq!(last("list a", made_up), None, "{made_up}");
        }
    }
}
