//! Drawing of the live view: a pure function of its state.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph, Row as Cells, Table, Wrap};
use replank_core::rollout::Phase;
use replank_engine::report::{Place, Report, Row};
use replank_engine::words;

use super::State;
use crate::demo::lines::since;
use crate::demo::pace::Speed;

/// The phases of a good update, in order.
const STEPS: [Phase; 5] = [Phase::Setup, Phase::ScaleUp, Phase::Guard, Phase::Upgrade, Phase::ScaleDown];

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let nodes = (state.rows.len() as u16 + 3).clamp(5, frame.area().height / 2);
    let areas = Layout::vertical([
        Constraint::Length(4),
        Constraint::Length(nodes),
        Constraint::Min(4),
        Constraint::Length(1),
    ])
    .split(frame.area());
    head(frame, areas[0], state);
    table(frame, areas[1], state);
    let halves = Layout::horizontal([Constraint::Percentage(55), Constraint::Percentage(45)]).split(areas[2]);
    waits(frame, halves[0], state);
    events(frame, halves[1], state);
    foot(frame, areas[3], state);
}

fn head(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let Some(report) = &state.report else { return };
    let speed = match state.speed {
        Speed::Max => "max".to_owned(),
        Speed::Times(times) => format!("{times}x"),
    };
    let title = format!(" {} / {} to {} ", report.cluster, report.group, report.release);
    let clock = format!(" {} at {speed} ", since(state.begun, state.now));
    let lines = vec![steps(report), numbers(report)];
    let block = Block::bordered().title(title).title_top(Line::from(clock).right_aligned());
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn steps(report: &Report) -> Line<'static> {
    let mut spans = Vec::new();
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
        spans.push(Span::styled(format!("{mark}{}   ", words::phase(phase)), style));
    }
    if let Some(end) = &report.end {
        spans.push(Span::styled(format!("the update {}", words::outcome(end.outcome)), Style::new().bold()));
    } else if report.wishes.paused.is_some() {
        spans.push(Span::styled("paused", Style::new().fg(Color::Magenta).bold()));
    }
    Line::from(spans)
}

fn numbers(report: &Report) -> Line<'static> {
    let counts = report.counts;
    let sizes = report
        .sizes
        .map_or("sizes unknown".to_owned(), |now| format!("desired {} max {}", now.desired, now.max));
    let home = report.home.map_or(String::new(), |home| format!(" (home {}/{})", home.desired, home.max));
    let all = (counts.replaced + counts.old).max(1);
    let done = (counts.replaced * 20 / all) as usize;
    let bar = format!("{}{}", "#".repeat(done), ".".repeat(20 - done));
    Line::from(format!(
        "{sizes}{home}   old {} in work {} joining {} new {}   [{bar}] {}/{all} replaced",
        counts.old, counts.in_work, counts.joining, counts.ready, counts.replaced
    ))
}

fn table(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let header =
        Cells::new(["NODE", "ZONE", "RUNS", "STAGE", "MARKS", "PODS TO MOVE"]).style(Style::new().bold());
    // Nodes in work first: a large group has more nodes than a terminal has lines.
    let mut rows: Vec<&Row> = state.rows.iter().collect();
    rows.sort_by_key(|row| (!matches!(row.place, Place::InWork(_)), row.launched_at, row.instance.clone()));
    let cells = rows.iter().map(|row| node(row, state.target_version));
    let widths = [
        Constraint::Min(28),
        Constraint::Length(12),
        Constraint::Length(5),
        Constraint::Length(12),
        Constraint::Length(24),
        Constraint::Length(14),
    ];
    let table = Table::new(cells, widths).header(header).block(Block::bordered().title(" nodes "));
    frame.render_widget(table, area);
}

fn node(row: &Row, target: u64) -> Cells<'static> {
    let name = row.node.as_ref().map_or(row.instance.to_string(), ToString::to_string);
    let (stage, color) = match row.place {
        Place::Old => ("waits".to_owned(), Color::Gray),
        Place::Joining => ("joining".to_owned(), Color::Cyan),
        Place::New => ("new".to_owned(), Color::Green),
        Place::InWork(stage) => (words::stage(stage).to_owned(), Color::Yellow),
        Place::Leaving => ("leaving".to_owned(), Color::Red),
    };
    let marks = [(row.marks.guarded, "guard"), (row.marks.cordoned, "cordon"), (row.marks.excluded, "no-lb")];
    let marks: Vec<&str> = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect();
    let runs = if row.version == target { "new" } else { "old" };
    Cells::new([name, row.zone.to_string(), runs.to_owned(), stage, marks.join(" "), row.pods.to_string()])
        .style(Style::new().fg(color))
}

fn waits(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let Some(report) = &state.report else { return };
    let mut lines = Vec::new();
    for wait in &report.waits {
        lines.push(Line::from(format!("- {}", words::describe(wait, state.now))));
        if let Some(advice) = words::advice(wait) {
            lines.push(Line::styled(format!("  {advice}"), Style::new().fg(Color::Blue)));
        }
    }
    for problem in &report.problems {
        lines.push(Line::styled(
            format!("! {}", words::problem(problem, state.now)),
            Style::new().fg(Color::Red),
        ));
    }
    if let Some(failure) = &report.failure {
        lines
            .push(Line::styled(format!("! {}", words::failure_detail(failure)), Style::new().fg(Color::Red)));
    }
    let title = format!(" why it waits ({}) ", report.waits.len());
    let text = Paragraph::new(lines).wrap(Wrap { trim: false }).block(Block::bordered().title(title));
    frame.render_widget(text, area);
}

fn events(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let lines: Vec<Line<'_>> = state.events.iter().map(|event| Line::from(event.as_str())).collect();
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" events ")), area);
}

fn foot(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let keys = "p pause  r resume  c cancel  (shift: give nodes back)  f force  + - speed  m max  q leave";
    let text = state.message.as_deref().unwrap_or(keys);
    frame.render_widget(Paragraph::new(text).style(Style::new().fg(Color::DarkGray)), area);
}
