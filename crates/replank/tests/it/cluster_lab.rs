//! The guide's page on a whole cluster by hand: each of its commands is run, with the unmodified aws and kubectl.

use std::path::Path;

use serde_json::Value;

use crate::served::Up;
use crate::tool::{Scratch, ended};

/// Blocks of the page that are files, with their names, and those that are run, in their order.
fn blocks(page: &str) -> (Vec<(String, String)>, Vec<String>) {
    let (mut files, mut scripts) = (Vec::new(), Vec::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let file = line.strip_prefix("<!-- file: ").and_then(|rest| rest.strip_suffix(" -->"));
        if file.is_none() && line != "<!-- run -->" {
            continue;
        }
        let block: Vec<&str> = lines.by_ref().skip(1).take_while(|line| *line != "```").collect();
        match file {
            Some(name) => files.push((name.to_owned(), block.join("\n") + "\n")),
            None => scripts.push(block.join("\n")),
        }
    }
    (files, scripts)
}

#[test]
fn every_command_of_the_page_does_what_it_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/cluster-lab.md");
    let (files, scripts) = blocks(&std::fs::read_to_string(page).expect("a page"));
    let scratch = Scratch::new("cluster-lab");
    files.iter().for_each(|(name, text)| scratch.write(name, text));
    let up = Up::start(scratch.path(), "--world world.yaml --speed 300x --port 0 --kubernetes-port 0");
    let own = Path::new(env!("CARGO_BIN_EXE_replank")).parent().expect("a folder").display().to_string();
    let path = format!("{own}:{}", std::env::var("PATH").expect("a path"));
    let printed: Vec<String> = scripts
        .iter()
        .map(|script| {
            let ran =
                ended(up.program("bash", &["-euo", "pipefail", "-c", script]).env("PATH", &path).output());
            assert_eq!(ran.code, Some(0), "{script}\n{}{}", ran.out, ran.err);
            ran.out
        })
        .collect();
    let [_, _, proxy, dns, _, all] = &printed[..] else { panic!("{} blocks are run", printed.len()) };
    let image = |of: &str, tag: &str| format!("602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/{of}:{tag}");
    assert!(proxy.contains("(plan) \"kube-proxy\" is not up-to-date\n"), "{proxy}");
    assert!(proxy.ends_with(&image("kube-proxy", "v1.33.10-minimal-eksbuild.25")), "{proxy}");
    let shown = page_plan();
    assert!(dns.contains(&shown), "the page shows\n{shown}\nand it prints\n{dns}");
    assert!(
        dns.contains("\"coredns\" is now up-to-date\n") && dns.ends_with("coredns:v1.13.2-eksbuild.4\n"),
        "{dns}"
    );
    assert!(all.contains(&image("kube-proxy", "v1.34.6-eksbuild.25")), "{all}");
    // What the owner changed is still there, and the comment too.
    let get = |what: &[&str]| {
        up.client("kubectl", &[&["--namespace", "kube-system", "get"], what, &["-o", "json"]].concat())
    };
    let deployment: Value = serde_json::from_str(&get(&["deployment", "coredns"])).expect("JSON");
    assert_eq!(deployment["spec"]["replicas"], 3, "{deployment}");
    let config: Value = serde_json::from_str(&get(&["configmap", "coredns"])).expect("JSON");
    let corefile = config["data"]["Corefile"].as_str().expect("a Corefile");
    assert!(corefile.contains("# names of the cluster") && !corefile.contains("upstream"), "{corefile}");
    put_back_when_it_does_not_become_ready(&up);
}

/// What the page shows of the plan for CoreDNS.
fn page_plan() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/cluster-lab.md");
    let page = std::fs::read_to_string(page).expect("a page");
    let begins = page.find("\nimage tag: ").expect("a plan") + 1;
    let ends = page[begins..].find("```").expect("an end");
    page[begins..begins + ends].to_owned()
}

/// An old tag again, and no patience: the update is undone.
fn put_back_when_it_does_not_become_ready(up: &Up) {
    let old =
        "kube-proxy=602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/kube-proxy:v1.33.3-minimal-eksbuild.4";
    up.client("kubectl", &["--namespace", "kube-system", "set", "image", "daemonset/kube-proxy", old]);
    let ran = up.replank("utils update-kube-proxy --cluster eks-workshop --approve --timeout 0s");
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("put back \"kube-system:DaemonSet.apps/kube-proxy\""), "{}", ran.out);
    let image = "-o=jsonpath={$.spec.template.spec.containers[:1].image}";
    let now = up.client("kubectl", &["--namespace", "kube-system", "get", "daemonset", "kube-proxy", image]);
    assert_eq!(format!("kube-proxy={now}"), old);
}
