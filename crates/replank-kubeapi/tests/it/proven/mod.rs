//! What the page of the reference says of the Kubernetes API: each cell is there because it was tried just now.
//! `UPDATE_SNAPSHOTS=1` writes the page anew.

mod api;
mod commands;

use std::path::Path;

/// The page, from the crate.
const PAGE: &str = "../../docs/reference/kubernetes-api.md";

const HEAD: &str = "<!-- Written by the tests of `replank-kubeapi` from what they tried (`tests/it/proven`). Edits are lost;\n     \
    `UPDATE_SNAPSHOTS=1 cargo test -p replank-kubeapi --test it proven` writes it anew. -->\n\
    # The Kubernetes API\n\n\
    What the embedded cluster answers, tried on a running one: a cell is here because a test did what it says.\n";

/// Two tests write one page.
static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Compares a part of the page with what was tried.
fn hold(title: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let title = format!("\n## {title}\n");
    let rest = page.split_once(&title).map(|(_, rest)| rest);
    let old = rest.map(|rest| rest.split_once("\n## ").map_or(rest, |(old, _)| old));
    if old.map(str::trim) == Some(fresh.trim()) {
        return;
    }
    assert!(std::env::var_os("UPDATE_SNAPSHOTS").is_some(), "{PAGE}:{title}{fresh}");
    let mut parts: Vec<(String, String)> = page
        .split("\n## ")
        .skip(1)
        .filter_map(|part| part.split_once('\n'))
        .map(|(title, text)| (title.to_owned(), text.trim().to_owned()))
        .collect();
    let name = title.trim().trim_start_matches("## ").to_owned();
    parts.retain(|(title, _)| *title != name);
    parts.push((name, fresh.trim().to_owned()));
    parts.sort();
    let parts: Vec<String> = parts.iter().map(|(title, text)| format!("\n## {title}\n\n{text}\n")).collect();
    std::fs::write(path, format!("{HEAD}{}", parts.concat())).unwrap();
}
