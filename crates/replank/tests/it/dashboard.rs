//! The dashboard over a real socket, as a browser asks: who is let in, which changes are taken, that no text becomes
//! markup. What a person sees of it is in `browser`.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::served::{PATIENCE, Up};
use crate::tool::Scratch;
use crate::wire::{address, signed_for};

/// A text that would run if it became markup.
const HOSTILE: &str = "<img/src=x/onerror=alert(1)>\"'&";

/// An answer with its head.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The value of a hidden field.
    fn field(&self, name: &str) -> String {
        let from = self.body.split_once(&format!("name=\"{name}\" value=\"")).expect("a field").1;
        from.split_once('"').expect("an end").0.to_owned()
    }
}

/// A browser that came in by a link.
struct Browser<'u> {
    up: &'u Up,
    cookie: String,
}

/// The path of a new link.
fn link(up: &Up, flags: &str) -> String {
    let shown: Value = serde_json::from_str(&up.says(&format!("dashboard -o json {flags}"))).expect("JSON");
    let url = shown["url"].as_str().expect("a link");
    url.strip_prefix(up.told("AWS_ENDPOINT_URL")).expect("of this server").to_owned()
}

/// Sends a request as it stands.
fn asked(up: &Up, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", address(up));
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("content-length: {}\r\n\r\n{body}", body.len());
    whole(up, text.as_bytes())
}

fn whole(up: &Up, bytes: &[u8]) -> Answer {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address(up)).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(bytes).expect("it is taken");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

impl<'u> Browser<'u> {
    fn enter(up: &'u Up, flags: &str) -> Self {
        let answer = asked(up, "GET", &link(up, flags), &[], "");
        assert_eq!((answer.status, answer.header("location")), (303, Some("/dashboard")), "{}", answer.head);
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        Self { up, cookie: cookie.expect("a cookie").to_owned() }
    }

    fn get(&self, target: &str) -> Answer {
        asked(self.up, "GET", target, &[("cookie", &self.cookie)], "")
    }

    /// A page that has to be there, with nothing in it that a text of others became.
    fn page(&self, target: &str) -> Answer {
        let answer = self.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        assert_harmless(target, &answer);
        answer
    }

    /// Sends a form of a page, as a browser does.
    fn send(&self, target: &str, form: &str) -> Answer {
        let csrf = self.get("/dashboard").field("csrf");
        let origin = format!("http://{}", address(self.up));
        let headers = [
            ("cookie", &*self.cookie),
            ("origin", &origin),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        asked(self.up, "POST", target, &headers, &format!("csrf={csrf}&{form}"))
    }

    /// Reads a page again until it says something.
    fn until(&self, target: &str, words: &str) -> Answer {
        let begun = Instant::now();
        loop {
            let answer = self.page(target);
            if answer.body.contains(words) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{target} never says {words}: {}", answer.body);
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Nothing in a page runs, whatever stands in the cluster, and the browser is told to run nothing.
fn assert_harmless(target: &str, answer: &Answer) {
    assert!(!answer.body.contains("<img"), "{target}: {}", answer.body);
    assert!(!answer.body.contains(" style=") && !answer.body.contains(" onclick"), "{target}");
    assert_eq!(
        answer.body.matches("<script").count(),
        answer.body.matches("<script src=\"/dashboard/").count()
    );
    assert_guarded(target, answer);
}

fn assert_guarded(target: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy").expect(target);
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{target}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{target}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{target}");
}

#[test]
fn nobody_is_let_in_without_a_link_that_nobody_opened() {
    let scratch = Scratch::new("dashboard-in");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0 --speed 60x");
    let places = [
        "/dashboard",
        "/dashboard/",
        "/dashboard/updates/u",
        "/dashboard/plan",
        "/dashboard/world",
        "/dashboard/x",
    ];
    for place in places {
        let answer = asked(&up, "GET", place, &[], "");
        assert_eq!(answer.status, 401, "{place}");
        assert!(!answer.body.contains("eks-workshop"), "{place}: {}", answer.body);
        assert_guarded(place, &answer);
    }
    for place in ["/dashboard/world", "/dashboard/plan", "/dashboard/leave", "/dashboard/updates/u/pause"] {
        assert_eq!(asked(&up, "POST", place, &[], "").status, 401, "{place}");
    }
    for asset in ["/dashboard/dashboard.css", "/dashboard/dashboard.js", "/dashboard/icon.svg"] {
        assert_eq!(asked(&up, "GET", asset, &[], "").status, 200, "{asset}");
    }

    let path = link(&up, "");
    let answer = asked(&up, "GET", &path, &[], "");
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    assert!(
        cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Strict")
            && cookie.contains("Path=/dashboard")
    );
    assert!(answer.body.is_empty() && !answer.head.contains("token"), "{}", answer.head);
    assert_eq!(asked(&up, "GET", &path, &[], "").status, 403, "it was opened");
    assert_eq!(asked(&up, "GET", "/dashboard/enter?token=guessed", &[], "").status, 403);
    let cookie = cookie.split(';').next().expect("a pair");
    assert!(asked(&up, "GET", "/dashboard", &[("cookie", cookie)], "").body.contains("eks-workshop"));
    for api in ["/replank/v1/updates", "/clusters", "/replank/v1/world"] {
        assert_eq!(
            asked(&up, "GET", api, &[("cookie", cookie)], "").status,
            403,
            "{api} takes a signature alone"
        );
    }

    let browser = Browser::enter(&up, "");
    assert_eq!(browser.send("/dashboard/leave", "").status, 200);
    assert_eq!(browser.get("/dashboard").status, 401);
}

#[test]
fn a_change_comes_from_a_page_of_this_session_and_from_who_may() {
    let scratch = Scratch::new("dashboard-change");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0 --speed 60x");
    let browser = Browser::enter(&up, "");
    let (csrf, here) = (browser.get("/dashboard").field("csrf"), format!("http://{}", address(&up)));
    let paused = || up.says("world -o json").contains("\"paused\": true");
    let other = Browser::enter(&up, "").get("/dashboard").field("csrf");
    for (origin, csrf) in [
        (None, &*csrf),
        (Some("null"), &csrf),
        (Some("http://127.0.0.1:1"), &csrf),
        (Some("http://localhost"), &csrf),
        (Some(&*here), ""),
        (Some(&here), "guessed"),
        (Some(&here), &other),
    ] {
        let mut headers = vec![("cookie", &*browser.cookie)];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let answer = asked(&up, "POST", "/dashboard/world", &headers, &format!("csrf={csrf}&paused=yes"));
        assert_eq!((answer.status, paused()), (403, false), "{origin:?} {csrf}: {}", answer.body);
        assert_harmless("/dashboard/world", &answer);
    }
    let looks = Browser::enter(&up, "--read-only");
    assert_eq!((looks.send("/dashboard/world", "paused=yes").status, paused()), (403, false));
    for form in ["Stop the time", "Let it happen", "Start this update"] {
        assert!(!looks.page("/dashboard/world").body.contains(form), "{form}");
    }
    let plan = looks.page("/dashboard/plan?group=eks-workshop%2Fdefault&plan=yes");
    assert!(plan.body.contains("It would succeed.") && !plan.body.contains("Start this update"));

    assert_eq!(browser.send("/dashboard/world", "paused=yes").status, 303);
    assert!(paused());
    let refused = browser.send("/dashboard/world", "speed=-3");
    assert!(refused.status == 400 && refused.body.contains("speed -3: give more than 0"), "{}", refused.body);
    let unknown = browser.get("/dashboard/plan?group=eks-workshop%2Fdefault&plan=yes&order1=youngest");
    assert!(unknown.status == 400 && unknown.body.contains("order1: youngest is no order; there are random"));
    let unread = browser.send("/dashboard/plan", "cluster=eks-workshop&nodegroup=default");
    assert!(unread.status == 400 && unread.body.contains("approved: it is not ticked"), "{}", unread.body);
}

#[test]
fn an_update_is_planned_started_held_and_ended_and_no_text_of_the_cluster_becomes_markup() {
    let scratch = Scratch::new("dashboard-update");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0 --speed 60x");
    let browser = Browser::enter(&up, "");
    for node in up.client("kubectl", &["get", "nodes", "-o", "name"]).lines() {
        up.client("kubectl", &["annotate", node, &format!("replank.dev/hold={HOSTILE}")]);
    }
    let hostile = percent_encoded(HOSTILE);
    for target in [
        format!("/dashboard/world?done={hostile}&cluster={hostile}"),
        format!("/dashboard/plan?group={hostile}%2Fg&plan=yes&batch1={hostile}&version1={hostile}"),
        format!(
            "/dashboard/plan?group=eks-workshop%2Fdefault&plan=yes&release1={hostile}&strategy1={hostile}"
        ),
        format!("/dashboard/upgrades?plan=yes&cluster={hostile}&version={hostile}"),
        format!("/dashboard/updates/{hostile}"),
        format!("/dashboard/updates/{hostile}/{hostile}"),
        format!("/dashboard/{hostile}"),
    ] {
        assert_harmless(&target, &browser.get(&target));
    }

    let plan = "/dashboard/plan?group=eks-workshop%2Fdefault&plan=yes&batch1=2&try2=yes&strategy2=MINIMAL&order2=oldest";
    let plan = browser.page(plan);
    assert_eq!(plan.body.matches("Start this update").count(), 2);
    assert!(
        plan.body.contains("Update: 2 at a time") && plan.body.contains("What if 1: minimal, order oldest")
    );
    let form = "cluster=eks-workshop&nodegroup=default&batch=2&approved=yes&token=once";
    let begun = browser.send("/dashboard/plan", form);
    let update = begun.header("location").expect("a page").to_owned();
    assert_eq!(
        browser.send("/dashboard/plan", form).header("location"),
        Some(&*update),
        "it is started once"
    );

    let held = browser.until(&update, "is on hold (");
    assert!(held.body.contains("&lt;img/src=x/onerror=alert(1)&gt;"), "{}", held.body);
    assert!(held.body.contains("us-west-2a") && held.body.contains("<meter"), "{}", held.body);
    assert!(!held.body.contains("There is no forecast"), "{}", held.body);
    assert_harmless("fleet", &browser.page("/dashboard"));
    let events = asked(&up, "GET", &format!("{update}/events"), &[], "");
    assert_eq!(events.status, 401);

    let sure = browser.page(&format!("{update}/pause"));
    assert!(sure.body.contains("No further node is picked."), "{}", sure.body);
    assert_eq!(browser.send(&format!("{update}/pause"), "").status, 303);
    browser.until(&update, "Paused. ");
    let again = browser.send(&format!("{update}/pause"), "");
    assert!(again.status == 409 && again.body.contains("is paused already"), "{}", again.body);
    assert_eq!(browser.send(&format!("{update}/resume"), "").status, 303);
    assert_eq!(browser.send(&format!("{update}/cancel"), "uncordon=yes").status, 303);
    browser.until(&update, "It was cancelled after");
    let part = asked(&up, "GET", &update, &[("cookie", &browser.cookie), ("x-part", "live")], "");
    assert!(part.body.starts_with("<main>") && !part.body.contains("id=\"log\""), "{}", part.body);
}

#[test]
fn nodes_of_an_update_and_links_are_answers_of_the_control_api() {
    let scratch = Scratch::new("dashboard-api");
    let up = Up::start(scratch.path(), "--port 0 --kubernetes-port 0 --speed 60x");
    let begun = up.says("upgrade nodegroup default --approve --no-wait -o json");
    let begun: Value = serde_json::from_str(&begun).expect("JSON");
    let path = format!("/replank/v1/updates/{}/nodes", begun["update"].as_str().expect("an id"));
    let scope = ("replank", up.told("AWS_REGION"));
    let since = Instant::now();
    let answer = loop {
        let answer = whole(&up, &signed_for(&up, scope, ("GET", &path, ""), &[]));
        let answer: Value = serde_json::from_str(&answer.body).expect("JSON");
        if answer["nodes"].is_array() {
            break answer;
        }
        assert!(since.elapsed() < PATIENCE, "{answer}");
        std::thread::sleep(Duration::from_millis(50));
    };
    let nodes = answer["nodes"].as_array().expect("nodes");
    assert!(nodes.len() >= 3 && nodes.iter().any(|node| node["place"] == "old"), "{answer}");
    let budgets = answer["budgets"].as_array().expect("budgets");
    assert!(budgets.iter().all(|one| one["lowest"].as_u64() <= one["healthy"].as_u64()), "{answer}");
    assert!(!budgets.is_empty());
    let body = r#"{"forever":true}"#;
    let refused = whole(&up, &signed_for(&up, scope, ("POST", "/replank/v1/dashboard/links", body), &[]));
    assert_eq!(refused.status, 400, "{}", refused.body);
}

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
