//! What goes wrong around an update of a real cluster: each time it is done in the end or says what it waits for, and
//! the server's own audit log shows that nothing was done that may not be done.

mod cut;
mod expired;
pub(crate) mod judge;
mod ship;

use std::time::Duration;

use replank_lab::Part;
use serde_json::json;

use ship::{PATIENCE, Ship};

/// How long something stays broken, longer than an update takes to notice.
const A_WHILE: Duration = Duration::from_secs(12);

#[test]
fn an_api_server_that_dies_in_the_middle_of_a_drain() {
    let ship = Ship::launch();
    let update = ship.begin_and_drain();
    ship.lab.kill(Part::ApiServer).unwrap();
    std::thread::sleep(A_WHILE);
    ship.until_told(&["the Kubernetes API cannot be read"]);
    ship.lab.start_again(Part::ApiServer).unwrap();
    ship.finished(update);
    ship.judge_by_what_is_left();
}

#[test]
fn an_etcd_that_hangs_for_half_a_minute() {
    let ship = Ship::launch();
    let update = ship.begin_and_drain();
    ship.lab.hang(Part::Etcd).unwrap();
    std::thread::sleep(Duration::from_secs(30));
    ship.lab.go_on(Part::Etcd).unwrap();
    ship.finished(update);
    ship.judge();
}

/// Every process does one act more than the one before it, and dies: before the act, or before its answer is known.
#[test]
fn a_process_that_dies_at_each_act() {
    let ship = Ship::launch();
    let mut deaths = 0;
    for boundary in ["performing", "performed"].iter().cycle() {
        let mut update = ship.update();
        let mut update = update.env("REPLANK_DIE_AT", format!("{boundary}:2")).spawn().unwrap();
        if ship.ended(&mut update).success() {
            break;
        }
        deaths += 1;
        assert!(deaths < 100, "the update gets nowhere");
    }
    assert!(deaths > 10, "only {deaths} processes died");
    ship.is_done();
    ship.judge();
}

#[test]
fn rights_that_are_taken_away_and_given_back() {
    let ship = Ship::launch();
    let update = ship.begin_and_drain();
    ship.unbind("replank");
    std::thread::sleep(A_WHILE);
    ship.until_told(&["is not allowed", "cannot"]);
    ship.bind("replank");
    ship.finished(update);
    ship.judge();
}

#[test]
fn credentials_that_expire_and_are_renewed() {
    let ship = Ship::launch();
    let update = ship.begin_with(&ship.kubeconfig_with_plugin());
    ship.until_draining();
    ship.revoke_credentials();
    std::thread::sleep(A_WHILE);
    ship.until_told(&["Unauthorized"]);
    ship.renew_credentials();
    ship.finished(update);
    ship.judge();
}

#[test]
fn a_server_that_has_too_many_requests() {
    let ship = Ship::launch();
    let update = ship.begin_and_drain();
    ship.throttle();
    std::thread::sleep(A_WHILE);
    ship.unthrottle();
    ship.finished(update);
    ship.judge();
}

#[test]
fn a_webhook_that_hangs() {
    let ship = Ship::launch();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    ship.webhook(&format!("https://{address}/"));
    let update = ship.begin();
    ship.until_told(&["hangs.example.org"]);
    ship.remove_webhook();
    ship.finished(update);
    ship.judge();
}

#[test]
fn a_node_that_somebody_deletes_in_the_middle() {
    let ship = Ship::launch();
    let update = ship.begin_and_drain();
    // It may be gone by itself before it is deleted: another one, then.
    ship.lab
        .wait(PATIENCE, "a node to delete", || {
            Ok(ship.draining_node().is_some_and(|victim| ship.lab.remove_node(&victim).is_ok()))
        })
        .unwrap();
    ship.finished(update);
    ship.judge();
}

#[test]
fn budgets_that_change_every_second() {
    let ship = Ship::launch();
    let update = ship.begin();
    let mut update = update;
    let path = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";
    for round in 0.. {
        if update.0.try_wait().unwrap().is_some() {
            break;
        }
        let spec = if round % 2 == 0 {
            json!({"maxUnavailable": null, "minAvailable": 6})
        } else {
            json!({"maxUnavailable": 1, "minAvailable": null})
        };
        ship.lab.api().merge(path, &json!({"spec": spec})).unwrap();
        assert!(round < 900, "the update gets nowhere");
        std::thread::sleep(Duration::from_secs(1));
    }
    ship.finished(update);
    ship.judge();
}
