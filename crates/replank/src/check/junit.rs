//! Findings as `JUnit` XML: each finding is a test, one at or above the `--fail-on` severity is a failure.

use std::fmt::Write;

use replank_check::Finding;

use super::report::Report;

/// The complete XML document.
pub(super) fn document(report: &Report) -> String {
    let (open, suppressed) = (&report.sorted.open, &report.sorted.suppressed);
    let failures = open.iter().filter(|finding| report.is_failure(finding)).count();
    let (errors, skipped) = (report.broken.len(), suppressed.len());
    let tests = open.len() + errors + skipped;
    let counts =
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"");
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _infallible = write!(
        out,
        "<testsuites name=\"replank check\" {counts}>\n<testsuite name=\"{}\" {counts}>\n",
        escaped(&report.way())
    );
    for finding in open {
        let text = text(finding);
        let (begin, end) = if report.is_failure(finding) {
            let message = escaped(&finding.evidence.join("; "));
            (format!("<failure type=\"{}\" message=\"{message}\">", finding.severity), "</failure>")
        } else {
            ("<system-out>".to_owned(), "</system-out>")
        };
        let _infallible = writeln!(out, "{}{begin}{}{end}</testcase>", case(finding), escaped(&text));
    }
    for (finding, by) in suppressed {
        let _infallible =
            writeln!(out, "{}<skipped message=\"{}\"/></testcase>", case(finding), escaped(&by.reason));
    }
    for wrong in &report.broken {
        let (place, what) = wrong.split_once(": ").unwrap_or((wrong, ""));
        let (place, what) = (escaped(place), escaped(what));
        let begin = format!("<testcase classname=\"unreadable\" name=\"{place}\">");
        let _infallible = writeln!(out, "{begin}<error message=\"{what}\"/></testcase>");
    }
    out + "</testsuite>\n</testsuites>\n"
}

fn case(finding: &Finding) -> String {
    format!("<testcase classname=\"{}\" name=\"{}\">", finding.check.id, escaped(&finding.object.to_string()))
}

fn text(finding: &Finding) -> String {
    let mut lines = finding.evidence.clone();
    lines.extend(finding.sources.iter().map(|source| format!("from: {source}")));
    lines.push(format!("to do: {}", finding.advice));
    lines.join("\n")
}

/// Escapes text for XML. Characters that XML does not allow become question marks.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' | '\r' => out.push(letter),
            control if control < ' ' || matches!(control, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(escaped("a<b> & \"c\"\u{1b}[0m\n"), "a&lt;b&gt; &amp; &quot;c&quot;?[0m\n");
    }
}
