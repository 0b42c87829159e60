//! How the server is found, and what is said when it is not.

use replank_kube::{Access, connect};

use crate::bench::shared;

fn error(access: &Access) -> String {
    shared().runtime.block_on(connect::connect(access)).unwrap_err().to_string()
}

#[test]
fn a_context_that_is_not_there_is_answered_with_those_that_are() {
    let access = Access { kubeconfig: Some(shared().lab.kubeconfig()), context: Some("prod".into()) };
    let said = error(&access);
    assert!(said.contains("--context prod") && said.contains("it has lab"), "{said}");
}

#[test]
fn wrong_files_wrong_authorities_and_silent_servers_are_told_apart() {
    let bench = shared();
    let text = std::fs::read_to_string(bench.lab.kubeconfig()).unwrap();
    let directory = bench.lab.directory().join("connecting");
    std::fs::create_dir_all(&directory).unwrap();
    let with = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::write(&path, text).unwrap();
        error(&Access { kubeconfig: Some(path), context: None })
    };
    let missing = error(&Access { kubeconfig: Some(directory.join("nobody")), context: None });
    assert!(missing.contains("nobody"), "{missing}");
    assert!(with("broken", "clusters: [").contains("cannot be used"));
    let silent = with("silent", &text.replace(bench.lab.server(), "https://127.0.0.1:9"));
    assert!(silent.contains("https://127.0.0.1:9") && silent.contains("refused"), "{silent}");
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    config["current-context"] = "".into();
    let nobody = with("nobody-current", &config.to_string());
    assert!(nobody.contains("name one with --context"), "{nobody}");
}

#[test]
fn rights_that_are_missing_are_named_with_the_way_out() {
    let bench = shared();
    let account = bench.lab.service_account("default", "nobody").unwrap();
    let access = Access { kubeconfig: Some(account.kubeconfig), context: None };
    let connection = bench.runtime.block_on(connect::connect(&access)).unwrap();
    let said = bench.runtime.block_on(replank_kube::nodes::names(&connection.client, None)).unwrap_err();
    assert!(said.contains("cannot list resource \"nodes\"") && said.contains("replank rbac"), "{said}");
}
