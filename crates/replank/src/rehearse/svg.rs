//! Timeline of the nodes as an SVG drawing: a row for each node, its state as colour, minutes along the bottom.

use std::fmt::Write;

use super::Node;
use super::html::escape;

/// Number of rows that are drawn.
pub(super) const ROWS_MAX: usize = 250;
const ROW: i64 = 16;
const BAR: i64 = 11;
const NAMES: i64 = 250;
const WIDTH: i64 = 1100;
const FOOT: i64 = 26;
/// Room for the last number of the axis, in pixels.
const MARGIN: i64 = 30;

/// The drawing. Colours come from CSS classes, for the light and dark mode of the page.
pub(super) fn timeline(nodes: &[Node], seconds: i64) -> String {
    let shown = &nodes[..nodes.len().min(ROWS_MAX)];
    let height = shown.len() as i64 * ROW + FOOT;
    let end = seconds.max(60);
    let at = |second: i64| NAMES + (WIDTH - NAMES - MARGIN) * second.clamp(0, end) / end;
    let mut out =
        format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Timeline of the nodes\">\n");
    let step = tick(end);
    for tick in (0..=end / step).map(|number| number * step) {
        let (x, bottom) = (at(tick), height - FOOT);
        let _written = writeln!(
            out,
            "<line class=\"grid\" x1=\"{x}\" y1=\"0\" x2=\"{x}\" y2=\"{bottom}\"/><text class=\"axis\" x=\"{x}\" \
             y=\"{}\">{}</text>",
            height - 9,
            minutes(tick)
        );
    }
    for (row, node) in shown.iter().enumerate() {
        let y = row as i64 * ROW + 2;
        let name = escape(&node.name);
        let zone = escape(&node.zone);
        let _written =
            writeln!(out, "<text class=\"name\" x=\"{}\" y=\"{}\">{}</text>", NAMES - 8, y + 9, short(&name));
        for (class, from, until) in spans(node, end) {
            let (x, width) = (at(from), (at(until) - at(from)).max(1));
            let _written = writeln!(
                out,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BAR}\" rx=\"2\"><title>{name} \
                 ({zone}): {class}, {} to {}</title></rect>",
                minutes(from),
                minutes(until)
            );
        }
    }
    out + "</svg>\n"
}

/// States of a node, each with its start and end.
fn spans(node: &Node, end: i64) -> Vec<(&'static str, i64, i64)> {
    let gone = node.gone.unwrap_or(end);
    let ready = node.ready.unwrap_or(gone).min(gone);
    let drained = node.drained.unwrap_or(gone).clamp(ready, gone);
    let serves = if node.old { "old" } else { "new" };
    let all = [("joining", node.from, ready), (serves, ready, drained), ("draining", drained, gone)];
    all.into_iter().filter(|(_, from, until)| until > from).collect()
}

/// Distance of the ticks, so that their numbers do not overlap.
fn tick(end: i64) -> i64 {
    const STEPS: [i64; 9] = [60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400];
    STEPS.into_iter().find(|step| end / step <= 12).unwrap_or(86_400 * (end / 86_400 / 12 + 1))
}

fn minutes(seconds: i64) -> String {
    if seconds % 60 == 0 {
        format!("{} min", seconds / 60)
    } else {
        format!("{}:{:02}", seconds / 60, seconds % 60)
    }
}

/// Shortens a name so that it fits beside its bar.
fn short(name: &str) -> String {
    const LETTERS_MAX: usize = 36;
    if name.chars().count() <= LETTERS_MAX {
        return name.to_owned();
    }
    name.split('.').next().unwrap_or(name).chars().take(LETTERS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_what_it_does() {
        let node = Node {
            name: "n".into(),
            zone: "z".into(),
            group: "g".into(),
            old: false,
            from: 10,
            ready: Some(30),
            drained: Some(50),
            gone: None,
        };
        assert_eq!(spans(&node, 90), [("joining", 10, 30), ("new", 30, 50), ("draining", 50, 90)]);
        let old = Node { old: true, from: 0, ready: Some(0), drained: None, gone: Some(40), ..node };
        assert_eq!(spans(&old, 90), [("old", 0, 40)]);
    }

    #[test]
    fn names_cannot_break_out() {
        let node = Node {
            name: "<script>".into(),
            zone: "\"><b>".into(),
            group: "g".into(),
            old: true,
            from: 0,
            ready: Some(0),
            drained: None,
            gone: None,
        };
        let drawn = timeline(&[node], 60);
        assert!(!drawn.contains("<script>") && !drawn.contains("<b>"), "{drawn}");
    }
}
