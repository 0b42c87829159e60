//! Replicas by seeds, in a world of their own: they are killed, paused, and cut off from the API server, whose answers are
//! late or lost. No two ever act on one group, and none is left alone for long.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use replank_core::draw::draw;

use super::PRESENT;
use super::sighted::{Sighted, placed};
use crate::lease::Terms;
use crate::lease::{Found, WORKS};

const STEP: Duration = Duration::from_millis(100);
const GROUPS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
/// A group is acted on again within this after whatever happened.
const TAKES_OVER: Duration = Duration::from_secs(15);

/// The API server's leases: version and holder by name.
#[derive(Default)]
struct Server {
    leases: BTreeMap<String, (u64, Option<String>)>,
    writes: u64,
}

impl Server {
    fn found(&self, name: &str) -> Option<Found> {
        let (version, holder) = self.leases.get(name)?;
        Some(Found {
            name: name.to_owned(),
            version: version.to_string(),
            holder: holder.clone(),
            lasts: if name.starts_with("p-") { PRESENT.lasts } else { WORKS.lasts },
            is_presence: name.starts_with("p-"),
        })
    }

    fn all(&self) -> Vec<Found> {
        self.leases.keys().filter_map(|name| self.found(name)).collect()
    }

    /// Writes over a version; the new one.
    fn write(&mut self, name: &str, over: Option<&str>, holder: Option<&str>) -> Option<String> {
        let there = self.leases.get(name).map(|(version, _)| version.to_string());
        (there.as_deref() == over).then(|| {
            self.writes += 1;
            self.leases.insert(name.to_owned(), (self.writes, holder.map(str::to_owned)));
            self.writes.to_string()
        })
    }
}

/// A lease that a replica believes to hold.
struct Held {
    name: String,
    version: String,
    until: Instant,
    renews: Instant,
    terms: Terms,
}

/// An answer on its way.
struct Late {
    at: Instant,
    sent: Instant,
    answer: Answer,
}

enum Answer {
    Listed(Vec<Found>),
    /// A lease as it was found, to be taken if it is free.
    Read(String, Option<Found>),
    Taken(String, Option<String>),
    Renewed(String, Option<String>),
}

struct Replica {
    name: String,
    sighted: Sighted,
    is_whole: bool,
    held: BTreeMap<String, Held>,
    late: Vec<Late>,
    asks: BTreeMap<String, Instant>,
    is_dead: bool,
    paused: Option<Instant>,
    cut: Option<Instant>,
}

struct Run {
    seed: u64,
    turn: u64,
    now: Instant,
    server: Server,
    replicas: Vec<Replica>,
    acted: BTreeMap<&'static str, Instant>,
    /// When something was done to a replica last, or it recovered.
    disturbed: Instant,
    moves: u64,
}

impl Run {
    fn new(seed: u64) -> Self {
        let now = Instant::now();
        let count = 2 + draw(seed, 0) % 4;
        let replica = |number: u64| Replica {
            name: format!("r{number}"),
            sighted: Sighted::default(),
            is_whole: false,
            held: BTreeMap::new(),
            late: Vec::new(),
            asks: BTreeMap::new(),
            is_dead: false,
            paused: None,
            cut: None,
        };
        let (replicas, acted) = ((0..count).map(replica).collect(), BTreeMap::new());
        Self { seed, turn: 1, now, server: Server::default(), replicas, acted, disturbed: now, moves: 0 }
    }

    fn chance(&mut self, of: u64) -> u64 {
        self.turn += 1;
        draw(self.seed, self.turn) % of
    }

    /// Kills, pauses and cuts; whoever is paused or cut off comes back.
    fn disturb(&mut self) {
        for at in 0..self.replicas.len() {
            let (now, kind) = (self.now, self.chance(3000));
            let long = Duration::from_millis(500 + self.chance(60_000));
            let alive = self.replicas.iter().filter(|it| !it.is_dead).count();
            let one = &mut self.replicas[at];
            let (woke, joined) =
                (one.paused.is_some_and(|it| it <= now), one.cut.is_some_and(|it| it <= now));
            if woke {
                one.paused = None;
            }
            if joined {
                one.cut = None;
            }
            match kind {
                0 if alive > 1 => one.is_dead = true,
                1..4 if one.paused.is_none() => one.paused = Some(now + long),
                4..7 if one.cut.is_none() => one.cut = Some(now + long),
                _ if woke || joined => {}
                _ => continue,
            }
            self.disturbed = now;
        }
    }

    /// Sends a request: it is carried out or lost, and its answer is late or lost.
    fn send(&mut self, at: usize, what: &str, ask: impl FnOnce(&mut Server) -> Answer) {
        let (is_cut, is_lost, delay) =
            (self.replicas[at].cut.is_some(), self.chance(200) == 0, self.chance(600));
        self.replicas[at].asks.insert(what.to_owned(), self.now);
        if is_cut && self.chance(2) == 0 {
            return;
        }
        let answer = ask(&mut self.server);
        if is_cut {
            // Its last word got through, and only the answer is lost.
            self.disturbed = self.now;
        }
        if !is_cut && !is_lost {
            let late = Late { at: self.now + Duration::from_millis(delay), sent: self.now, answer };
            self.replicas[at].late.push(late);
        }
    }

    fn hear(&mut self, at: usize) {
        let now = self.now;
        let one = &mut self.replicas[at];
        let (due, late): (Vec<Late>, Vec<Late>) =
            std::mem::take(&mut one.late).into_iter().partition(|it| it.at <= now);
        one.late = late;
        for Late { sent, answer, .. } in due {
            let one = &mut self.replicas[at];
            match answer {
                Answer::Listed(all) => {
                    one.sighted.listed(all, sent, now);
                    one.is_whole = true;
                    let us = one.name.clone();
                    for (name, version) in one.sighted.silent(&us) {
                        self.server.write(&name, Some(&version), None);
                    }
                }
                Answer::Read(name, found) => {
                    let us = one.name.clone();
                    if found.as_ref().is_some_and(|found| one.sighted.is_held(found, &us, now)) {
                        continue;
                    }
                    let over = found.map(|found| found.version);
                    self.send(at, &name.clone(), |server| {
                        let taken = server.write(&name, over.as_deref(), Some(&us));
                        Answer::Taken(name, taken)
                    });
                }
                Answer::Taken(name, Some(version)) => {
                    let terms = if name.starts_with("p-") { PRESENT } else { WORKS };
                    let (until, renews) = (terms.until(sent), sent + terms.renews);
                    one.held.insert(name.clone(), Held { name, version, until, renews, terms });
                }
                Answer::Taken(_, None) => {}
                Answer::Renewed(name, version) => {
                    let Some(held) = one.held.get_mut(&name) else { continue };
                    match (version, held.terms.renewed(held.until, sent)) {
                        (Some(version), Some(until)) => (held.version, held.until) = (version, until),
                        (Some(_) | None, _) => drop(one.held.remove(&name)),
                    }
                }
            }
        }
    }

    /// What a replica does in a step in which it runs.
    fn act(&mut self, at: usize) {
        let (now, us) = (self.now, self.replicas[at].name.clone());
        self.hear(at);
        let all = self.server.all();
        let one = &mut self.replicas[at];
        one.held.retain(|_, held| now < held.until);
        if one.cut.is_none() {
            all.into_iter().for_each(|found| one.sighted.saw(found, now));
        }
        let again = |one: &Replica, what: &str| {
            one.asks.get(what).is_none_or(|asked| now.duration_since(*asked) > Duration::from_secs(1))
        };
        let is_present = one.held.keys().any(|name| name.starts_with("p-"));
        if (!one.is_whole || one.sighted.is_due(&us, now)) && again(one, "list") {
            self.send(at, "list", |server| Answer::Listed(server.all()));
        } else if one.is_whole && !is_present {
            let place = one.sighted.place_of(&us, "p");
            if again(one, &place) {
                self.send(at, &place.clone(), |server| {
                    let found = server.found(&place);
                    Answer::Read(place, found)
                });
            }
        }
        let due: Vec<(String, String)> = self.replicas[at]
            .held
            .values_mut()
            .filter(|held| held.renews <= now)
            .map(|held| {
                held.renews = now + held.terms.renews;
                (held.name.clone(), held.version.clone())
            })
            .collect();
        for (name, version) in due {
            self.send(at, &name.clone(), |server| {
                let renewed = server.write(&name, Some(&version), Some(&us));
                Answer::Renewed(name, renewed)
            });
        }
        for group in GROUPS {
            self.work(at, group, is_present, &again);
        }
    }

    fn work(
        &mut self,
        at: usize,
        group: &'static str,
        is_present: bool,
        again: &dyn Fn(&Replica, &str) -> bool,
    ) {
        let one = &mut self.replicas[at];
        let is_ours = is_present && {
            let others = one.sighted.others(&one.name);
            let there = others.iter().map(String::as_str).chain([one.name.as_str()]);
            placed(group, there) == Some(one.name.as_str())
        };
        match (one.held.contains_key(group), is_ours) {
            (true, true) => {
                let before = self.acted.insert(group, self.now);
                assert!(before != Some(self.now), "seed {}: two acted on {group}", self.seed);
            }
            (true, false) => {
                let Some(held) = one.held.remove(group) else { return };
                self.moves += 1;
                self.send(at, "release", |server| {
                    server.write(group, Some(&held.version), None);
                    Answer::Taken(String::new(), None)
                });
            }
            (false, true) if again(one, group) => {
                self.send(at, group, |server| Answer::Read(group.to_owned(), server.found(group)));
            }
            (false, _) => {}
        }
    }

    fn run(mut self, steps: u32) -> u64 {
        for _ in 0..steps {
            self.now += STEP;
            self.disturb();
            for at in 0..self.replicas.len() {
                if !self.replicas[at].is_dead && self.replicas[at].paused.is_none() {
                    self.act(at);
                }
            }
            let is_fit = |it: &Replica| !it.is_dead && it.paused.is_none() && it.cut.is_none();
            let is_calm = self.now.duration_since(self.disturbed) > TAKES_OVER;
            for group in GROUPS.iter().filter(|_| is_calm && self.replicas.iter().any(is_fit)) {
                let since = self.acted.get(group).map(|at| self.now.duration_since(*at));
                assert!(
                    since.is_some_and(|since| since < TAKES_OVER),
                    "seed {}: nobody acts on {group} since {since:?}",
                    self.seed
                );
            }
        }
        self.moves
    }
}

#[test]
fn no_two_act_on_a_group_and_none_is_left_alone() {
    let moves: u64 = (0..60).map(|seed| Run::new(seed).run(3000)).sum();
    assert!(moves > 40, "groups moved {moves} times only");
}
