//! Drawing of `replank watch`: a pure function of its state.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Paragraph, Row as Cells, Table};
use replank_engine::messages;
use replank_engine::report::wire::ReportJson;
use replank_engine::report::{BudgetJson, NodeProgressJson, RowJson};
use replank_engine::serialized::SerializedForm;
use replank_server::control::api::UpdateAnswer;

use super::State;
use crate::output::pane::{hidden, keys, pane};

/// Draws the whole screen.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let updates = if state.updates.len() > 1 { state.updates.len() as u16 + 2 } else { 0 };
    let nodes = (state.nodes.len() as u16 + 3).clamp(5, (frame.area().height / 3).max(5));
    let areas = Layout::vertical([
        Constraint::Length(updates),
        Constraint::Length(4),
        Constraint::Length(nodes),
        Constraint::Min(4),
        Constraint::Length(1),
    ])
    .split(frame.area());
    if updates > 0 {
        every_update(frame, areas[0], state);
    }
    if let Some(update) = state.updates.get(state.chosen) {
        head(frame, areas[1], update);
        let thirds = [Constraint::Percentage(65), Constraint::Percentage(35)];
        let sides = Layout::horizontal(thirds).split(areas[2]);
        table(frame, sides[0], &state.nodes);
        budgets(frame, sides[1], &state.budgets);
        let halves = [Constraint::Percentage(50), Constraint::Percentage(50)];
        let sides = Layout::horizontal(halves).split(areas[3]);
        waits(frame, sides[0], update.report.as_deref());
        events(frame, sides[1], state);
    }
    let foot = match (state.asks, &state.message) {
        (Some(verb), _) => Line::styled(question(verb), Style::new().fg(Color::Yellow)),
        (None, Some(message)) => Line::styled(message.as_str(), Style::new().fg(Color::DarkGray)),
        (None, None) => Line::styled(KEYS, Style::new().fg(Color::DarkGray)),
    };
    frame.render_widget(Paragraph::new(foot), areas[4]);
    if state.explains {
        keys(frame, &EXPLAINED);
    }
}

/// The line of keys.
const KEYS: &str =
    "p pause  r resume  c cancel  f force  up/down scroll  tab next update  ? keys  q leave (it goes on)";
/// What each key does.
const EXPLAINED: [&str; 8] = [
    "p          pause: no further node is picked, nodes in work are finished",
    "r          resume",
    "c          cancel, after a question: extra new nodes go, what is replaced stays replaced",
    "f          force, after a question: pods that do not leave in time are deleted",
    "up, down   scroll the events, also k and j, PgUp and PgDn",
    "tab        the next update",
    "?          this",
    "q, Esc     leave; the updates go on",
];

/// What is asked before something that cannot be taken back.
fn question(verb: &str) -> String {
    let does = match verb {
        "force" => "pods that do not leave in time will be deleted, past their budgets",
        _ => "extra new nodes go, old ones that are left stay",
    };
    format!("{verb}? {does}. y does it, any other key does not")
}

/// The latest lines first, from where they are scrolled to.
fn events(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let rows = usize::from(area.height.saturating_sub(2));
    let hidden = hidden(state.lines.len(), state.scrolled, rows);
    let lines = state.lines.iter().skip(state.scrolled).map(|line| Line::from(line.as_str())).collect();
    pane(frame, area, &format!(" events {hidden} "), lines);
}

/// A line for each update.
fn every_update(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let line = |(at, update): (usize, &UpdateAnswer)| {
        let mark = if at == state.chosen { "> " } else { "  " };
        Line::from(format!("{mark}{:<32} {}", named(update), standing(update)))
    };
    let lines = state.updates.iter().enumerate().map(line).collect();
    pane(frame, area, &format!(" {} updates (tab: next) ", state.updates.len()), lines);
}

fn named(update: &UpdateAnswer) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    format!("{} / {}", name(&update.cluster), name(&update.nodegroup))
}

/// Where an update is, in few words.
fn standing(update: &UpdateAnswer) -> String {
    let Some(report) = &update.report else { return "not looked at yet".to_owned() };
    let replaced = report.counts.replaced;
    let all = replaced + report.counts.old;
    let phase = match &report.end {
        Some(end) => messages::outcome(end.outcome.clone().back()),
        None => messages::phase(report.phase.clone().back()),
    };
    let paused = if report.wishes.paused.is_some() && report.end.is_none() { ", paused" } else { "" };
    format!("{phase}{paused}, {replaced}/{all} replaced")
}

fn head(frame: &mut Frame<'_>, area: Rect, update: &UpdateAnswer) {
    let mut lines = vec![Line::styled(standing(update), Style::new().bold())];
    let mut title = format!(" {} ", named(update));
    if let Some(report) = &update.report {
        title = format!(" {} to {} ", named(update), report.release);
        let counts = &report.counts;
        let sizes = report.sizes.clone().map(|sizes| messages::sizes(&sizes.back())).unwrap_or_default();
        lines.push(Line::from(format!(
            "{} since the start  old {} in work {} joining {} new {}  {sizes}",
            messages::since(report.started_at.0, report.at.0),
            counts.old,
            counts.in_work,
            counts.joining,
            counts.ready,
        )));
    }
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), area);
}

fn table(frame: &mut Frame<'_>, area: Rect, nodes: &[RowJson]) {
    // Nodes in work first: a large group has more nodes than a terminal has lines.
    let mut rows: Vec<&RowJson> = nodes.iter().collect();
    rows.sort_by_key(|row| {
        (matches!(row.place, NodeProgressJson::Old | NodeProgressJson::New), &row.zone, &row.instance)
    });
    let cells = rows.into_iter().map(|row| {
        let name = row.node.as_deref().unwrap_or(&row.instance);
        let short = name.split_once('.').map_or(name, |(short, _)| short);
        let cells = [short.to_owned(), row.zone.clone(), row.place.word().to_owned(), row.pods.to_string()];
        Cells::new(cells).style(Style::new().fg(color(row.place)))
    });
    let header = Cells::new(["NODE", "ZONE", "PLACE", "PODS"]).style(Style::new().bold());
    let widths = [Constraint::Min(18), Constraint::Length(11), Constraint::Length(12), Constraint::Length(4)];
    let hidden = nodes.len().saturating_sub(usize::from(area.height.saturating_sub(3)));
    let hidden = if hidden > 0 { format!(", {hidden} hidden") } else { String::new() };
    let title = format!(" nodes ({}{hidden}) ", nodes.len());
    let table = Table::new(cells, widths).header(header).block(Block::bordered().title(title));
    frame.render_widget(table, area);
}

fn color(place: NodeProgressJson) -> Color {
    match place {
        NodeProgressJson::Old => Color::Gray,
        NodeProgressJson::Draining
        | NodeProgressJson::Forcing
        | NodeProgressJson::Drained
        | NodeProgressJson::Terminating
        | NodeProgressJson::Closed => Color::Yellow,
        NodeProgressJson::Leaving => Color::Red,
        NodeProgressJson::Joining => Color::Cyan,
        NodeProgressJson::New => Color::Green,
    }
}

/// The budgets, those that allow least first.
fn budgets(frame: &mut Frame<'_>, area: Rect, budgets: &[BudgetJson]) {
    let mut rows: Vec<&BudgetJson> = budgets.iter().collect();
    rows.sort_by_key(|one| (one.allowed, &one.budget));
    let line = |one: &BudgetJson| {
        let BudgetJson { budget, healthy, expected, desired, lowest, .. } = one;
        Line::from(format!("{healthy}/{expected} (needs {desired}, lowest {lowest}) {budget}"))
    };
    pane(frame, area, " budgets ", rows.into_iter().map(line).collect());
}

fn waits(frame: &mut Frame<'_>, area: Rect, report: Option<&ReportJson>) {
    let mut lines = Vec::new();
    let waits = report.map(|report| &report.waits[..]).unwrap_or_default();
    for wait in waits {
        let now = report.map(|report| report.at.0);
        let stood = wait.since.zip(now).map(|(since, now)| messages::span(now.duration_since(since.0)));
        let stood = stood
            .filter(|_| !wait.text.contains("waited "))
            .map_or(String::new(), |stood| format!(" (for {stood})"));
        lines.push(Line::from(format!("- {}{stood}", wait.text)));
        if let Some(advice) = &wait.advice {
            lines.push(Line::styled(format!("  {advice}"), Style::new().fg(Color::Blue)));
        }
    }
    let red = |text: String| Line::styled(text, Style::new().fg(Color::Red));
    if let Some(report) = report {
        lines.extend(report.problems.iter().map(|problem| red(format!("! {}", problem.text))));
        lines.extend(report.failure.iter().map(|failure| red(format!("! {}", failure.detail))));
    }
    pane(frame, area, &format!(" why it waits ({}) ", waits.len()), lines);
}
