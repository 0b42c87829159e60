//! The document and the routes, and the board on its own. The routes are held to it by the tests of the command.

use super::*;

/// Method and path of every route, from the table of routes itself.
fn routes() -> Vec<(String, String)> {
    let table = include_str!("mod.rs").lines().filter_map(|line| {
        let (method, rest) = line.trim().strip_prefix("(\"")?.split_once("\", [")?;
        let parts = rest.split_once(']')?.0.split(", ");
        let part = |part: &str| match part {
            "id" => "{update}".to_owned(),
            "verb" => "{verb}".to_owned(),
            word => word.trim_matches('"').to_owned(),
        };
        Some((method.to_ascii_lowercase(), parts.map(part).collect::<Vec<_>>().join("/")))
    });
    table.collect()
}

#[test]
fn the_document_names_every_route_and_no_other() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let routes = routes();
    assert!(routes.len() >= 15, "{routes:?}");
    for (method, path) in &routes {
        let path = &paths.get(&format!("{ROOT}{path}")).unwrap_or_else(|| panic!("{path}"));
        assert!(path[method].is_object(), "{method} {path}");
    }
    let methods = |path: &Value| path.as_object().unwrap().keys().filter(|key| *key != "parameters").count();
    assert_eq!(paths.values().map(methods).sum::<usize>(), routes.len());
}

#[test]
fn queries_are_read() {
    let query = Query::of("a=1&run=&a=2&c=x").unwrap();
    assert_eq!((query.text("a"), query.text("run"), query.text("d")), (Some("2"), None, None));
    assert_eq!(query.number("a"), Ok(Some(2)));
    assert_eq!(query.number("c").map_err(|refusal| refusal.status), Err(400));
}

#[test]
fn a_parameter_without_a_value_is_no_wish_for_everything() {
    for (query, name) in [("cluster=", "cluster"), ("a=1&nodegroup=%20", "nodegroup"), ("type", "type")] {
        let refused = Query::of(query).err().unwrap();
        assert_eq!(refused.status, 400, "{query}");
        assert!(refused.message.starts_with(&format!("{name}: '")), "{}", refused.message);
    }
}
