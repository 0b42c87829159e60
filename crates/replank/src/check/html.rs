//! Findings as one HTML page without external resources.

use std::fmt::Write;

use replank_check::{Finding, Severity};

use super::report::Report;
use crate::rehearse::html::escape;

/// Style sheet for light and dark mode, shared with the page of a rehearsal.
const STYLE: &str = include_str!("../rehearse/page.css");

/// The complete page.
pub(super) fn page(report: &Report) -> String {
    let title = format!("Upgrade check {}", escape(&report.way()));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    let class = if report.fails() { "bad" } else { "good" };
    let _infallible = writeln!(
        out,
        "<p class=\"verdict {class}\">{}</p>\n<p class=\"about\">By replank {}; nothing was changed.</p>",
        escape(&report.verdict()),
        env!("CARGO_PKG_VERSION")
    );
    for severity in Severity::ALL {
        let of: Vec<&Finding> =
            report.sorted.open.iter().filter(|finding| finding.severity == severity).collect();
        if !of.is_empty() {
            let _infallible = writeln!(out, "<h2>{severity}: {}</h2>", escape(severity.meaning()));
            of.chunk_by(|a, b| a.check == b.check).for_each(|of_check| group(&mut out, of_check));
        }
    }
    list(&mut out, "Looked at", report.at.iter().cloned());
    list(&mut out, "Not looked at", report.unseen.iter().cloned());
    let suppressed = report.sorted.suppressed.iter();
    list(
        &mut out,
        "Suppressed",
        suppressed.map(|(it, by)| format!("{} {}: {}", it.check.id, it.object, by.reason)),
    );
    let expired = report.sorted.expired.iter();
    list(
        &mut out,
        "Suppressions that have expired",
        expired.map(|it| format!("{}: {}", it.place, it.reason)),
    );
    out + "</body>\n</html>\n"
}

fn group(out: &mut String, findings: &[&Finding]) {
    let Some(first) = findings.first() else { return };
    let _infallible = write!(
        out,
        "<h3>{}</h3>\n<p>{}</p>\n<table>\n<tr><th>Object</th><th>In</th><th>What</th><th>From</th><th>What to do</th></tr>\n",
        first.check.id,
        escape(first.check.meaning)
    );
    for finding in findings {
        let sources: Vec<String> = finding.sources.iter().map(ToString::to_string).collect();
        let breaks_in = finding.breaks_in.map_or(String::new(), |minor| minor.to_string());
        let cells = [
            finding.object.to_string(),
            breaks_in,
            finding.evidence.join("; "),
            sources.join("; "),
            finding.advice.clone(),
        ];
        let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
        let _infallible = writeln!(out, "<tr>{cells}</tr>");
    }
    out.push_str("</table>\n");
}

fn list(out: &mut String, title: &str, rows: impl Iterator<Item = String>) {
    let items: String = rows.map(|row| format!("<li>{}</li>\n", escape(&row))).collect();
    if !items.is_empty() {
        let _infallible = writeln!(out, "<h2>{title}</h2>\n<ul>\n{items}</ul>");
    }
}
