//! The document and the routes, and the board on its own. The routes are held to it by the tests of the command.

use std::collections::BTreeSet;

use bytes::Bytes;
use hyper::{HeaderMap, Method};

use super::route::ROUTES;
use super::*;
use crate::auth::Authentication;

#[test]
fn each_route_is_found_by_its_own_path_and_asks_for_a_signature() {
    let mut seen = BTreeSet::new();
    for route in ROUTES {
        let path = format!("{ROOT}{}", route.path.replace("{update}", "u%2F1").replace("{verb}", "pause"));
        let method: Method = route.method.parse().unwrap();
        let (query, headers) = (String::new(), HeaderMap::new());
        let request = Request { method, path, query, headers, body: Bytes::new() };
        let (found, given) = Route::of(&request).unwrap();
        assert_eq!(found.operation, route.operation, "{request:?}");
        assert_eq!(found.authentication, Authentication::SigV4, "{request:?}");
        let wanted = ["u/1", "pause"].into_iter().take(route.path.matches('{').count());
        assert!(given.iter().map(String::as_str).eq(wanted), "{given:?}");
        assert!(seen.insert(format!("{:?}", route.operation)), "one route for each operation");
        for path in [format!("{}/x/y/z", request.path), "/replank/v2/updates".into(), "/clusters".into()] {
            assert!(Route::of(&Request { path, ..request.clone() }).is_none());
        }
    }
}

#[test]
fn the_document_names_every_route_and_no_other() {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    for Route { method, path, .. } in ROUTES {
        let documented = &paths.get(&format!("{ROOT}{path}")).unwrap_or_else(|| panic!("{path}"));
        assert!(documented[method.to_ascii_lowercase()].is_object(), "{method} {path}");
    }
    let methods = |path: &Value| path.as_object().unwrap().keys().filter(|key| *key != "parameters").count();
    assert_eq!(paths.values().map(methods).sum::<usize>(), ROUTES.len());
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
