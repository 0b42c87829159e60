//! Drawing of a drain: a pure function of its screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use replank_engine::messages;

use super::Screen;
use crate::output::pane::{hidden, keys, pane};

/// The line of keys.
const KEYS: &str = "up/down scroll  ? keys  q leave (nodes stay cordoned)";
/// What each key does.
const EXPLAINED: [&str; 3] = [
    "up, down   scroll the events, also k and j, PgUp and PgDn",
    "?          this",
    "q, Esc     leave: nothing more is evicted, the nodes stay cordoned",
];

/// Draws the whole screen.
pub(super) fn draw(frame: &mut Frame<'_>, screen: &Screen) {
    let nodes = (screen.nodes.len() as u16 + 2).clamp(3, (frame.area().height / 3).max(3));
    let areas = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(nodes),
        Constraint::Min(4),
        Constraint::Min(4),
        Constraint::Length(1),
    ])
    .split(frame.area());
    frame.render_widget(Paragraph::new(head(screen)), areas[0]);
    let halves = [Constraint::Percentage(50), Constraint::Percentage(50)];
    let sides = Layout::horizontal(halves).split(areas[1]);
    self::nodes(frame, sides[0], screen);
    budgets(frame, sides[1], screen);
    waits(frame, areas[2], screen);
    events(frame, areas[3], screen);
    frame.render_widget(Paragraph::new(Line::styled(KEYS, Style::new().fg(Color::DarkGray))), areas[4]);
    if screen.explains {
        keys(frame, &EXPLAINED);
    }
}

fn head(screen: &Screen) -> Line<'static> {
    let drained = screen.nodes.values().filter(|(_, is_drained)| *is_drained).count();
    let left: usize = screen.nodes.values().map(|(left, _)| left).sum();
    let since =
        screen.begun.zip(screen.now).map_or_else(String::new, |(begun, now)| messages::since(begun, now));
    let text =
        format!("{since}  {drained} of {} nodes drained, {left} pods have to leave", screen.nodes.len());
    Line::styled(text, Style::new().bold())
}

/// The nodes, those with most to do first.
fn nodes(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let mut rows: Vec<_> = screen.nodes.iter().collect();
    rows.sort_by_key(|(name, (left, is_drained))| (*is_drained, std::cmp::Reverse(*left), *name));
    let line = |(name, (left, is_drained)): (_, &(usize, bool))| {
        let (what, color) = if *is_drained {
            ("drained".to_owned(), Color::Green)
        } else {
            (format!("{left} left"), Color::Yellow)
        };
        Line::styled(format!("{what:<9} {name}"), Style::new().fg(color))
    };
    let below = hidden(rows.len(), 0, usize::from(area.height.saturating_sub(2))).replace("older", "hidden");
    pane(frame, area, &format!(" nodes {below} "), rows.into_iter().map(line).collect());
}

/// Budgets of what has to leave, those that allow least first.
fn budgets(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let mut rows: Vec<_> = screen.budgets.iter().collect();
    rows.sort_by_key(|(name, [.., allowed])| (*allowed, *name));
    let line = |(name, [healthy, expected, desired, allowed]): (_, &[u32; 4])| {
        Line::from(format!("{healthy}/{expected} (needs {desired}, lets {allowed} go) {name}"))
    };
    pane(frame, area, " budgets ", rows.into_iter().map(line).collect());
}

fn waits(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let mut lines = Vec::new();
    for (text, advice) in &screen.waits {
        lines.push(Line::from(format!("- {text}")));
        lines.extend(advice.iter().map(|it| Line::styled(format!("  {it}"), Style::new().fg(Color::Blue))));
    }
    pane(frame, area, &format!(" why it waits ({}) ", screen.waits.len()), lines);
}

fn events(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let rows = usize::from(area.height.saturating_sub(2));
    let hidden = hidden(screen.events.len(), screen.scrolled, rows);
    let lines = screen.events.iter().skip(screen.scrolled).map(|line| Line::from(line.as_str())).collect();
    pane(frame, area, &format!(" events {hidden} "), lines);
}
