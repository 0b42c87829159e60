//! The dependency policy as a page of the reference.

use super::policy::Policy;
use anyhow::Result;
use std::fmt::Write;

/// The policy as a Markdown page.
pub(super) fn page(policy: &Policy) -> Result<String> {
    let mut out = String::from(
        "# Dependency policy\n\n`cargo xtask deny` checks what cargo resolved, for every platform, against the \
         table in `xtask/src/deny/policy.rs`.\n\n## Which crate may use what\n\n\
         | Crate | Of ours | Named in its manifest | Never, by any way | Why |\n|---|---|---|---|---|\n",
    );
    for layer in policy.layers {
        let only = layer.only.map_or("anything the rest of the policy allows".to_owned(), quoted);
        let (below, never) = (quoted(layer.below), quoted(layer.never));
        writeln!(out, "| `{}` | {below} | {only} | {never} | {} |", layer.name, layer.why)?;
    }
    out.push_str("\n## For tests alone\n\n| Crate of ours | Why |\n|---|---|\n");
    for (name, why) in policy.for_tests {
        writeln!(out, "| `{name}` | {why} |")?;
    }
    for (user, name, why) in policy.in_tests {
        writeln!(out, "| `{name}`, in those of `{user}` | {why} |")?;
    }
    out.push_str(
        "\n## Real clusters and the simulator\n\nNo crate reaches a client of a real cluster or cloud and the simulator \
         too, but these:\n\n| Crate of ours | Why |\n|---|---|\n",
    );
    for (name, why) in policy.apart.bridges {
        writeln!(out, "| `{name}` | {why} |")?;
    }
    out.push_str("\n## Banned everywhere\n\n| Crate | Why |\n|---|---|\n");
    for (name, why) in policy.banned {
        writeln!(out, "| `{name}` | {why} |")?;
    }
    out.push_str("\n## Not named by us\n\nOthers may bring them in.\n\n| Crate | Why |\n|---|---|\n");
    for (name, why) in policy.unnamed {
        writeln!(out, "| `{name}` | {why} |")?;
    }
    out.push_str("\n## More than one version\n\nOne version of a crate is the rule. Exceptions:\n\n");
    out.push_str("| Crate | Why |\n|---|---|\n");
    for (name, why) in policy.several_versions {
        writeln!(out, "| `{name}` | {why} |")?;
    }
    out.push_str(
        "\n## Licenses\n\nA dependency is under one of these, or offers one of these as a choice:\n\n",
    );
    for license in policy.licenses {
        writeln!(out, "- {license}")?;
    }
    Ok(out)
}

fn quoted(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
