//! The model is whole; requests are routed, read and refused by it.

use serde_json::json;

use super::validate::{LABEL, NAME, WORD};
use super::*;

#[test]
fn the_model_is_whole() {
    let model = Model::get();
    assert_eq!(model.operations.len(), 70);
    for (name, operation) in &model.operations {
        for shape in [&operation.input, &operation.output].into_iter().chain(&operation.errors) {
            assert!(model.shapes.contains_key(shape), "{name}: {shape}");
        }
    }
    for (name, shape) in &model.shapes {
        let members = shape.members.values().chain(&shape.member).chain(&shape.key).chain(&shape.value);
        for member in members {
            assert!(model.shapes.contains_key(&member.shape), "{name}: {}", member.shape);
        }
        if let Some(pattern) = &shape.pattern {
            assert!([NAME, WORD, LABEL].contains(&&**pattern), "{name}: {pattern} is not read");
        }
    }
}

#[test]
fn paths_mean_operations() {
    let rows = [
        ("GET", "/clusters", Some(("ListClusters", ""))),
        ("GET", "/clusters/", Some(("DescribeCluster", ""))),
        ("GET", "/clusters/c1", Some(("DescribeCluster", "c1"))),
        ("DELETE", "/clusters/c%2F1", Some(("DeleteCluster", "c/1"))),
        ("GET", "/clusters/c1/node-groups/g", Some(("DescribeNodegroup", "c1"))),
        ("POST", "/clusters/c1/node-groups/g/update-version", Some(("UpdateNodegroupVersion", "c1"))),
        ("POST", "/clusters/c1/insights", Some(("ListInsights", "c1"))),
        ("GET", "/addons/supported-versions", Some(("DescribeAddonVersions", ""))),
        ("GET", "/tags/arn%3Aaws%3Aeks%3Aa%2Fb", Some(("ListTagsForResource", ""))),
        ("PUT", "/clusters/c1", None),
        ("GET", "/nothing", None),
        ("GET", "/clusters/a/b/c/d/e", None),
        ("GET", "", None),
    ];
    for (method, path, wanted) in rows {
        let found = Model::get().route(method, path);
        let found = found.map(|it| (it.name, it.names.get("name").cloned().unwrap_or_default()));
        assert_eq!(found, wanted.map(|(name, cluster)| (name, cluster.to_owned())), "{method} {path}");
    }
    let tags = Model::get().route("GET", "/tags/arn%3Aaws%3Aeks%3Aa%2Fb").unwrap();
    assert_eq!(tags.names["resourceArn"], "arn:aws:eks:a/b");
}

fn read(method: &str, path: &str, query: &str, body: &str) -> Result<serde_json::Value, Unreadable> {
    let model = Model::get();
    let routed = model.route(method, path).unwrap();
    model.read(&routed, query, body.as_bytes()).map(serde_json::Value::Object)
}

#[test]
fn inputs_come_from_path_query_and_body() {
    let config = "/clusters/c/node-groups/g/update-config";
    let body = r#"{"scalingConfig":{"minSize":1,"other":2},"labels":null,"unknown":1,"clusterName":"x"}"#;
    let wanted = json!({"clusterName": "c", "nodegroupName": "g", "scalingConfig": {"minSize": 1}});
    assert_eq!(read("POST", config, "", body), Ok(wanted));
    let query = "maxResults=5&clusterVersions=1.30&clusterVersions=1.31&includeAll=true";
    let wanted = json!({"maxResults": 5, "clusterVersions": ["1.30", "1.31"], "includeAll": true});
    assert_eq!(read("GET", "/cluster-versions", query, "ignored"), Ok(wanted));
    assert_eq!(read("POST", "/clusters/c/insights-refresh", "", ""), Ok(json!({"clusterName": "c"})));
}

#[test]
fn wrong_types_are_told_from_wrong_values() {
    let config = "/clusters/c/node-groups/g/update-config";
    for (body, said) in [
        ("{", "Unable to parse the request"),
        ("[]", "Start of structure expected."),
        (r#"{"scalingConfig":3}"#, "NUMBER_VALUE can not be converted to a Structure at 'scalingConfig'"),
        (r#"{"scalingConfig":{"minSize":"3"}}"#, "STRING_VALUE can not be converted to an Integer"),
        (r#"{"scalingConfig":{"minSize":1.5}}"#, "NUMBER_VALUE can not be converted to an Integer"),
        (r#"{"labels":{"removeLabels":"a"}}"#, "STRING_VALUE can not be converted to a List"),
    ] {
        match read("POST", config, "", body) {
            Err(Unreadable::Serialization(text)) => assert!(text.starts_with(said), "{text}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    assert!(matches!(
        read("GET", "/clusters", "maxResults=many", ""),
        Err(Unreadable::Serialization(text)) if text == "maxResults: 'many' can not be converted to an Integer"
    ));
}

#[test]
fn a_strategy_that_eks_does_not_know_is_refused() {
    // A word of ours.
    let body = json!({"updateConfig": {"updateStrategy": "REPLACE"}}).to_string();
    let said = "Value 'REPLACE' at 'updateConfig.updateStrategy' failed to satisfy constraint: \
          Member must satisfy enum value set: [DEFAULT, MINIMAL]";
    let read = read("POST", "/clusters/c/node-groups/g/update-config", "", &body);
    assert!(
        matches!(&read, Err(Unreadable::Invalid(breaks)) if breaks.iter().any(|text| text.contains(said))),
        "{read:?}"
    );
}

#[test]
fn breaks_are_told_in_the_words_of_aws() {
    let long = "k".repeat(64);
    let config = "/clusters/c/node-groups/g/update-config";
    let rows: Vec<(&str, &str, &str, String, &str)> = vec![
        (
            "GET",
            "/clusters",
            "maxResults=0",
            String::new(),
            "Value '0' at 'maxResults' failed to satisfy constraint: \
          Member must have value greater than or equal to 1",
        ),
        ("GET", "/clusters", "maxResults=500", String::new(), "less than or equal to 100"),
        (
            "POST",
            config,
            "",
            json!({"updateConfig": {"maxUnavailable": 0}}).to_string(),
            "'updateConfig.maxUnavailable'",
        ),
        (
            "POST",
            config,
            "",
            json!({"scalingConfig": {"maxSize": 0}}).to_string(),
            "greater than or equal to 1",
        ),
        (
            "POST",
            config,
            "",
            json!({"labels": {"addOrUpdateLabels": {long.clone(): "v"}}}).to_string(),
            "less than or equal to 63",
        ),
        (
            "POST",
            config,
            "",
            json!({"taints": {"addOrUpdateTaints": [{"key": "a", "effect": "NoSchedule"}]}}).to_string(),
            "Value 'NoSchedule' at 'taints.addOrUpdateTaints.1.member.effect' failed to satisfy constraint: \
          Member must satisfy enum value set: [NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE]",
        ),
        (
            "POST",
            "/clusters",
            "",
            json!({"name": "-c", "roleArn": "r", "resourcesVpcConfig": {}}).to_string(),
            "regular expression pattern",
        ),
        (
            "POST",
            "/clusters",
            "",
            json!({"name": "c"}).to_string(),
            "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        ("GET", "/clusters/", "", String::new(), "Value '' at 'name' failed to satisfy constraint"),
    ];
    for (method, path, query, body, said) in rows {
        match read(method, path, query, &body) {
            Err(Unreadable::Invalid(breaks)) => {
                assert!(breaks.iter().any(|text| text.contains(said)), "{breaks:?} wants {said}");
            }
            other => panic!("{path} {body}: {other:?}"),
        }
    }
}

#[test]
fn nothing_in_path_or_query_is_no_name() {
    let rows = [
        ("DELETE", "/clusters/c/node-groups/", "", "nodegroupName"),
        ("GET", "/clusters/c/updates", "nodegroupName=", "nodegroupName"),
        ("GET", "/cluster-versions", "clusterVersions=1.32&clusterVersions=", "clusterVersions"),
    ];
    for (method, path, query, name) in rows {
        let said = format!("Value '' at '{name}' failed to satisfy constraint");
        match read(method, path, query, "") {
            Err(Unreadable::Invalid(breaks)) => assert!(breaks[0].starts_with(&said), "{breaks:?}"),
            other => panic!("{path}?{query}: {other:?}"),
        }
    }
    let next = read("GET", "/clusters", "nextToken=", "");
    assert_eq!(next, Ok(json!({"nextToken": ""})), "it goes on where a list ended, and narrows nothing");
}

#[test]
fn names_have_patterns() {
    for (pattern, text, fits) in [
        (NAME, "a-b_C9", true),
        (NAME, "9", true),
        (NAME, "-a", false),
        (NAME, "a b", false),
        (NAME, "", false),
        (WORD, "a1", true),
        (WORD, "1a", false),
        (LABEL, "a-b", true),
        (LABEL, "a-", false),
    ] {
        assert_eq!(validate::fits(pattern, text), fits, "{pattern} {text}");
    }
}
