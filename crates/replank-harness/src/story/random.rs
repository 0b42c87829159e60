//! Random small worlds from seeds, as texts of world files, so that a failing one can be read, changed and run
//! again.

use std::fmt::Write;

use replank_world::rng::{Chance, mix};

/// From this time of the update on, neither faults nor the script disturb it, in minutes.
pub const QUIET_AFTER_MINUTES: u64 = 60;

/// From this seed on a third of the groups ask for the strategy `REPLACE`; the worlds of earlier seeds stay as they
/// were before there was one.
pub const REPLACE_FROM: u64 = 951_150_000_000;

/// The world file of a seed.
pub fn world(seed: u64) -> String {
    let mut dice = Dice { chance: Chance(mix(seed)), rolls: 0 };
    let mut out = format!("seed: {seed}\n\nclusters:\n- addons: {}\n", dice.pick(ADDONS));
    if dice.one_in(8) {
        out += "  autoscaler: {enabled: true, scaleDown: false}\n";
    }
    out += "  nodeGroups:\n";
    let groups = if dice.one_in(6) { 2 } else { 1 };
    let names = &["blue", "green"][..groups];
    let zones = 1 + dice.below(3);
    names.iter().for_each(|name| group(&mut dice, &mut out, name, zones, seed));
    out += "  workloads:\n";
    let workloads = 1 + dice.below(4);
    (0..workloads).for_each(|number| workload(&mut dice, &mut out, number));
    update(&mut dice, &mut out);
    acts(&mut dice, &mut out, workloads);
    faults(&mut dice, &mut out);
    out
}

/// The number of the boundary at which the process is killed with this seed; `None` for every third seed.
pub fn kill_at(seed: u64) -> Option<u32> {
    let mut dice = Dice { chance: Chance(mix(seed ^ 1)), rolls: 0 };
    (!dice.one_in(3)).then(|| dice.below(400) as u32)
}

const ADDONS: &[&str] = &["[]", "[kube-proxy]", "[aws-node, kube-proxy, coredns]"];

/// Successive draws of one seed.
struct Dice {
    chance: Chance,
    rolls: u64,
}

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.rolls += 1;
        self.chance.draw("random world", "", self.rolls) % sides
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// Writes a line to a string, which cannot fail.
macro_rules! put {
    ($out:expr, $($text:tt)*) => {{
        let _infallible = writeln!($out, $($text)*);
    }};
}

/// The same world with every group updated by another strategy.
pub fn with_strategy(world: &str, strategy: &str) -> String {
    let mut out = world.to_owned();
    for word in ["DEFAULT", "MINIMAL", "REPLACE"] {
        out = out.replace(&format!("strategy: {word}"), &format!("strategy: {strategy}"));
    }
    out
}

/// Whether a group of this seed's world asks for `REPLACE`. A draw of its own, so that all others stay as they are.
fn replaces(seed: u64, group: &str) -> bool {
    seed >= REPLACE_FROM && Chance(mix(seed ^ 2)).draw("replace", group, 0).is_multiple_of(3)
}

fn group(dice: &mut Dice, out: &mut String, name: &str, zones: u64, seed: u64) {
    let desired = if dice.one_in(20) { 0 } else { 1 + dice.below(5) };
    let (min, max) = (desired - dice.below(desired + 1), desired + dice.below(3));
    let zones = ["us-west-2a", "us-west-2b", "us-west-2c"][..zones as usize].join(", ");
    put!(out, "  - name: {name}");
    put!(out, "    zones: [{zones}]");
    put!(out, "    size: {{min: {min}, desired: {desired}, max: {max}}}");
    let strategy = if dice.one_in(4) { "MINIMAL" } else { "DEFAULT" };
    let strategy = if replaces(seed, name) { "REPLACE" } else { strategy };
    let limit = match dice.below(3) {
        0 => "maxUnavailable: 1".to_owned(),
        1 => format!("maxUnavailable: {}", 1 + dice.below(3)),
        _ => format!("maxUnavailablePercentage: {}", 1 + dice.below(100)),
    };
    put!(out, "    updateConfig: {{{limit}, strategy: {strategy}}}");
    if desired > 1 && dice.one_in(5) {
        put!(out, "    updated: {}", 1 + dice.below(desired - 1));
    }
}

const KINDS: &[&str] = &["Deployment", "Deployment", "Deployment", "StatefulSet", "ReplicaSet", "Job", "Pod"];

const BUDGETS: &[&str] = &[
    "{maxUnavailable: 1}",
    "{maxUnavailable: 1}",
    "{maxUnavailable: 2}",
    "{minAvailable: 1}",
    "{minAvailable: 50%}",
    "{maxUnavailable: 0}",
    "{maxUnavailable: 30%}",
    "{minAvailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow}",
];

fn workload(dice: &mut Dice, out: &mut String, number: u64) {
    let kind = dice.pick(KINDS);
    put!(out, "  - name: w{number}\n    namespace: shop\n    kind: {kind}");
    if kind != "Pod" {
        put!(out, "    replicas: {}", 1 + dice.below(6));
    }
    put!(out, "    cpu: {}m", 50 + 50 * dice.below(8));
    if !dice.one_in(3) {
        put!(out, "    budget: {}", dice.pick(BUDGETS));
    }
    match kind {
        "Job" => put!(out, "    runs: {}m", 1 + dice.below(60)),
        "Deployment" | "ReplicaSet" | "StatefulSet" => {
            let over = dice.pick(&["zone", "host"]);
            match dice.below(10) {
                0 => put!(out, "    spread: {{over: {over}, unsatisfiable: DoNotSchedule}}"),
                1 => put!(out, "    spread: {{over: {over}, unsatisfiable: ScheduleAnyway}}"),
                2 => put!(out, "    antiAffinity: {{over: {over}}}"),
                3 => put!(out, "    antiAffinity: {{over: {over}, required: false}}"),
                4 => put!(out, "    tolerations:\n    - {{operator: Exists}}"),
                5 => put!(out, "    priority: {}", dice.pick(&["-10", "100"])),
                _ => {}
            }
        }
        _ => {}
    }
    if kind == "StatefulSet" && dice.one_in(3) {
        put!(out, "    volume: {{size: 10Gi}}");
    }
    if kind == "Deployment" && dice.one_in(4) {
        put!(out, "    emptyDir: true");
    }
    if dice.one_in(12) {
        put!(out, "    finalizer: example.com/held");
    }
    match dice.below(12) {
        0 if kind != "Job" => put!(out, "    ready: never"),
        1 if kind != "Job" => put!(out, "    ready: 30s..90s"),
        2 => put!(out, "    terminate: 20s..60s\n    grace: 30s"),
        _ => {}
    }
}

fn update(dice: &mut Dice, out: &mut String) {
    put!(out, "\nupdate:");
    put!(out, "  guard: {}", dice.pick(&["taint", "taint", "cordon"]));
    put!(out, "  order: {}", dice.pick(&["random", "zone-by-zone", "oldest", "emptiest"]));
    put!(out, "  increment: {}", dice.pick(&["smallest", "smallest", "ceiling"]));
    put!(out, "  force: {}", dice.one_in(4));
    match dice.below(6) {
        0 => put!(out, "  pods: {{bare: refuse}}"),
        1 => put!(out, "  pods: {{emptyDir: refuse}}"),
        2 => put!(out, "  pods: {{jobs: wait}}"),
        _ => {}
    }
}

const DEEDS: &[&str] = &[
    "pause",
    "resume",
    "resume",
    "pause\n  uncordon: true",
    "cancel",
    "cancel\n  uncordon: true",
    "cancel\n  uncordon: true\n  restoreTarget: true",
    "force",
    "delete-node\n  node: old 1",
    "delete-node\n  node: new 1",
    "terminate-instance\n  node: old 1",
    "terminate-instance\n  node: new 1",
    "terminate-instance\n  node: picked 1",
    "terminate-instance\n  node: old 1\n  lowerDesired: true",
    "node-dies\n  node: old 1",
    "node-dies\n  node: new 1",
    "node-dies\n  node: picked 1",
    "cordon\n  node: old 1",
    "cordon\n  node: new 1",
    "uncordon\n  node: picked 1",
    "hold-node\n  node: old 1",
    "release-node\n  node: old 1",
    "set-sizes\n  max: 12\n  desired: 7",
    "set-sizes\n  min: 0\n  desired: 1",
    "add-budget\n  object: shop/late\n  selector: {app.kubernetes.io/name: w0}\n  budget: {maxUnavailable: 1}",
    "delete-budget\n  object: shop/late",
    "pod-unready\n  pod: shop/w0-0\n  for: 3m",
    "image-disappears",
    "image-returns",
    "zone-capacity\n  zone: us-west-2a\n  instances: 0",
    "zone-capacity\n  zone: us-west-2a",
    "zone-addresses\n  zone: us-west-2a\n  free: 1",
    "zone-addresses\n  zone: us-west-2a",
    "quota\n  instances: 5",
    "quota",
];

const MOMENTS: &[&str] = &[
    "phase setup",
    "phase scale-up",
    "phase upgrade",
    "phase scale-down",
    "node-ready 1",
    "node-picked 1",
    "node-picked 2",
    "node-drained 1",
    "node-gone 1",
    "eviction-refused 1",
];

/// Writes the script. What takes something away for good is given back when the quiet time begins.
fn acts(dice: &mut Dice, out: &mut String, workloads: u64) {
    put!(out, "\nacts:");
    for deed in ["resume", "quota", "image-returns", "zone-capacity\n  zone: us-west-2a"] {
        put!(out, "- at: {QUIET_AFTER_MINUTES}m\n  do: {deed}");
    }
    for _ in 0..dice.below(4) {
        if dice.one_in(2) {
            put!(out, "- at: {}s", dice.below(QUIET_AFTER_MINUTES * 60));
        } else {
            put!(out, "- when: {}\n  after: {}s", dice.pick(MOMENTS), dice.below(90));
        }
        let number = dice.below(workloads);
        match dice.below(8) {
            0 => {
                let how = dice.pick(&["image", "readiness", "crash"]);
                put!(out, "  do: break-workload\n  object: shop/w{number}\n  how: {how}");
            }
            1 => put!(out, "  do: heal-workload\n  object: shop/w{number}"),
            _ => put!(out, "  do: {}", dice.pick(DEEDS)),
        }
    }
}

const CALLS: &[&str] = &[
    "observe-cluster",
    "observe-cloud",
    "list-pods",
    "mark",
    "evict",
    "evict",
    "delete",
    "create-version",
    "point-group",
    "set-sizes",
    "terminate",
];

const ERRORS: &[&str] = &["server-error", "unavailable", "conflict", "webhook"];

/// Writes the fault rules, which end when the quiet time begins.
fn faults(dice: &mut Dice, out: &mut String) {
    put!(out, "\nfaults:");
    // A call is never cut short without a rule for crashes: each run dies somewhere or nowhere.
    if dice.one_in(2) {
        put!(out, "- call: {}\n  nth: {}\n  verdict: crash", dice.pick(CALLS), 1 + dice.below(4));
        put!(out, "  until: {QUIET_AFTER_MINUTES}m");
    }
    for _ in 0..=dice.below(3) {
        let call = dice.pick(CALLS);
        put!(out, "- call: {call}");
        match dice.below(3) {
            0 => put!(out, "  nth: {}", 1 + dice.below(4)),
            1 => put!(out, "  every: {}", 2 + dice.below(4)),
            _ => put!(out, "  chance: 0.{}", 1 + dice.below(6)),
        }
        put!(out, "  until: {QUIET_AFTER_MINUTES}m");
        let reads = call.starts_with("observe");
        match dice.below(5) {
            0 => put!(out, "  verdict: fail\n  error: {}", dice.pick(ERRORS)),
            1 => put!(out, "  verdict: delay\n  by: {}s", 1 + dice.below(40)),
            2 if reads => put!(out, "  verdict: stale\n  behind: {}s", 1 + dice.below(30)),
            3 => put!(out, "  verdict: throttle\n  retryAfter: {}s", 1 + dice.below(20)),
            _ => put!(out, "  verdict: lose-answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{REPLACE_FROM, with_strategy, world};
    use replank_formats::worldfile;

    #[test]
    fn random_worlds_are_good_worlds_and_the_same_each_time() {
        for seed in (0..500).chain(REPLACE_FROM..REPLACE_FROM + 50) {
            let text = world(seed);
            assert_eq!(text, world(seed));
            if let Err(refused) = worldfile::read("random", text.as_bytes()) {
                panic!("seed {seed}: {refused}\n{text}");
            }
        }
        assert_ne!(world(1).replace("seed: 1", ""), world(2).replace("seed: 2", ""));
    }

    #[test]
    fn only_new_seeds_draw_the_strategy_replace() {
        let many = |from: u64| (from..from + 300).filter(|seed| world(*seed).contains("REPLACE")).count();
        assert_eq!((many(1), many(REPLACE_FROM - 300)), (0, 0));
        assert!((75..150).contains(&many(REPLACE_FROM)));
        assert!(with_strategy(&world(1), "REPLACE").contains("strategy: REPLACE"));
    }
}
