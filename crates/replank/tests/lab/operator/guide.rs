//! The page `docs/guide/operator-first-update.md`, command by command, with the dashboard in a real browser.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::fleet::Fleet;

const PAGE: &str = "docs/guide/operator-first-update.md";
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The block of the page behind a comment.
fn block(comment: &str) -> String {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let (_, rest) = page.split_once(&format!("<!-- {comment} -->\n")).unwrap_or_else(|| panic!("{comment}"));
    let (_, rest) = rest.split_once("```").unwrap();
    let (_, block) = rest.split_once('\n').unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

impl Fleet {
    /// Runs a block of the page; what it prints.
    fn page(&self, name: &str) -> String {
        let kubectl = self.lab.kubectl();
        let beside = Path::new(kubectl.get_program()).parent().unwrap().to_owned();
        let before = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([beside].into_iter().chain(std::env::split_paths(&before))).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &block(&format!("run: {name}"))]).current_dir(root()).env("PATH", path);
        shell.env("KUBECONFIG", self.lab.kubeconfig()).stdin(Stdio::null());
        let ended = shell.output().unwrap();
        assert!(ended.status.success(), "{name}: {}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).unwrap()
    }
}

/// Signs in, opens the update and reads these words.
fn browse(port: u16, token: &str, words: &str) {
    let found =
        BROWSERS.iter().find_map(|name| program(name)).expect("a browser: cargo xtask test installs one");
    let mut node = Command::new("node");
    node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/clients/operator.cjs"));
    node.args([&format!("http://127.0.0.1:{port}/dashboard"), token, words])
        .arg(root().join("target/browser"));
    node.env("NODE_PATH", root().join("target/clients/browser/node_modules")).env("REPLANK_BROWSER", found);
    let ended = node.output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn the_page_is_followed_and_the_update_ends_well() {
    let fleet = Fleet::launch_without_definitions();
    let has_helm = program("helm").is_some();
    fleet.page(if has_helm { "helm" } else { "kubectl" });
    fleet.until("the custom resources", || fleet.apply(&block("file: update.yaml")).0);
    let account = fleet.lab.service_account("replank", "replank-operator").unwrap().kubeconfig;
    let replica = |name: &str, port: u16, dashboard: u16| {
        let mut command = fleet.command(name, port, &account);
        command.args(["--dashboard", &format!("127.0.0.1:{dashboard}")]);
        super::fleet::Replica(command.spawn().unwrap())
    };
    let ports = [("one", 18_422), ("two", 18_424)];
    let one = replica("one", 18_421, 18_422);
    fleet.until("one acts", || fleet.log("one").contains("Replica one acts."));
    let two = replica("two", 18_423, 18_424);
    fleet.until("two acts", || fleet.log("two").contains("Replica two acts."));
    let before = fleet.nodes();
    // `update.yaml` lies where the page's reader put it.
    let declare = block("run: declare");
    assert!(declare.contains("kubectl apply -f update.yaml"), "{declare}");
    fleet.until_phase("first", "AwaitingApproval");
    assert_eq!(fleet.nodes(), before);
    let token = fleet.page("who").lines().last().unwrap().to_owned();
    // Nothing can leave before it was seen.
    let budget = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";
    fleet.lab.api().merge(budget, &json!({"spec": {"maxUnavailable": 0}})).unwrap();
    fleet.page("approve");
    fleet.until_phase("first", "Running");
    let runs = fleet.page("where").trim().to_owned();
    let (at, other): (Vec<_>, Vec<_>) = ports.into_iter().partition(|(name, _)| *name == runs);
    browse(at[0].1, &token, "nodes replaced");
    let (killed, _stays) = if runs == "one" { (one, two) } else { (two, one) };
    drop(killed);
    fleet.until("the other one runs it", || fleet.page("where").trim() == other[0].0);
    fleet.lab.api().merge(budget, &json!({"spec": {"maxUnavailable": 1}})).unwrap();
    assert!(fleet.page("end").contains("Every node was replaced"));
    browse(other[0].1, &token, "It succeeded");
    assert!(fleet.nodes().is_disjoint(&before));
    assert_eq!(fleet.marks(), Vec::<String>::new());
}
