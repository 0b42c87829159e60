//! Who may look at the dashboard of an operator, and who may act there: whoever the cluster knows, and whoever it lets.

use serde_json::json;

use super::browser::Site;
use super::fleet::{Fleet, UPDATES};

const AT: &str = "127.0.0.1:18398";
const API: &str = "/replank/v1";

impl Fleet {
    /// The token of a service account that is made for it.
    fn token_of(&self, name: &str) -> String {
        self.kubectl(&["create", "serviceaccount", name]);
        self.kubectl(&["create", "token", name]).trim().to_owned()
    }

    fn lets_act(&self, name: &str) {
        let account = format!("--serviceaccount=default:{name}");
        self.kubectl(&["create", "clusterrolebinding", "acts", "--clusterrole=acts", &account]);
    }
}

#[test]
fn whoever_the_cluster_lets_acts_and_everybody_else_it_knows_looks() {
    let fleet = Fleet::launch();
    let _replica = fleet.replica("one", 18_397, &["--dashboard", AT]);
    let site = Site(18_398);
    fleet.until("the dashboard", || site.ask("GET", "/healthz", &[], "").status == 200);
    fleet.kubectl(&[
        "create",
        "clusterrole",
        "acts",
        "--verb=create,patch",
        "--resource=nodegroupupdates.replank.dev",
    ]);
    let (jane, jim) = (fleet.token_of("jane"), fleet.token_of("jim"));
    fleet.lets_act("jane");

    // Nobody is told anything of the cluster whom it does not know.
    for path in ["/dashboard", &format!("{API}/updates"), "/clusters", "/"] {
        assert_eq!(site.ask("GET", path, &[], "").status, 401, "{path}");
        assert_eq!(site.with("made-up", "GET", path, "").status, 401, "{path}");
        let vouched = [("x-forwarded-user", "jane"), ("x-remote-user", "jane")];
        assert_eq!(site.ask("GET", path, &vouched, "").status, 401, "no proxy is believed unasked: {path}");
    }
    let listed = site.with(&jim, "GET", &format!("{API}/clusters"), "");
    assert_eq!(listed.status, 200, "{}", listed.body);
    let cluster = listed.json()["clusters"][0]["name"].as_str().unwrap().to_owned();
    let wanted = json!({"cluster": cluster, "nodegroup": "workers", "maxUnavailable": 1}).to_string();
    let refused = site.with(&jim, "POST", &format!("{API}/updates"), &wanted);
    assert!(refused.status == 403 && refused.body.contains("create and patch"), "{}", refused.body);
    assert_eq!(site.with(&jim, "POST", &format!("{API}/dashboard/links"), "").status, 403);
    assert_eq!(site.with(&jim, "GET", "/dashboard/plan", "").status, 200);

    let begun = site.with(&jane, "POST", &format!("{API}/updates"), &wanted);
    assert_eq!(begun.status, 200, "{}", begun.body);
    let update = begun.json()["update"].as_str().unwrap().to_owned();
    let objects = fleet.lab.api().get(UPDATES).unwrap();
    let object = &objects["items"][0];
    let name = object["metadata"]["name"].as_str().unwrap();
    assert_eq!((&object["metadata"]["uid"], &object["spec"]["approved"]), (&json!(update), &json!(true)));
    let by = object["metadata"]["annotations"]["replank.dev/asked-by"].as_str().unwrap();
    assert_eq!(by, "system:serviceaccount:default:jane: approved true");
    fleet.until("a node in work", || fleet.status(name)["nodes"]["inWork"].as_u64() > Some(0));

    // What is asked for is written into the object, where the next look at it finds it.
    let ask = |token: &str, verb: &str| {
        site.with(token, "POST", &format!("{API}/updates/{update}/{verb}"), "").status
    };
    assert_eq!((ask(&jim, "pause"), ask(&jane, "pause")), (403, 200));
    fleet.until_phase(name, "Paused");
    // A right that is taken away is gone at once for changes.
    fleet.kubectl(&["delete", "clusterrolebinding", "acts"]);
    fleet.until("nothing may be changed any more", || ask(&jane, "resume") == 403);
    assert_eq!(fleet.lab.api().get(&format!("{UPDATES}/{name}")).unwrap()["spec"]["paused"], true);
    fleet.lets_act("jane");
    fleet.until("it may again", || ask(&jane, "cancel") == 200);
    in_a_browser(&site, &jane, &update);
    fleet.until("its end", || fleet.status(name)["outcome"] == "Cancelled");
    assert_eq!(fleet.nodes().len(), 4);
}

/// Somebody signs in with a token, sees who they are, and can change something from a page of ours alone.
fn in_a_browser(site: &Site, token: &str, update: &str) {
    let form = format!("bearer={token}");
    let kind = ("content-type", "application/x-www-form-urlencoded");
    assert_eq!(site.ask("POST", "/dashboard/enter", &[kind], &form).status, 403, "from no page of ours");
    let origin = ("origin", "http://127.0.0.1:18398");
    let entered = site.ask("POST", "/dashboard/enter", &[kind, origin], &form);
    assert_eq!(entered.status, 303, "{}", entered.body);
    let cookie = entered.header("set-cookie").unwrap();
    assert!(!cookie.contains(token) && cookie.contains("HttpOnly"), "{cookie}");
    let cookie = ("cookie", cookie.split(';').next().unwrap());
    let fleet = site.ask("GET", "/dashboard", &[cookie], "");
    assert!(
        fleet.status == 200
            && fleet.body.contains("system:serviceaccount:default:jane: You may look and act.")
    );
    assert!(!fleet.body.contains(token) && !fleet.head.contains(token));
    let forged =
        site.ask("POST", &format!("/dashboard/updates/{update}/pause"), &[kind, origin, cookie], "csrf=x");
    assert_eq!(forged.status, 403, "{}", forged.body);
    // The cookie opens no API.
    assert_eq!(site.ask("GET", &format!("{API}/updates"), &[cookie], "").status, 401);
}
