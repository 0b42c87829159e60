//! Timeline of the nodes as an SVG drawing: a row for each node, its state as colour, minutes along the bottom.

use maud::{Markup, html};

use super::Node;

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
pub(super) fn timeline(nodes: &[Node], seconds: i64) -> Markup {
    let shown = &nodes[..nodes.len().min(ROWS_MAX)];
    let height = shown.len() as i64 * ROW + FOOT;
    let end = seconds.max(60);
    let at = |second: i64| NAMES + (WIDTH - NAMES - MARGIN) * second.clamp(0, end) / end;
    let step = tick(end);
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label="Timeline of the nodes" {
            @for tick in (0..=end / step).map(|number| number * step) {
                line.grid x1=(at(tick)) y1="0" x2=(at(tick)) y2=(height - FOOT) {}
                text.axis x=(at(tick)) y=(height - 9) { (minutes(tick)) }
            }
            @for (node, y) in shown.iter().zip((0..).map(|row| row * ROW + 2)) {
                text.name x=(NAMES - 8) y=(y + 9) { (short(&node.name)) }
                @for (class, from, until) in spans(node, end) {
                    rect.(class) x=(at(from)) y=(y) width=((at(until) - at(from)).max(1)) height=(BAR) rx="2" {
                        title {
                            (node.name) " (" (node.zone) "): " (class) ", " (minutes(from)) " to " (minutes(until))
                        }
                    }
                }
            }
        }
    }
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
        let drawn = timeline(&[node], 60).into_string();
        assert!(!drawn.contains("<script>") && !drawn.contains("<b>"), "{drawn}");
    }
}
