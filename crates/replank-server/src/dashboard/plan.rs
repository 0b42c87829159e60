//! Plans of an update: what would happen, up to four changes side by side, and the start of one of them.

use maud::{Markup, html};
use replank_service::records::NodeOrder;
use replank_service::uuid;

use super::page::Page;
use super::route::address;
use super::shell::{self, Current, Tab, ours};
use super::{Visit, comparison};
use crate::app::App;
use crate::control::api::{PlanAnswer, UpdateRequest};
use crate::control::{Query, Refusal, Whole, begin as start, lists, updates};
use crate::entrance::ROOT;

/// Most changes beside each other.
pub(super) const CHANGES_MAX: usize = 4;

/// Orders of nodes: the word of the control API, what it is, in words.
const ORDERS: [(&str, NodeOrder, &str); 4] = [
    ("random", NodeOrder::Random, "at random"),
    ("zone-by-zone", NodeOrder::ZoneByZone, "zone by zone"),
    ("oldest", NodeOrder::Oldest, "longest running first"),
    ("emptiest", NodeOrder::Emptiest, "fewest pods first"),
];

/// A change with what came of it.
pub(super) struct Tried {
    /// What was asked.
    pub(super) asked: UpdateRequest,
    /// The plan, or why there is none.
    pub(super) answer: Result<PlanAnswer, Refusal>,
}

/// The page: the form, and the plans that it asked for.
pub(super) async fn page<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    let groups = lists::nodegroups(app, &Query::of("")?)?.nodegroups;
    let named = visit.form.text("group").and_then(|both| both.split_once('/'));
    let (cluster, group) = match named {
        Some(both) => both,
        None => {
            (visit.form.text("cluster").unwrap_or_default(), visit.form.text("nodegroup").unwrap_or_default())
        }
    };
    let mut tried = Vec::new();
    if visit.form.is_ticked("plan") {
        for asked in changes(visit, cluster, group)? {
            let answer = start::plan(app, &asked).await;
            tried.push(Tried { asked, answer });
        }
    }
    let named: Vec<(&str, &str)> =
        groups.iter().map(|group| (&*group.cluster_name, &*group.nodegroup_name)).collect();
    let content = html! {
        p { "The engine runs the update on a copy of the cluster as it stands. Nothing is changed by it." }
        (asking(visit, &named, (cluster, group)))
        @if !tried.is_empty() { (comparison::of(visit, &tried)) }
    };
    Ok(shell::page(visit, Tab::Plan, "Plan and rehearse", &Current::Not, &content))
}

/// The changes of the form: the first one always, the others when they are to be tried.
fn changes(visit: &Visit<'_>, cluster: &str, group: &str) -> Result<Vec<UpdateRequest>, Refusal> {
    let mut changes = Vec::new();
    for at in 1..=CHANGES_MAX {
        if at == 1 || visit.form.is_ticked(&format!("try{at}")) {
            changes.push(change(visit, cluster, group, &at.to_string())?);
        }
    }
    Ok(changes)
}

/// One change; `at` stands behind the name of each field.
fn change(visit: &Visit<'_>, cluster: &str, group: &str, at: &str) -> Result<UpdateRequest, Refusal> {
    let field = |name: &str| format!("{name}{at}");
    let batch = visit.form.text(&field("batch"));
    let (count, share) = match batch.map(|batch| batch.strip_suffix('%').ok_or(batch)) {
        None => (None, None),
        Some(Ok(share)) => (None, Some(number(&field("batch"), share)?)),
        Some(Err(count)) => (Some(number(&field("batch"), count)?), None),
    };
    Ok(UpdateRequest {
        cluster: cluster.to_owned(),
        nodegroup: group.to_owned(),
        version: visit.form.owned(&field("version")),
        release_version: visit.form.owned(&field("release")),
        launch_template_version: None,
        force: visit.form.is_ticked(&field("force")),
        max_unavailable: count,
        max_unavailable_percentage: share,
        strategy: visit.form.owned(&field("strategy")),
        order: visit.form.text(&field("order")).map(|word| order(&field("order"), word)).transpose()?,
        client_request_token: None,
    })
}

/// The order of a word.
fn order(field: &str, word: &str) -> Result<NodeOrder, Refusal> {
    let found = ORDERS.iter().find(|(known, ..)| *known == word).map(|(_, order, _)| *order);
    found.ok_or_else(|| {
        let known: Vec<&str> = ORDERS.iter().map(|(word, ..)| *word).collect();
        Refusal::bad(format!("{field}: {word} is no order; there are {}", known.join(", ")))
    })
}

/// The word of an order.
pub(super) fn word(order: NodeOrder) -> &'static str {
    ORDERS.iter().find(|(_, known, _)| *known == order).map_or("random", |(word, ..)| word)
}

fn number(field: &str, text: &str) -> Result<u32, Refusal> {
    let number = text.trim().parse();
    number.map_err(|_| Refusal::bad(format!("{field}: {text} is neither a number of nodes nor a percentage")))
}

/// The form.
fn asking(visit: &Visit<'_>, groups: &[(&str, &str)], chosen: (&str, &str)) -> Markup {
    html! {
        form method="get" action=(address(&["plan"])) {
            input type="hidden" name="plan" value="yes";
            p {
                label for="group" { "Node group " }
                select #group name="group" required {
                    @for (cluster, group) in groups {
                        @let is_chosen = (*cluster, *group) == chosen;
                        option value={ (cluster) "/" (group) } selected[is_chosen] { (group) " of " (cluster) }
                    }
                }
            }
            div.columns {
                @for at in 1..=CHANGES_MAX { (column(visit, at)) }
            }
            p { button type="submit" { "Plan" } }
        }
    }
}

fn column(visit: &Visit<'_>, at: usize) -> Markup {
    let field = |name: &str| format!("{name}{at}");
    let held = |name: &str| visit.form.text(&field(name)).unwrap_or_default();
    let strategies = [
        ("", "as the group says"),
        ("DEFAULT", "new nodes first"),
        ("MINIMAL", "old nodes first"),
        ("REPLACE", "new nodes first, and they stay"),
    ];
    html! {
        fieldset {
            legend { @if at == 1 { "Update" } @else { "What if " (at - 1) } }
            @if at > 1 {
                label {
                    input type="checkbox" name=(field("try")) value="yes" checked[visit.form.is_ticked(&field("try"))];
                    " try this as well"
                }
            }
            label {
                "Nodes at a time, or a percentage"
                input name=(field("batch")) value=(held("batch")) placeholder="as the group says" inputmode="numeric";
            }
            label {
                "Strategy"
                select name=(field("strategy")) {
                    @for (value, words) in strategies {
                        option value=(value) selected[held("strategy") == value] { (words) }
                    }
                }
            }
            label {
                "Order"
                select name=(field("order")) {
                    option value="" selected[held("order").is_empty()] { "as the server has it" }
                    @for (value, _, words) in ORDERS {
                        option value=(value) selected[held("order") == value] { (words) }
                    }
                }
            }
            label { "Kubernetes version" input name=(field("version")) value=(held("version")) placeholder="that of the group"; }
            label { "Release" input name=(field("release")) value=(held("release")) placeholder="the newest"; }
            label {
                input type="checkbox" name=(field("force")) value="yes" checked[visit.form.is_ticked(&field("force"))];
                " delete pods that do not leave in time (force)"
            }
        }
    }
}

/// The form that starts a change, with the approval of the person.
pub(super) fn starting(visit: &Visit<'_>, asked: &UpdateRequest) -> Markup {
    let batch = match (asked.max_unavailable, asked.max_unavailable_percentage) {
        (Some(count), _) => Some(count.to_string()),
        (None, Some(share)) => Some(format!("{share}%")),
        (None, None) => None,
    };
    let fields = [
        ("cluster", Some(asked.cluster.clone())),
        ("nodegroup", Some(asked.nodegroup.clone())),
        ("version", asked.version.clone()),
        ("release", asked.release_version.clone()),
        ("strategy", asked.strategy.clone()),
        ("order", asked.order.map(|order| word(order).to_owned())),
        ("batch", batch),
        ("force", asked.force.then(|| "yes".to_owned())),
        // A form that is sent twice starts one update.
        ("token", Some(format!("dashboard-{}", uuid()))),
    ];
    html! {
        form method="post" action=(address(&["plan"])) {
            (ours(visit))
            @for (name, value) in &fields {
                @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
            }
            p { label { input type="checkbox" name="approved" value="yes" required; " I have read this plan; replace the nodes" } }
            button type="submit" { "Start this update" }
        }
    }
}

/// Starts an update that was approved.
pub(super) async fn begin<A: Whole>(app: &App<A>, visit: &Visit<'_>) -> Result<Page, Refusal> {
    if !visit.form.is_ticked("approved") {
        return Err(Refusal::bad(
            "approved: it is not ticked. Nothing was started; read the plan and approve it.",
        ));
    }
    let (cluster, group) = (visit.form.required("cluster")?, visit.form.required("nodegroup")?);
    let asked = UpdateRequest {
        client_request_token: visit.form.owned("token"),
        ..change(visit, cluster, group, "")?
    };
    let begun = start::begin(app, &asked, visit.by()).await?;
    // What was declared alone begins when its policy lets it; until then the fleet is all there is to see.
    let is_known = updates::show(app, &begun.update).is_ok();
    Ok(Page::elsewhere(if is_known { address(&["updates", &begun.update]) } else { ROOT.to_owned() }))
}
