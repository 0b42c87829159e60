//! A Corefile for another release of CoreDNS, by the least edit: only lines that the release does not understand change.
//! Comments, order and layout stay.

use std::fmt;

use replank_check::corefile::{Gone, Release, Used, gone, uses};

/// A Corefile after its edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The whole Corefile, with every line that was not edited as it was.
    pub text: String,
    /// What was changed, by line.
    pub edits: Vec<Edit>,
}

/// A change of a Corefile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Number of the line before the edit, from 1.
    pub line: usize,
    /// What it was, without indentation.
    pub was: String,
    /// What it becomes; `None` when it goes.
    pub becomes: Option<String>,
    /// First release that does not understand what was there.
    pub since: Release,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self { line, was, .. }, (major, minor, patch)) = (self, self.since);
        write!(f, "line {line}: {was} ")?;
        match &self.becomes {
            Some(becomes) => write!(f, "becomes {becomes}")?,
            None => f.write_str("goes")?,
        }
        write!(f, ", unknown since CoreDNS {major}.{minor}.{patch}")
    }
}

/// Options of `proxy` that `forward` has too.
const KEPT_BY_FORWARD: [&str; 2] = ["policy", "except"];

/// A line of the text, and what becomes of it.
struct Line<'c> {
    text: &'c str,
    /// Depth of the braces before it.
    depth: usize,
    becomes: Option<String>,
}

/// The text for a release; `None` when its braces do not match.
pub fn edited(corefile: &str, release: Release) -> Option<Edited> {
    let (used, is_balanced) = uses(corefile);
    if !is_balanced {
        return None;
    }
    let mut lines = lines(corefile);
    let mut edits = Vec::new();
    for used in used {
        let at = used.line - 1;
        // It went with the block that it is in.
        let Some(known) = gone(&used, release).filter(|_| lines[at].becomes.is_some()) else { continue };
        let end = end_of_block(&lines, at);
        match (used.within, used.word) {
            (None, "proxy") => forward(&mut lines, at, end, known, &mut edits),
            (Some("kubernetes"), "transfer") => transfer(&mut lines, at, used, known, &mut edits),
            _ => (at..=end).for_each(|at| remove(&mut lines, at, known, &mut edits)),
        }
    }
    let text = lines.into_iter().filter_map(|line| line.becomes).collect();
    Some(Edited { text, edits })
}

fn lines(corefile: &str) -> Vec<Line<'_>> {
    let mut depth: usize = 0;
    let one = |text| {
        let code = code(text);
        let line = Line { text, depth, becomes: Some(str::to_owned(text)) };
        if code.ends_with('{') {
            depth += 1;
        } else if code.ends_with('}') && !code.contains('{') {
            depth = depth.saturating_sub(1);
        }
        line
    };
    corefile.split_inclusive('\n').map(one).collect()
}

/// A line without its comment and what surrounds it.
fn code(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

/// The last line of what begins at a line: the line itself where it opens no block.
fn end_of_block(lines: &[Line<'_>], at: usize) -> usize {
    if !code(lines[at].text).ends_with('{') {
        return at;
    }
    let depth = lines[at].depth;
    let closing =
        (at + 1..lines.len()).find(|next| lines[*next].depth == depth + 1 && closes(lines[*next].text));
    closing.unwrap_or(at)
}

fn closes(line: &str) -> bool {
    let code = code(line);
    code.ends_with('}') && !code.contains('{')
}

/// Takes a line away. A line that is nothing but a comment stays.
fn remove(lines: &mut [Line<'_>], at: usize, gone: Gone, edits: &mut Vec<Edit>) {
    let was = code(lines[at].text).to_owned();
    if was.is_empty() {
        return;
    }
    lines[at].becomes = None;
    if was != "}" {
        edits.push(Edit { line: at + 1, was, becomes: None, since: gone.since });
    }
}

/// `proxy` becomes `forward`, with the options that both have.
fn forward(lines: &mut [Line<'_>], at: usize, end: usize, gone: Gone, edits: &mut Vec<Edit>) {
    let was = code(lines[at].text).to_owned();
    let becomes = was.replacen("proxy", "forward", 1);
    lines[at].becomes = Some(lines[at].text.replacen("proxy", "forward", 1));
    edits.push(Edit { line: at + 1, was, becomes: Some(becomes), since: gone.since });
    for option in at + 1..end {
        let word = code(lines[option].text).split_whitespace().next().unwrap_or_default();
        if !word.is_empty() && !KEPT_BY_FORWARD.contains(&word) {
            remove(lines, option, gone, edits);
        }
    }
}

/// The option `transfer to` of `kubernetes` becomes a plugin of its own behind it.
fn transfer(lines: &mut [Line<'_>], at: usize, used: Used<'_>, gone: Gone, edits: &mut Vec<Edit>) {
    let was = code(lines[at].text).to_owned();
    let depth = lines[at].depth;
    let to = was.strip_prefix(used.word).unwrap_or_default().trim().to_owned();
    lines[at].becomes = None;
    let becomes = format!("transfer {{ {to} }}");
    edits.push(Edit { line: at + 1, was, becomes: Some(becomes), since: gone.since });
    let closing = (at + 1..lines.len()).find(|next| lines[*next].depth == depth && closes(lines[*next].text));
    let Some(line) = closing.map(|closing| &mut lines[closing]) else { return };
    let indent: String = line.text.chars().take_while(|letter| letter.is_whitespace()).collect();
    if let Some(text) = &mut line.becomes {
        let inner = if indent.is_empty() { "    ".to_owned() } else { indent.repeat(2) };
        text.push_str(&format!("{indent}transfer {{\n{inner}{to}\n{indent}}}\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Release = (1, 13, 2);

    #[test]
    fn a_corefile_that_is_understood_is_not_touched() {
        let text = "# ours\n.:53 {\n    errors # all\n    health {\n        lameduck 5s\n      }\n    forward . /etc/resolv.conf\n}";
        assert_eq!(edited(text, NOW), Some(Edited { text: text.to_owned(), edits: Vec::new() }));
        assert_eq!(edited(".:53 {\n", NOW), None);
    }

    #[test]
    fn only_lines_that_are_not_understood_change() {
        let text = "\
.:53 {
    errors
    # the zone of the cluster
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      upstream  # since ever
      resyncperiod 1m
      transfer to 10.0.0.1
    }
    federation cluster.local {
      prod prod.example
    }
    proxy . 10.0.0.2:53 { # the office
      policy sequential
      # slow
      fail_timeout 1s
      except shop.example
    }
    cache 30
}
";
        let wanted = "\
.:53 {
    errors
    # the zone of the cluster
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
    }
    transfer {
        to 10.0.0.1
    }
    forward . 10.0.0.2:53 { # the office
      policy sequential
      # slow
      except shop.example
    }
    cache 30
}
";
        let done = edited(text, NOW).unwrap();
        assert_eq!(done.text, wanted);
        let told: Vec<String> = done.edits.iter().map(ToString::to_string).collect();
        assert_eq!(told[0], "line 6: upstream goes, unknown since CoreDNS 1.7.0");
        assert_eq!(
            told[2],
            "line 8: transfer to 10.0.0.1 becomes transfer { to 10.0.0.1 }, unknown since CoreDNS 1.8.0"
        );
        assert!(told.contains(
            &"line 13: proxy . 10.0.0.2:53 { becomes forward . 10.0.0.2:53 {, unknown since CoreDNS 1.5.0".to_owned()
        ), "{told:#?}");
        // A release that still knows it keeps it.
        assert!(edited(text, (1, 3, 1)).unwrap().edits.is_empty());
        assert!(edited(&done.text, NOW).unwrap().edits.is_empty());
    }
}
