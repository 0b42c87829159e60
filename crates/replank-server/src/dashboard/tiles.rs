//! The nodes of an updated group by zone: each as a tile, or of many as numbers and a bar.
//!
//! No place is told by its colour alone: a tile says it in words.

use std::collections::BTreeMap;

use maud::{Markup, html};
use replank_engine::report::{NodeProgressJson, RowJson};

/// Up to so many nodes each has a tile; beyond, only those that move have.
const TILES_MAX: usize = 400;
/// Width of a bar, in units of its drawing.
const WIDTH: usize = 1000;

/// The nodes, as far as they are known.
pub(super) fn section(nodes: Option<&[RowJson]>, is_running: bool) -> Markup {
    html! {
        @match nodes {
            Some([]) => { h2 { "Nodes" } p { "The group has no nodes." } }
            Some(nodes) => { h2 { "Nodes (" (nodes.len()) ")" } (legend(nodes)) (zones(nodes)) }
            None if is_running => { h2 { "Nodes" } p { "They are listed at the next turn of the update." } }
            None => {}
        }
    }
}

/// How many nodes are in each place.
fn legend(nodes: &[RowJson]) -> Markup {
    html! {
        p.legend {
            @for place in NodeProgressJson::ALL {
                @let count = nodes.iter().filter(|node| node.place == place).count();
                @if count > 0 { span.(place.word()) { (count) " " (place.word()) } " " }
            }
        }
    }
}

fn zones(nodes: &[RowJson]) -> Markup {
    let mut zones: BTreeMap<&str, Vec<&RowJson>> = BTreeMap::new();
    for node in nodes {
        zones.entry(&node.zone).or_default().push(node);
    }
    let is_many = nodes.len() > TILES_MAX;
    html! {
        div.zones {
            @for (zone, nodes) in &zones {
                section aria-label={ "Zone " (zone) } {
                    h3 { "Zone " (zone) " (" (nodes.len()) ")" }
                    @if is_many {
                        (bar(nodes))
                        (tiles(nodes.iter().copied().filter(|node| moves(node.place))))
                    } @else {
                        (tiles(nodes.iter().copied()))
                    }
                }
            }
        }
    }
}

/// Whether a node of a large group has a tile of its own.
fn moves(place: NodeProgressJson) -> bool {
    match place {
        NodeProgressJson::Old | NodeProgressJson::New | NodeProgressJson::Leaving => false,
        NodeProgressJson::Draining
        | NodeProgressJson::Forcing
        | NodeProgressJson::Drained
        | NodeProgressJson::Terminating
        | NodeProgressJson::Joining
        | NodeProgressJson::Closed => true,
    }
}

/// The nodes of a zone as one bar, with its numbers in words.
fn bar(nodes: &[&RowJson]) -> Markup {
    let count = |place: NodeProgressJson| nodes.iter().filter(|node| node.place == place).count();
    let counts: Vec<(NodeProgressJson, usize)> = NodeProgressJson::ALL
        .into_iter()
        .map(|place| (place, count(place)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let words: Vec<String> =
        counts.iter().map(|(place, count)| format!("{count} {}", place.word())).collect();
    let bars = counts.iter().scan(0, |at, (place, count)| {
        let from = *at;
        *at += count;
        Some((place.word(), from * WIDTH / nodes.len(), (count * WIDTH / nodes.len()).max(2)))
    });
    html! {
        p { (words.join(", ")) }
        svg.bar viewBox={ "0 0 " (WIDTH) " 12" } preserveAspectRatio="none" role="img" aria-label=(words.join(", ")) {
            @for (word, from, wide) in bars {
                rect.(word) x=(from) y="0" width=(wide) height="12" {}
            }
        }
    }
}

fn tiles<'a>(nodes: impl Iterator<Item = &'a RowJson>) -> Markup {
    let mut nodes = nodes.take(TILES_MAX).peekable();
    html! {
        @if nodes.peek().is_some() {
            ul.tiles { @for node in nodes { (tile(node)) } }
        }
    }
}

fn tile(node: &RowJson) -> Markup {
    let name = node.node.as_deref().unwrap_or(&node.instance);
    let short = name.split_once('.').map_or(name, |(first, _)| first);
    html! {
        li.tile.(node.place.word()) title={ (name) " (" (node.instance) ")" } {
            span.name { (short) }
            span.place { (node.place.word()) ", " (node.pods) @if node.pods == 1 { " pod" } @else { " pods" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(count: usize) -> Vec<RowJson> {
        let node = |at: usize| RowJson {
            instance: format!("i-{at}"),
            node: (at != 0).then(|| format!("<b>{at}.internal")),
            zone: format!("z{}", at % 3),
            place: if at.is_multiple_of(100) { NodeProgressJson::Draining } else { NodeProgressJson::Old },
            pods: 1,
        };
        (0..count).map(node).collect()
    }

    #[test]
    fn few_nodes_have_tiles_and_of_many_only_those_that_move() {
        let few = section(Some(&nodes(9)), true).into_string();
        assert_eq!(few.matches("<li").count(), 9);
        assert!(few.contains("&lt;b&gt;1") && !few.contains("<b>"), "{few}");
        let many = section(Some(&nodes(5000)), true).into_string();
        assert_eq!((many.matches("<li").count(), many.matches("<svg").count()), (50, 3));
        assert!(many.contains("4950 old") && many.len() < 20_000, "{} bytes", many.len());
        assert_eq!(section(None, false).into_string(), "");
    }
}
