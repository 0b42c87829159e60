//! Ways in which a file is no longer what it was.

use super::planted::MARK;

/// A text spoilt around one of its markers.
pub(super) struct Spoilt {
    /// Name of the damage.
    pub(super) how: &'static str,
    /// The damaged file.
    pub(super) bytes: Vec<u8>,
}

/// Every way, for each marker of a text.
pub(super) fn all(text: &str) -> Vec<Spoilt> {
    let mut spoilt = vec![
        of("as it is", text.to_owned()),
        of("tabs", text.replace("  ", "\t")),
        of("in braces", format!("{{{text}}}")),
        of("as a text", format!("\"{}\"", text.replace(['"', '\\'], "").replace('\n', "\\n"))),
        of("on one line", text.replace('\n', " ")),
        of("twice", format!("{text}{text}")),
    ];
    for (at, _) in text.match_indices(MARK) {
        let end = text[at..]
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '/')
            .map_or(text.len(), |it| at + it);
        let (before, marker, after) = (&text[..at], &text[at..end], &text[end..]);
        let line = text[..at].rfind('\n').map_or(0, |it| it + 1);
        let line_end = text[end..].find('\n').map_or(text.len(), |it| end + it);
        let spoil = |marker: &str| format!("{before}{marker}{after}");
        spoilt.extend([
            of("cut", text[..end].to_owned()),
            of("cut inside", text[..end - 9].to_owned()),
            of("in a list", spoil(&format!("[{marker}]"))),
            of("in a mapping", spoil(&format!("{{{marker}: 1}}"))),
            of("a list begins", spoil(&format!("[{marker}"))),
            of("a text begins", spoil(&format!("\"{marker}"))),
            of("a text begins, otherwise", spoil(&format!("'{marker}"))),
            of("a key", spoil(&format!("{marker}: x"))),
            of("a key on its own", spoil(&format!("\n? {marker}\n"))),
            of("a whole number", spoil(&format!("!!int {marker}"))),
            of("a tag", spoil(&format!("!{marker} x"))),
            of("an alias", spoil(&format!("*{marker}"))),
            of("an anchor", spoil(&format!("&{marker} [*{marker}]"))),
            of("a directive", spoil(&format!("\n%{marker}\n"))),
            of("an escape", spoil(&format!("\"\\q{marker}"))),
            of("two lines", spoil(&format!("{}\n{}", &marker[..9], &marker[9..]))),
            of("its line twice", format!("{}\n{}", &text[..line_end], &text[line..])),
            of("its line alone", text[line..line_end].to_owned()),
            of("alone", marker.to_owned()),
            of("a merge key", spoil(&format!("\n<<: {marker}\n"))),
            bytes("no text", before, &[marker.as_bytes(), &[0xff, 0xc3]].concat(), after),
            bytes("nothing in it", before, &[&[0], marker.as_bytes(), &[0, 7]].concat(), after),
        ]);
    }
    spoilt
}

fn of(how: &'static str, text: String) -> Spoilt {
    Spoilt { how, bytes: text.into_bytes() }
}

fn bytes(how: &'static str, before: &str, middle: &[u8], after: &str) -> Spoilt {
    Spoilt { how, bytes: [before.as_bytes(), middle, after.as_bytes()].concat() }
}
