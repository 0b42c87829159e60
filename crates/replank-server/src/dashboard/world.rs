//! The embedded world: its pace, and letting something happen in it, so that a newcomer learns by breaking it.

use maud::{Markup, html};
use replank_engine::messages;
use serde_json::{Map, Value};

use super::Visit;
use super::page::Page;
use super::route::address;
use super::shell::{self, Current, Tab, ours};
use crate::app::App;
use crate::control::api::{NodeAnswer, TimeAnswer, TimeRequest};
use crate::control::{Query, Refusal, Whole, lists, simulation};
use crate::uri;

/// Most nodes that are offered by name in every field; of more, the first are offered once.
const NODES_MAX: usize = 50;

/// Something that may happen: an act of a world file.
struct Happening {
    /// The word of the world file.
    act: &'static str,
    label: &'static str,
    happens: &'static str,
    fields: &'static [Field],
}

/// A field of an act.
struct Field {
    name: &'static str,
    label: &'static str,
    kind: Kind,
}

/// What a field takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A text that has to be given, with an example of it.
    Text(&'static str),
    /// A node, by its name.
    Node,
    /// A zone of the chosen cluster, by its name.
    Zone,
    /// A node group.
    Group,
    /// A whole number; nothing means no limit.
    Number,
    /// One of these words, each as a world file has it.
    Word(&'static [&'static str]),
}

const fn field(name: &'static str, label: &'static str, kind: Kind) -> Field {
    Field { name, label, kind }
}

const NODE: Field = field("node", "Node", Kind::Node);
const OBJECT: Field = field("object", "Workload, as namespace/name", Kind::Text("shop/cart"));

const HAPPENINGS: [Happening; 12] = [
    Happening {
        act: "zone-capacity",
        label: "A zone has room for so many more instances",
        happens: "Launches beyond it fail. Without a number there is no limit again.",
        fields: &[field("zone", "Zone", Kind::Zone), field("instances", "Instances", Kind::Number)],
    },
    Happening {
        act: "zone-addresses",
        label: "A zone's subnet has so many free addresses",
        happens: "Launches beyond it fail. Without a number there is no limit again.",
        fields: &[field("zone", "Zone", Kind::Zone), field("free", "Addresses", Kind::Number)],
    },
    Happening {
        act: "node-dies",
        label: "A node dies",
        happens: "Its machine fails: it answers no more, and its pods are gone after a while.",
        fields: &[NODE],
    },
    Happening {
        act: "kubelet-silent",
        label: "A kubelet is silent for a while",
        happens: "The node is NotReady until it speaks again.",
        fields: &[NODE, field("for", "For how long", Kind::Text("10m"))],
    },
    Happening {
        act: "cordon",
        label: "Someone cordons a node",
        happens: "It takes no new pods.",
        fields: &[NODE],
    },
    Happening {
        act: "uncordon",
        label: "Someone uncordons a node",
        happens: "It takes new pods again.",
        fields: &[NODE],
    },
    Happening {
        act: "hold-node",
        label: "Someone puts a node on hold",
        happens: "An update leaves it alone until the hold is taken off.",
        fields: &[NODE],
    },
    Happening {
        act: "release-node",
        label: "Someone takes the hold off a node",
        happens: "An update may take it again.",
        fields: &[NODE],
    },
    Happening {
        act: "break-workload",
        label: "A workload breaks",
        happens: "Its new pods no longer become Ready.",
        fields: &[OBJECT, field("how", "How", Kind::Word(&["image", "readiness", "crash"]))],
    },
    Happening {
        act: "heal-workload",
        label: "A workload is mended",
        happens: "Its new pods start as before.",
        fields: &[OBJECT],
    },
    Happening {
        act: "image-disappears",
        label: "The image of a group can no longer be launched",
        happens: "Launches of new nodes fail.",
        fields: &[field("group", "Node group", Kind::Group)],
    },
    Happening {
        act: "image-returns",
        label: "The image of a group can be launched again",
        happens: "Launches of new nodes go on.",
        fields: &[field("group", "Node group", Kind::Group)],
    },
];

/// What can be chosen in fields.
struct Choices {
    nodes: Vec<NodeAnswer>,
    zones: Vec<String>,
    groups: Vec<String>,
}

/// Shows the speed of time and, to those who may act, forms for the failures that can be injected.
pub(super) async fn page<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let only = app.service.account.only_acts();
    let clusters: Vec<String> =
        lists::clusters(app)?.clusters.into_iter().map(|cluster| cluster.name).collect();
    let chosen = visit.form.text("cluster").filter(|name| clusters.iter().any(|one| one == name));
    let chosen = chosen.or(clusters.first().map(String::as_str)).unwrap_or_default().to_owned();
    let choices = choices(app, &chosen).await?;
    let time = simulation::show(app);
    let offered = HAPPENINGS.iter().filter(|one| only.is_none_or(|only| only.contains(&one.act)));
    let content = html! {
        @if let Some(done) = visit.form.text("done") { p.verdict role="status" { "Done: " (done) } }
        @if only.is_some() {
            p { "The cluster is a real one and keeps its own time. Of its embedded cloud this can happen:" }
        } @else {
            div #time data-live { (told(&time)) }
            @if visit.acts() { (pacing(visit, &time)) }
        }
        @if visit.acts() && !clusters.is_empty() {
            h2 { "Let something happen" }
            (of_cluster(&clusters, &chosen))
            (lists_of(&choices))
            div.columns { @for one in offered { (happening(visit, one, &chosen, &choices)) } }
        }
    };
    Ok(shell::page(visit, Tab::World, "The embedded world", &Current::Every { seconds: 2 }, &content))
}

async fn choices<A: Whole>(app: &App<A>, cluster: &str) -> Result<Choices, Refusal> {
    if cluster.is_empty() {
        return Ok(Choices { nodes: Vec::new(), zones: Vec::new(), groups: Vec::new() });
    }
    let query = Query::of(&format!("cluster={}", uri::encode(cluster)))?;
    let nodes = lists::nodes(app, &query).await?.nodes;
    let mut zones: Vec<String> = nodes.iter().map(|node| node.row.zone.clone()).collect();
    zones.sort();
    zones.dedup();
    let groups = lists::nodegroups(app, &query)?.nodegroups;
    Ok(Choices { nodes, zones, groups: groups.into_iter().map(|group| group.nodegroup_name).collect() })
}

fn told(time: &TimeAnswer) -> Markup {
    html! {
        p.verdict {
            "In the world it is " (time.now.parse().map_or_else(|_| time.now.clone(), messages::moment)) "; "
            @if time.paused { "its time stands still." } @else { "its time goes " (time.speed) " times as fast as yours." }
        }
    }
}

fn pacing(visit: &Visit<'_>, time: &TimeAnswer) -> Markup {
    html! {
        h2 { "Pace" }
        div.commands {
            @for (label, paused) in [("Stop the time", "yes"), ("Let it go on", "no")] {
                form method="post" action=(address(&["world"])) {
                    (ours(visit))
                    input type="hidden" name="paused" value=(paused);
                    button type="submit" { (label) }
                }
            }
            form method="post" action=(address(&["world"])) {
                (ours(visit))
                label { "Times as fast " input name="speed" value=(time.speed) inputmode="decimal" size="6" required; } " "
                button type="submit" { "Set the pace" }
            }
            form method="post" action=(address(&["world"])) {
                (ours(visit))
                label { "Minutes " input name="minutes" value="10" inputmode="numeric" size="4" required; } " "
                button type="submit" { "Let them pass at once" }
            }
        }
    }
}

fn of_cluster(clusters: &[String], chosen: &str) -> Markup {
    html! {
        @if clusters.len() > 1 {
            form method="get" action=(address(&["world"])) {
                label {
                    "In cluster "
                    select name="cluster" { @for name in clusters { option value=(name) selected[name == chosen] { (name) } } }
                } " "
                button type="submit" { "Choose" }
            }
        }
    }
}

/// The names that fields offer.
fn lists_of(choices: &Choices) -> Markup {
    html! {
        datalist #nodes-of-it {
            @for node in choices.nodes.iter().filter_map(|node| node.row.name.as_ref()).take(NODES_MAX) { option value=(node) {} }
        }
    }
}

fn happening(visit: &Visit<'_>, one: &Happening, cluster: &str, choices: &Choices) -> Markup {
    html! {
        form.fields method="post" action=(address(&["world", "acts"])) {
            fieldset {
                legend { (one.label) }
                p.small { (one.happens) }
                (ours(visit))
                input type="hidden" name="cluster" value=(cluster);
                input type="hidden" name="do" value=(one.act);
                @for field in one.fields { label { (field.label) (entry(field, choices)) } }
                button type="submit" { "Let it happen" span.hidden { ": " (one.label) } }
            }
        }
    }
}

fn entry(field: &Field, choices: &Choices) -> Markup {
    let select = |words: Vec<&str>| {
        html! { select name=(field.name) required { @for word in words { option value=(word) { (word) } } } }
    };
    match field.kind {
        Kind::Text(example) => html! { input name=(field.name) placeholder=(example) required; },
        Kind::Node if choices.nodes.len() > NODES_MAX => {
            html! { input name=(field.name) list="nodes-of-it" autocomplete="off" required; }
        }
        Kind::Node => select(choices.nodes.iter().filter_map(|node| node.row.name.as_deref()).collect()),
        Kind::Number => html! { input name=(field.name) inputmode="numeric" placeholder="no limit"; },
        Kind::Zone => select(choices.zones.iter().map(String::as_str).collect()),
        Kind::Group => select(choices.groups.iter().map(String::as_str).collect()),
        Kind::Word(words) => select(words.to_vec()),
    }
}

/// Changes the pace.
pub(super) fn pace<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let change = TimeRequest {
        paused: visit.form.text("paused").map(|paused| paused == "yes"),
        speed: visit.form.number("speed")?,
        advance_seconds: visit.form.number::<i64>("minutes")?.map(|minutes| minutes.saturating_mul(60)),
    };
    simulation::set_speed(app, &change)?;
    Ok(Page::elsewhere(address(&["world"])))
}

/// Lets something happen.
pub(super) async fn act<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let word = visit.form.required("do")?;
    let known = HAPPENINGS.iter().find(|one| one.act == word);
    let known =
        known.ok_or_else(|| Refusal::bad(format!("do: {word} is nothing that can happen from here")))?;
    let mut act = Map::new();
    act.insert("do".to_owned(), word.into());
    for field in known.fields {
        let value = match field.kind {
            Kind::Number => visit.form.number::<u32>(field.name)?.map(Value::from),
            Kind::Text(_) | Kind::Node | Kind::Zone | Kind::Group | Kind::Word(_) => {
                Some(visit.form.required(field.name)?.into())
            }
        };
        act.extend(value.map(|value| (field.name.to_owned(), value)));
    }
    let cluster = visit.form.required("cluster")?;
    let query = Query::of(&format!("cluster={}", uri::encode(cluster)))?;
    let done = simulation::act(app, &query, &Value::Object(act)).await?.done;
    Ok(Page::elsewhere(super::route::queried("world", &[("cluster", cluster), ("done", &done)])))
}
