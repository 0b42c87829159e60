//! Drawing of the live view: a pure function of its state.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Row as Cells, Table};
use replank_core::node_group::phase::Phase;
use replank_engine::commands::CommandKind;
use replank_engine::messages;
use replank_engine::report::{NodeProgress, Report, Row};

use super::{Shown, State};
use crate::demo::pace::Speed;
use crate::output::pane::{hidden, keys, pane};

/// The line of keys.
const KEYS: &str = "p pause  r resume  c cancel  f force  + - m speed  up/down scroll  ? keys  q leave";
/// What each key does.
const EXPLAINED: [&str; 9] = [
    "p, P       pause: no further node is picked; nodes in work are finished, with P they stay in service",
    "r          resume",
    "c, C       cancel, after a question: extra new nodes go; nodes in work as with p and P",
    "f          force, after a question: pods that do not leave in time are deleted",
    "+, -, m    faster, slower, as fast as it goes",
    "up, down   scroll the events, also k and j, PgUp and PgDn",
    "tab        the next node group",
    "?          this",
    "q, Esc     leave",
];

/// Phases of a successful update, in order.
const STEPS: [Phase; 5] = [Phase::Setup, Phase::ScaleUp, Phase::Guard, Phase::Upgrade, Phase::ScaleDown];

/// Draws the whole screen.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let groups = if state.shown.len() > 1 { state.shown.len() as u16 + 2 } else { 0 };
    let rows = state.shown.get(state.chosen).map_or(0, |shown| shown.rows.len());
    let nodes = (rows as u16 + 3).clamp(5, (frame.area().height / 2).max(5));
    let areas = Layout::vertical([
        Constraint::Length(groups),
        Constraint::Length(4),
        Constraint::Length(nodes),
        Constraint::Min(4),
        Constraint::Length(1),
    ])
    .split(frame.area());
    if groups > 0 {
        every_group(frame, areas[0], state);
    }
    if let Some(shown) = state.shown.get(state.chosen)
        && let Some(report) = &shown.report
    {
        head(frame, areas[1], state, shown, report);
        table(frame, areas[2], shown);
        let halves =
            Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).split(areas[3]);
        waits(frame, halves[0], state, report);
        events(frame, halves[1], state);
    }
    foot(frame, areas[4], state);
    if state.explains {
        keys(frame, &EXPLAINED);
    }
}

/// Draws a line for each group, when several are updated.
fn every_group(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let line = |(at, shown): (usize, &Shown)| {
        let mark = if at == state.chosen { "> " } else { "  " };
        let text = shown.report.as_ref().map_or("not looked at yet".to_owned(), |report| {
            let phase = report
                .end
                .as_ref()
                .map_or(messages::phase(report.phase), |end| messages::outcome(end.outcome));
            let all = all(shown, report);
            format!("{:<24} {phase:<12} {}/{all} replaced", report.group, report.counts.replaced)
        });
        Line::from(format!("{mark}{text}"))
    };
    let lines: Vec<Line<'_>> = state.shown.iter().enumerate().map(line).collect();
    let title = format!(" {} node groups (tab: next) ", state.shown.len());
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), area);
}

/// Number of nodes to replace: nodes with the old version may have been added since the update counted them.
fn all(shown: &Shown, report: &Report) -> u32 {
    shown.all.max(report.counts.replaced + report.counts.old)
}

fn head(frame: &mut Frame<'_>, area: Rect, state: &State, shown: &Shown, report: &Report) {
    let speed = match state.speed {
        Speed::Max => "max".to_owned(),
        Speed::Times(times) => format!("{times}x"),
    };
    let title = format!(" {} / {} to {} ", report.cluster, report.group, report.release);
    let (now, since) = (messages::time_of_day(state.now), messages::since(state.begun, state.now));
    let clock = format!(" {now}, {since} since the start, at {speed} ");
    let lines = vec![steps(report), numbers(report, all(shown, report))];
    let block = Block::bordered().title(title).title_top(Line::from(clock).right_aligned());
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn steps(report: &Report) -> Line<'static> {
    let mut spans = Vec::new();
    if let Some(end) = &report.end {
        return Line::styled(format!("the update {}", messages::outcome(end.outcome)), Style::new().bold());
    }
    let shown: Vec<Phase> = match report.phase {
        Phase::Restore => vec![Phase::Restore],
        _ => STEPS.to_vec(),
    };
    for phase in shown {
        let (mark, style) = match (phase.cmp(&report.phase), report.phase) {
            (_, Phase::Done) | (std::cmp::Ordering::Less, _) => ("[x] ", Style::new().fg(Color::Green)),
            (std::cmp::Ordering::Equal, _) => {
                ("[>] ", Style::new().add_modifier(Modifier::BOLD).fg(Color::Yellow))
            }
            (std::cmp::Ordering::Greater, _) => ("[ ] ", Style::new().fg(Color::DarkGray)),
        };
        spans.push(Span::styled(format!("{mark}{}  ", messages::phase(phase)), style));
    }
    if report.wishes.paused.is_some() {
        spans.push(Span::styled("paused", Style::new().fg(Color::Magenta).bold()));
    }
    Line::from(spans)
}

fn numbers(report: &Report, all: u32) -> Line<'static> {
    let counts = report.counts;
    let sizes = report
        .sizes
        .map_or("sizes unknown".to_owned(), |now| format!("desired {}, max {}", now.desired, now.max));
    let was = report.original.map_or(String::new(), |was| format!(" (was {}/{})", was.desired, was.max));
    let done = (counts.replaced * 10 / all.max(1)) as usize;
    let bar = format!("{}{}", "#".repeat(done), ".".repeat(10 - done));
    Line::from(format!(
        "[{bar}] {}/{all}  {sizes}{was}  old {} in work {} joining {} new {}",
        counts.replaced, counts.old, counts.in_work, counts.joining, counts.ready
    ))
}

fn table(frame: &mut Frame<'_>, area: Rect, shown: &Shown) {
    let header = Cells::new(["NODE", "ZONE", "RUNS", "STAGE", "MARKS", "PODS"]).style(Style::new().bold());
    // Nodes in work first: a large group has more nodes than a terminal has lines.
    let mut rows: Vec<&Row> = shown.rows.iter().collect();
    rows.sort_by_key(|row| {
        (!matches!(row.place, NodeProgress::InWork(_)), row.launched_at, row.instance.clone())
    });
    let cells = rows.iter().map(|row| node(row, shown.target_version));
    let widths = [
        Constraint::Max(40),
        Constraint::Length(11),
        Constraint::Length(4),
        Constraint::Length(11),
        Constraint::Length(23),
        Constraint::Length(4),
    ];
    let table = Table::new(cells, widths).header(header).block(Block::bordered().title(" nodes "));
    frame.render_widget(table, area);
}

fn node(row: &Row, target: u64) -> Cells<'static> {
    let name = row.node.as_ref().map_or(row.instance.to_string(), ToString::to_string);
    let (stage, color) = match row.place {
        NodeProgress::Old => ("waits".to_owned(), Color::Gray),
        NodeProgress::Joining => ("joining".to_owned(), Color::Cyan),
        NodeProgress::Closed => ("closed".to_owned(), Color::Yellow),
        NodeProgress::New => ("new".to_owned(), Color::Green),
        NodeProgress::InWork(stage) => (messages::stage(stage).to_owned(), Color::Yellow),
        NodeProgress::Leaving => ("leaving".to_owned(), Color::Red),
    };
    let marks =
        [(row.marks.guarded, "guard"), (row.marks.cordoned, "cordon"), (row.marks.excluded, "no traffic")];
    let marks: Vec<&str> = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect();
    let runs = if row.version == target { "new" } else { "old" };
    Cells::new([
        short(&name),
        row.zone.to_string(),
        runs.to_owned(),
        stage,
        marks.join(" "),
        row.pods.to_string(),
    ])
    .style(Style::new().fg(color))
}

/// Text without the region and suffix of private DNS names of EC2, which all nodes share.
fn short(text: &str) -> String {
    const ENDING: &str = ".compute.internal";
    let mut left = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(ENDING) {
        left.push_str(before.rsplit_once('.').map_or(before, |(name, _region)| name));
        rest = after;
    }
    left + rest
}

fn waits(frame: &mut Frame<'_>, area: Rect, state: &State, report: &Report) {
    let mut lines = Vec::new();
    for wait in &report.waits {
        lines.push(Line::from(format!("- {}", short(&messages::describe(wait, state.now)))));
        if let Some(advice) = messages::advice(wait) {
            lines.push(Line::styled(format!("  {advice}"), Style::new().fg(Color::Blue)));
        }
    }
    for problem in &report.problems {
        lines.push(Line::styled(
            format!("! {}", short(&messages::problem(problem, state.now))),
            Style::new().fg(Color::Red),
        ));
    }
    if let Some(failure) = &report.failure {
        lines.push(Line::styled(
            format!("! {}", messages::failure_detail(failure)),
            Style::new().fg(Color::Red),
        ));
    }
    pane(frame, area, &format!(" why it waits ({}) ", report.waits.len()), lines);
}

fn events(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let rows = usize::from(area.height.saturating_sub(2));
    let title = format!(" events {} ", hidden(state.events.len(), state.scrolled, rows)).replace("  ", " ");
    let lines: Vec<Line<'_>> =
        state.events.iter().skip(state.scrolled).map(|event| Line::from(short(event))).collect();
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), area);
}

fn foot(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let (text, color) = match &state.asks {
        Some(CommandKind::Force) => (
            "force? Pods that do not leave in time are deleted, past their budgets. y does it",
            Color::Yellow,
        ),
        Some(_) => ("cancel? Extra new nodes go, old ones that are left stay. y does it", Color::Yellow),
        None => (state.message.as_deref().unwrap_or(KEYS), Color::DarkGray),
    };
    frame.render_widget(Paragraph::new(text).style(Style::new().fg(color)), area);
}
