//! The generated pages about waits, problems and events. Their examples are printed by the code that words updates.

mod by_minor;

use std::fmt::Write;

use replank_core::node_group::problem::Problem;
use replank_core::node_group::wait::On;

use crate::messages::samples::{facts, now, problems, waits};
use crate::messages::{advice, describe, fact, failure, failure_detail, problem, problem_advice};
use crate::report::members;
use crate::serialized::{Kind, SerializedForm, camel, v1};

pub use by_minor::page as by_minor_page;

/// `docs/reference/waits.md`: every kind of wait with its meaning, examples and advice.
pub fn waits_page() -> String {
    let mut page = String::from(
        "# Waits\n\nEverything that an update waits for is a value with a kind, names, numbers and times. The same \
         value is shown on screens, in lines and in JSON, where `on` holds its kind. The examples below are printed \
         by the code that speaks, as seen at 12:18.\n",
    );
    let mut last = "";
    for wait in waits() {
        let kind = v1::On::of(&wait.on).kind();
        if kind != last {
            section(&mut page, kind, wait_meaning(&wait.on));
            last = kind;
        }
        example(&mut page, &describe(&wait, now()), advice(&wait).as_deref());
    }
    page
}

/// `docs/reference/problems.md`: every kind of problem and failure.
pub fn problems_page() -> String {
    let mut page = String::from(
        "# Problems and failures\n\nA problem does not stop an update; a person should know of it. A failure ends \
         it, after it has cleaned up. Problems come first, failures with their EKS codes last.\n",
    );
    let mut last = "";
    for found in problems() {
        let kind = v1::Problem::of(&found).kind();
        if kind != last {
            section(&mut page, kind, problem_meaning(&found));
            last = kind;
        }
        example(&mut page, &problem(&found, now()), Some(&problem_advice(&found)));
    }
    page.push_str("\n## Failures\n\n| Code | Message | Detail |\n|---|---|---|\n");
    for found in crate::messages::samples::failures() {
        let message = failure(&found, &"default".into());
        line(
            &mut page,
            format_args!(
                "| `{}` | {message} | {} |",
                crate::messages::code(found.code),
                failure_detail(&found)
            ),
        );
    }
    page
}

/// Part of `docs/reference/events.md`: the members of a report, and every kind of fact as JSON and as text.
pub fn events_page() -> String {
    let mut page = String::from(
        "## Members of a report\n\nA report is whole: it says everything that is known of the update, not what \
         changed since the one before. Times are RFC 3339 in UTC. What is not known yet, or does not apply, is `null`.\n\n| Member | Meaning |\n| --- | --- |\n",
    );
    for (member, meaning) in members::REPORT {
        line(&mut page, format_args!("| `{member}` | {meaning} |"));
    }
    page.push_str(
        "\n## Facts\n\nAn update records a fact for everything that the world cannot tell again. In lines and on \
         screens a fact is a sentence, which JSON carries as `text`. The journal holds the same values. Fields are \
         only ever added to a kind.\n",
    );
    let mut last = "";
    for event in facts() {
        let written = v1::Event::of(&event);
        let kind = written.fact.kind();
        if kind != last {
            last = kind;
            line(&mut page, format_args!("\n### `{}`", camel(last)));
        }
        // A twin is made of texts and numbers, which can always be written.
        let json = serde_json::to_string(&written).unwrap_or_default();
        line(&mut page, format_args!("\n> {}\n\n```json\n{json}\n```", fact(&event.fact)));
    }
    page
}

fn section(page: &mut String, kind: &str, meaning: &str) {
    line(page, format_args!("\n## `{}`\n\n{meaning}", camel(kind)));
}

fn example(page: &mut String, text: &str, advice: Option<&str>) {
    line(page, format_args!("\n> {text}"));
    if let Some(advice) = advice {
        line(page, format_args!(">\n> {advice}"));
    }
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(page, "{text}");
}

fn wait_meaning(on: &On) -> &'static str {
    match on {
        On::Reading { .. } => "One side of the world cannot be read. Nothing is decided blind.",
        On::TemplateVersion => "The launch template version with the target's content is being made.",
        On::GroupPointed => "The scaling group does not launch from the other template version yet.",
        On::SizesTaken => "The scaling group is asked for other sizes and does not show them yet.",
        On::Unanswered => {
            "A call to the scaling group was given up without an answer and may still take effect: larger sizes, or \
             the new template version. The update does not end before that is out of the question."
        }
        On::NodesJoining { .. } => {
            "New nodes are launched and not Ready and labelled yet, or not even launched."
        }
        On::NotJoining { .. } => {
            "An instance is past the time in which nodes usually join, and the cloud was asked why: state and status \
             checks, role, user data, addresses, console."
        }
        On::Lost { .. } => {
            "A new node that had joined is gone, not Ready or without its labels. It has as long to come back as a \
             launch has to join; then the group replaces it. It never counts against the image."
        }
        On::Closed { .. } => {
            "A new node is up and somebody else keeps pods off it, so it does not serve. The update never opens it."
        }
        On::Launches { .. } => "The cloud refuses to launch. Each cause has its own way out.",
        On::Guarding { .. } => "Old nodes are asked to take no new pods and do not all show it yet.",
        On::Unmarking { .. } => "Marks that the update set are being taken away.",
        On::Cordon => "A picked node is asked to be unschedulable and does not show it yet.",
        On::Uncordoned { .. } => {
            "Somebody opened a node that is being drained. It is cordoned again, and what landed on it is moved."
        }
        On::Replacements { .. } => {
            "Terminated nodes have no Ready replacement yet, so no further node is picked."
        }
        On::Hold { .. } => "A person put the node on hold with the annotation `replank.dev/hold`.",
        On::DrainedByHand { .. } => "A `replank drain` that a person runs is emptying the node.",
        On::Paused => "A person paused the update.",
        On::Budget(_) => "A disruption budget allows no disruption now.",
        On::BudgetNever(_) => "A disruption budget can never allow a disruption as things are set.",
        On::BudgetFailed { .. } => {
            "The disruption controller cannot work the budget out, so it allows nothing."
        }
        On::BudgetUnsynced { .. } => "The budget was changed and its status does not answer the change yet.",
        On::ManyBudgets { .. } => "Several budgets select one pod, which the eviction API refuses for ever.",
        On::Webhook { .. } => "An admission webhook refuses the eviction.",
        On::Throttled { .. } => "The API server asks to slow down.",
        On::EvictionRefused { .. } => "The API server refuses the eviction for another reason.",
        On::EvictionSent { .. } => "The eviction was accepted, or its answer was lost.",
        On::Terminating { .. } => "The pod is on its way out, inside its grace.",
        On::StuckTerminating { .. } => "The pod should have ended by now.",
        On::JobRuns { .. } => "The rules let pods of Jobs run to their end.",
        On::LossRefused { .. } => "Something would be lost with the pod, and the rules refuse that.",
        On::ComesBack { .. } => "The pod came to the node after the node was closed to new pods.",
        On::Place { .. } => {
            "The group has more nodes than before, and those that could go are needed: the scheduler sees no other place for their pods, or a volume of their zone has no other node."
        }
        On::NoRoom { .. } => {
            "With the strategy `REPLACE`: a pod that came up during the update has no node, and a node that boots or one in drain may still make room. Old nodes take no pods, so it has to fit on a new one."
        }
        On::Occupied { .. } => {
            "A pod was on the node at the last look before its instance would have been terminated."
        }
        On::Deregistering => {
            "The node is drained. Load balancers get a while to notice before its instance goes."
        }
        On::InstanceLeaving { .. } => "The instance is terminating.",
        On::TerminateRefused { .. } => "The call that terminates the instance is refused for now.",
    }
}

fn problem_meaning(problem: &Problem) -> &'static str {
    match problem {
        Problem::SizesKept { .. } => "The group keeps more nodes than before the update.",
        Problem::TerminationStuck { .. } => "An instance does not terminate.",
        Problem::NotInGroup { .. } => {
            "Nodes carry the group's label and no instance of the group is behind them. They are named from the start, in \
             plans too."
        }
        Problem::Autoscaler(_) => {
            "Somebody else changes nodes of the cluster by himself. It is named once, in plans too; the guide says what it \
             does to an update (beside an autoscaler)."
        }
        Problem::KeepNodes { .. } => {
            "In plans: pods on old nodes carry `cluster-autoscaler.kubernetes.io/safe-to-evict: \"false\"` or \
             `karpenter.sh/do-not-disrupt: \"true\"`, which binds autoscalers and no update."
        }
        Problem::ActRefused { .. } => "An act is refused for good; the update goes on without it.",
    }
}
