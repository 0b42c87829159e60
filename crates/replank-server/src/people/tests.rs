//! Who is let in, by a cluster that knows two people, and what of them is asked when.

use std::sync::Mutex;

use bytes::Bytes;
use hyper::{HeaderMap, Method};
use secrecy::ExposeSecret;

use super::*;

/// A cluster; it counts what it is asked.
#[derive(Default)]
struct Cluster {
    asked: Mutex<(u32, u32)>,
    jane_acts: Mutex<bool>,
}

fn person(name: &str) -> Person {
    Person { name: name.into(), uid: String::new(), groups: Vec::new(), extra: BTreeMap::new() }
}

impl Reviewer for Cluster {
    fn whose<'a>(&'a self, token: &'a SecretString) -> Reviewed<'a, Option<Person>> {
        self.asked.lock().unwrap().0 += 1;
        let found = token.expose_secret().strip_prefix("token-of-").map(person);
        Box::pin(async move { Ok(found) })
    }

    fn right<'a>(&'a self, person: &'a Person) -> Reviewed<'a, Option<Right>> {
        self.asked.lock().unwrap().1 += 1;
        let acts = person.name == "jane" && *self.jane_acts.lock().unwrap();
        Box::pin(async move { Ok(Some(if acts { Right::Acts } else { Right::Looks })) })
    }
}

fn request(headers: &[(&'static str, &str)]) -> Request {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        all.append(*name, value.parse().unwrap());
    }
    let path = "/dashboard".to_owned();
    Request { method: Method::GET, path, query: String::new(), headers: all, body: Bytes::new() }
}

fn at(address: &str) -> Peer {
    Peer { is_certified: false, address: address.parse().unwrap() }
}

fn proxied() -> Proxy {
    let (user, groups) = ("x-user".parse().unwrap(), Some("x-groups".parse().unwrap()));
    Proxy { user, groups, from: vec!["10.0.0.0/24".parse().unwrap()] }
}

#[tokio::test]
async fn a_token_is_asked_about_once_in_a_while_and_a_change_each_time() {
    let cluster = Arc::new(Cluster::default());
    *cluster.jane_acts.lock().unwrap() = true;
    let people = People::new(cluster.clone(), None).unwrap();
    let request = request(&[("authorization", "Bearer token-of-jane")]);
    for _ in 0..3 {
        let jane = people.of(&request, at("127.0.0.1")).await.unwrap().unwrap();
        assert_eq!(people.right(&jane).await, Ok(Some(Right::Acts)));
    }
    assert_eq!(*cluster.asked.lock().unwrap(), (1, 1));
    *cluster.jane_acts.lock().unwrap() = false;
    let jane = person("jane");
    assert_eq!(people.right_now(&jane).await, Ok(Some(Right::Looks)), "a change asks anew");
    assert_eq!(
        people.right(&jane).await,
        Ok(Some(Right::Looks)),
        "what was heard then holds for readings too"
    );
}

#[tokio::test]
async fn what_is_no_token_is_nobodys_and_is_not_asked_about() {
    let cluster = Arc::new(Cluster::default());
    let people = People::new(cluster.clone(), None).unwrap();
    for header in
        ["", "Bearer ", "Basic token-of-jane", &format!("Bearer {}", "x".repeat(TOKEN_LENGTH_MAX + 1))]
    {
        let asked = request(&[("authorization", header)]);
        assert_eq!(people.of(&asked, at("127.0.0.1")).await, Ok(None), "{header}");
    }
    assert_eq!(cluster.asked.lock().unwrap().0, 0);
    let asked = request(&[("authorization", "Bearer made-up")]);
    assert_eq!(people.of(&asked, at("127.0.0.1")).await, Ok(None));
}

#[tokio::test]
async fn a_proxy_is_believed_where_it_connects_from_and_nobody_is_vouched_for_as_the_system() {
    let people = People::new(Arc::new(Cluster::default()), Some(proxied())).unwrap();
    let of = async |headers: &[(&'static str, &str)], from: &str| {
        people.of(&request(headers), at(from)).await.unwrap()
    };
    let jane = [("x-user", "jane"), ("x-groups", "team, system:masters"), ("x-groups", "ops")];
    let found = of(&jane, "10.0.0.9").await.unwrap();
    assert_eq!(
        (found.name.as_str(), found.groups.join(" ")),
        ("jane", "team ops system:authenticated".into())
    );
    assert_eq!(of(&jane, "10.0.1.9").await, None, "anybody could write the header");
    for name in ["", "system:admin"] {
        assert_eq!(of(&[("x-user", name)], "10.0.0.9").await, None, "{name}");
    }
    assert_eq!(of(&[("x-user", "jane"), ("x-user", "root")], "10.0.0.9").await, None, "two names are none");
    let unset = People::new(Arc::new(Cluster::default()), None).unwrap();
    assert_eq!(unset.of(&request(&jane), at("10.0.0.9")).await, Ok(None), "no proxy without its setting");
}

#[test]
fn forms_of_two_people_are_told_apart() {
    let people = People::new(Arc::new(Cluster::default()), None).unwrap();
    let other = People::new(Arc::new(Cluster::default()), None).unwrap();
    let (jane, jim) = (person("jane"), person("jim"));
    assert_eq!(people.word(&jane), people.word(&jane));
    assert_ne!(people.word(&jane), people.word(&jim));
    assert_ne!(people.word(&jane), other.word(&jane));
}
