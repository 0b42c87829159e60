//! Lists and watches by the rules of resource versions, as raw requests.

use serde_json::Value;

use crate::bench::Bench;

/// The events of a watch that ends after a second.
fn events(bench: &Bench, query: &str) -> Vec<Value> {
    let out = bench.prints(&format!("get --raw /api/v1/nodes?watch=true&timeoutSeconds=1&{query}"));
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[test]
fn a_watch_begins_where_it_is_asked_to() {
    let bench = Bench::new();
    let list: Value = serde_json::from_str(&bench.prints("get --raw /api/v1/nodes")).unwrap();
    let version = list["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    let node = list["items"][0]["metadata"]["name"].as_str().unwrap();
    assert_eq!(kinds(&events(&bench, "")), ["ADDED"; 3]);
    assert_eq!(kinds(&events(&bench, "resourceVersion=0")), ["ADDED"; 3]);
    assert!(events(&bench, &format!("resourceVersion={version}")).is_empty());
    bench.prints(&format!("label node {node} side=port"));
    let labelled = events(&bench, &format!("resourceVersion={version}"));
    assert_eq!(kinds(&labelled), ["MODIFIED"]);
    assert_eq!(labelled[0]["object"]["metadata"]["labels"]["side"], "port");
    let into = events(&bench, &format!("resourceVersion={version}&labelSelector=side"));
    assert_eq!(into.len(), 1, "{into:?}");
    let since = labelled[0]["object"]["metadata"]["resourceVersion"].as_str().unwrap();
    bench.prints(&format!("label node {node} side-"));
    let out = events(&bench, &format!("resourceVersion={since}&fieldSelector=metadata.name={node}"));
    assert_eq!(kinds(&out), ["MODIFIED"]);
    let old = events(&bench, "resourceVersion=1");
    assert!(old.iter().all(|event| event["type"] != "ERROR" || event["object"]["code"] == 410), "{old:?}");
}

#[test]
fn a_streamed_list_ends_with_a_bookmark() {
    let bench = Bench::new();
    let query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let events = events(&bench, query);
    assert_eq!(kinds(&events), ["ADDED", "ADDED", "ADDED", "BOOKMARK"]);
    let bookmark = &events[3]["object"]["metadata"];
    assert_eq!(bookmark["annotations"]["k8s.io/initial-events-end"], "true");
    for (path, wanted) in [
        ("/api/v1/nodes?watch=true&sendInitialEvents=true", "resourceVersionMatch"),
        ("/api/v1/nodes?sendInitialEvents=true", "forbidden for list"),
        ("/api/v1/nodes?resourceVersionMatch=Exact", "forbidden unless resourceVersion"),
        ("/api/v1/nodes?resourceVersion=99999999", "Too large resource version"),
        ("/api/v1/nodes?fieldSelector=spec.x=1", "field label not supported"),
        ("/api/v1/nodes?labelSelector=a%20b", "unable to parse"),
        ("/api/v1/nodes?continue=x", "continue"),
        ("/api/v1/fish", "could not find"),
    ] {
        let said = bench.kubectl(&format!("get --raw {path}"));
        assert!(!said.ok && said.err.contains(wanted), "{path}: {said:?}");
    }
}

#[test]
fn a_list_comes_in_pages() {
    let bench = Bench::new();
    let mut path = "/api/v1/pods?limit=7".to_owned();
    let (mut names, mut versions) = (Vec::new(), Vec::new());
    loop {
        let page: Value = serde_json::from_str(&bench.prints(&format!("get --raw {path}"))).unwrap();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 7);
        names.extend(items.iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()));
        versions.push(page["metadata"]["resourceVersion"].clone());
        let Some(next) = page["metadata"]["continue"].as_str() else { break };
        path = format!("/api/v1/pods?limit=7&continue={next}");
    }
    let all = bench.prints("get pods -A --chunk-size=0 -o name");
    assert_eq!(names.len(), all.lines().count());
    assert!(versions.len() > 1 && versions.iter().all(|version| *version == versions[0]), "{versions:?}");
}
