//! All scenarios.

use serde_json::{Value, json};

use super::scenario::Scenario;
use crate::objects::{
    Made, annotated, apart, bare, budget, class, daemon_set, deployment, job, priority, spread, stateful_set,
    template, tolerant, volume,
};

const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";
const TWO: [&str; 2] = ["us-west-2a", "us-west-2b"];
const THREE: [&str; 3] = ["us-west-2a", "us-west-2b", "us-west-2c"];

/// Every scenario, in the order of the table.
pub(crate) fn all() -> Vec<Scenario> {
    vec![
        calm(),
        tight_budgets(),
        budget_at_zero(),
        two_budgets(),
        singletons_over_zones(),
        zone_bound_volumes(),
        spread_over_hosts(),
        never_ready(),
        long_grace(),
        bare_pods(),
        bare_pod_under_budget(),
        priorities(),
        daemon_sets(),
        tolerates_the_guard(),
        unequal_zones(),
        jobs(),
    ]
}

/// A Deployment with a budget.
fn kept(name: &str, replicas: u32, template: Value, rule: (&str, Value)) -> Vec<Made> {
    vec![deployment(name, replicas, template), budget(name, name, rule)]
}

fn plain(name: &str) -> Value {
    template(name, 100, &json!({}))
}

fn calm() -> Scenario {
    let shop = ["web", "cart", "mail"].map(|name| deployment(name, 4, plain(name)));
    Scenario { batch: 2, ..Scenario::new("calm", &TWO, 4).with(12, shop.into()) }
}

fn tight_budgets() -> Scenario {
    let slow = |name: &str| annotated(plain(name), "lab.replank.dev/ready-seconds", "6");
    let shop = ["web", "cart", "mail"];
    let shop = shop.map(|name| kept(name, 4, slow(name), ("maxUnavailable", json!(1)))).concat();
    Scenario { batch: 2, ..Scenario::new("tight budgets", &TWO, 4).with(12, shop) }
}

fn budget_at_zero() -> Scenario {
    let held = kept("web", 2, plain("web"), ("minAvailable", json!(2)));
    Scenario { patience: 12, ..Scenario::new("a budget at zero", &TWO, 2).with(2, held) }
}

fn two_budgets() -> Scenario {
    let mut held = kept("web", 3, plain("web"), ("maxUnavailable", json!(1)));
    held.push(budget("web-too", "web", ("minAvailable", json!(1))));
    Scenario { patience: 12, ..Scenario::new("two budgets on one pod", &TWO, 2).with(3, held) }
}

fn singletons_over_zones() -> Scenario {
    let lone = template("quorum", 100, &apart("quorum", ZONE));
    let kept = kept("quorum", 3, lone, ("minAvailable", json!(2)));
    Scenario::new("singletons apart over zones", &THREE, 3).with(3, kept)
}

fn zone_bound_volumes() -> Scenario {
    let mut objects = vec![class()];
    objects.extend(["one", "two", "three"].into_iter().zip(THREE).map(|(name, zone)| volume(name, zone)));
    objects.push(stateful_set("db", 3, template("db", 200, &apart("db", ZONE))));
    objects.push(budget("db", "db", ("maxUnavailable", json!(1))));
    Scenario::new("zone-bound volumes", &THREE, 3).with(3, objects)
}

fn spread_over_hosts() -> Scenario {
    let evenly = template("web", 100, &spread("web", HOST));
    let kept = kept("web", 4, evenly, ("maxUnavailable", json!(1)));
    Scenario::new("hard spread over hosts", &TWO, 4).with(4, kept)
}

fn never_ready() -> Scenario {
    let broken = annotated(plain("web"), "lab.replank.dev/ready-seconds", "never");
    let mut objects = kept("web", 2, broken, ("minAvailable", json!(1)));
    objects.push(deployment("cart", 2, plain("cart")));
    // A pod that became unready a moment ago may only be slow.
    Scenario {
        patience: 12,
        age: 15,
        ..Scenario::new("a pod that never becomes ready", &TWO, 2).with(4, objects)
    }
}

fn long_grace() -> Scenario {
    let slow = annotated(plain("slow"), "lab.replank.dev/stop-seconds", "8");
    let kept = kept("slow", 4, slow, ("maxUnavailable", json!(1)));
    Scenario { stop: 8, ..Scenario::new("long grace", &TWO, 2).with(4, kept) }
}

fn bare_pods() -> Scenario {
    let mut objects = vec![bare("lone", 100), bare("other", 100)];
    objects.push(deployment("web", 2, plain("web")));
    Scenario::new("bare pods", &TWO, 2).with(4, objects)
}

fn bare_pod_under_budget() -> Scenario {
    let objects = vec![bare("lone", 100), budget("lone", "lone", ("maxUnavailable", json!(1)))];
    Scenario { patience: 12, ..Scenario::new("a bare pod under a budget", &TWO, 2).with(1, objects) }
}

fn priorities() -> Scenario {
    let of = |class: &str| json!({"priorityClassName": class});
    let objects = vec![
        priority("high", 1000),
        priority("low", -10),
        deployment("filler", 4, template("filler", 800, &of("low"))),
        deployment("vital", 4, template("vital", 900, &of("high"))),
    ];
    Scenario { batch: 2, ..Scenario::new("priorities and preemption", &TWO, 4).with(8, objects) }
}

fn daemon_sets() -> Scenario {
    let objects = vec![
        daemon_set("agent", template("agent", 50, &tolerant())),
        daemon_set("log", template("log", 50, &json!({}))),
        deployment("web", 4, plain("web")),
        budget("web", "web", ("maxUnavailable", json!(1))),
    ];
    Scenario::new("DaemonSets", &TWO, 3).with(3 + 3 + 4, objects)
}

fn tolerates_the_guard() -> Scenario {
    let pinned = json!({"tolerations": [{"operator": "Exists"}], "nodeSelector": {ZONE: TWO[0]}});
    let objects = vec![deployment("clingy", 2, template("clingy", 100, &pinned))];
    Scenario { patience: 15, ..Scenario::new("pods that tolerate everything", &TWO, 4).with(2, objects) }
}

fn unequal_zones() -> Scenario {
    let zones = [THREE[0], THREE[0], THREE[0], THREE[1], THREE[2]];
    let objects = kept("web", 5, plain("web"), ("maxUnavailable", json!(1)));
    Scenario { batch: 2, ..Scenario::new("unequal zones", &zones, 5).with(5, objects) }
}

fn jobs() -> Scenario {
    let mut objects = vec![job("sum", 2, plain("sum"))];
    objects.extend(kept("web", 2, plain("web"), ("maxUnavailable", json!(1))));
    Scenario::new("Jobs", &TWO, 2).with(4, objects)
}
