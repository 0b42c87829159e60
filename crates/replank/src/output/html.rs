//! What every page of ours has in common: one head, one look, tables, lists. A page loads nothing.
//!
//! Text goes through `maud`, which escapes whatever is not written in a template itself.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use replank_server::dashboard::SHEET;

/// A whole page.
pub(crate) fn page(title: &str, content: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(SHEET)) }
            }
            body {
                h1 { (title) }
                (content)
            }
        }
    };
    page.into_string() + "\n"
}

/// A table; without a head when there are no words for one.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        table {
            @if !head.is_empty() {
                tr { @for cell in head { th { (cell) } } }
            }
            @for row in rows {
                tr { @for cell in row { td { (cell) } } }
            }
        }
    }
}

/// A list under a heading; nothing when it is empty.
pub(crate) fn list(title: &str, rows: impl IntoIterator<Item = String>) -> Markup {
    let mut rows = rows.into_iter().peekable();
    html! {
        @if rows.peek().is_some() {
            h2 { (title) }
            ul { @for row in rows { li { (row) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let bad = "<script>\"'&</script>";
        let rows = [vec![bad.to_owned()]];
        let content = html! { (table(&[bad], &rows)) (list(bad, [bad.to_owned()])) (list("none", [])) };
        let page = page(bad, &content);
        assert!(!page.contains("<script>") && !page.contains("<h2>none"), "{page}");
        assert_eq!(page.matches("&lt;script&gt;&quot;'&amp;&lt;/script&gt;").count(), 6, "{page}");
        assert!(
            page.starts_with("<!DOCTYPE html><html lang=\"en\">") && page.ends_with("</html>\n"),
            "{page}"
        );
    }
}
