//! Only the core decides. A function that decides outside of it is the beginning of a second policy, and a world
//! that uses the core's own arithmetic cannot find its faults.

use super::Complaint;
use super::modules::WORLD;
use super::source::has_path;
use super::tree::Tree;

/// The one home of policy.
const CORE: &str = "crates/replank-core/";

/// Names under which the core answers what to do next, how much at once, and whether something may go.
const OF_THE_CORE: [&str; 5] =
    ["fn decide", "fn ceiling", "fn disposition", "fn evacuate", "fn may_terminate"];

/// Only files in which a requested update, or a requested upgrade of a whole cluster, becomes a `Spec`.
const BUILDERS: [&str; 2] =
    ["crates/replank-service/src/start_update.rs", "crates/replank-service/src/start_cluster_upgrade.rs"];

/// Parts of the core that the embedded world judges, and so must not use.
const JUDGED: [&str; 2] = ["replank_core::node_group::decide", "replank_core::safety"];

pub(super) fn complaints(tree: &Tree) -> Vec<Complaint> {
    let mut found = Vec::new();
    let elsewhere = tree.rust_below("crates/").filter(|file| !file.path.starts_with(CORE));
    for file in elsewhere.filter(|file| file.path.contains("/src/")) {
        for (line, code) in file.code_lines() {
            let second = OF_THE_CORE.iter().find(|name| has_path(&code, name));
            let say = |name: &&str| Complaint::new(&file.path, line, format!("`{name}` belongs to the core"));
            found.extend(second.map(say));
        }
    }
    for file in tree
        .rust_below("crates/")
        .filter(|file| file.path.contains("/src/") && !BUILDERS.contains(&file.path.as_str()))
    {
        for (line, code) in file.code_lines() {
            let built = code.trim_start();
            let is_whole = built == "Spec {" || built.ends_with(" Spec {") && !built.contains("struct ");
            let is_made =
                is_whole && !built.contains("let ") && !built.contains("->") && !built.contains("impl");
            if is_made && !file.path.contains("/tests") {
                let message = "a Spec is made by replank_service::start_update and start_cluster_upgrade alone: ask them";
                found.push(Complaint::new(&file.path, line, message));
            }
        }
    }
    for file in WORLD.iter().flat_map(|directory| tree.rust_below(directory)) {
        for (line, code) in file.code_lines() {
            let judged = JUDGED.iter().find(|path| has_path(&code, path));
            let say = |path: &&str| {
                Complaint::new(&file.path, line, format!("the world judges {path} from outside"))
            };
            found.extend(judged.map(say));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;

    #[test]
    fn only_the_core_decides() {
        for (path, text, expected) in [
            ("crates/replank-core/src/node_group/decide/mod.rs", "pub fn decide(", 0),
            ("crates/replank-engine/src/turn.rs", "fn decide(", 1),
            (
                "crates/replank-engine/src/turn.rs",
                "let decision = replank_core::node_group::decide::decide(&rollout);",
                0,
            ),
            ("crates/replank-service/src/reconcile/mod.rs", "fn ceiling(", 1),
            ("crates/replank-server/src/eks/mod.rs", "async fn may_terminate(", 1),
            ("crates/replank-kube/src/act/mod.rs", "pub fn evacuate(", 1),
            ("crates/replank-kubeapi/src/verb/evict.rs", "fn disposition(", 1),
            ("crates/replank-kwok/src/group.rs", "fn decide<T>(", 1),
            ("crates/replank-engine/tests/it/main.rs", "fn decide(", 0),
            ("crates/replank-world/src/a.rs", "fn decide_nothing(", 0),
            ("crates/replank-world/src/a.rs", "use replank_core::safety::budget;", 1),
            ("crates/replank-world/src/a.rs", "use replank_core::node_group::wait::Wait;", 0),
        ] {
            assert_eq!(super::complaints(&Tree::of(&[(path, text)])).len(), expected, "{path} {text}");
        }
    }
}
