//! Watches: changes as they happen, until the client leaves, falls behind or its time is over.

mod missed;
mod told;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use replank_world::store::Verb;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::asked::Asked;
use crate::failure::StatusError;
use crate::live::{Change, Live};
use crate::render;
use crate::selection::Selection;
use crate::show;
use crate::step::page::page;
use crate::step::versions::{list_options, too_large, version};
use crate::wire::accept::Form;
use crate::wire::answer::Answer;
use crate::wire::parameters::Parameters;
use told::{added, event};

/// Duration of a watch without `timeoutSeconds` (Kubernetes: `--min-request-timeout`, half an hour to twice that).
const SECONDS: u64 = 1800;
/// Interval of bookmarks.
const BOOKMARKS: Duration = Duration::from_mins(1);
/// Events buffered for a slow client. While the buffer is full it gets no more; when the watch cache no longer has its
/// version the watch ends.
const WAITING_MAX: usize = 256;

/// How long an event may wait for a client that reads nothing.
const UNTAKEN_MAX: Duration = Duration::from_mins(1);

/// A watch in progress.
struct Watch {
    live: Arc<Live>,
    asked: Asked,
    selection: Selection,
    /// Version up to which changes were sent.
    seen: u64,
    /// Objects selected at that version, by namespace and name.
    known: BTreeSet<(String, String)>,
    to: mpsc::Sender<Bytes>,
    /// Whether an event was sent.
    told: bool,
    bookmarks: bool,
}

/// The client has left, or has to.
struct Over;

/// GET with `watch=true`.
pub(super) fn watch(live: &Arc<Live>, mut asked: Asked) -> Result<Answer, StatusError> {
    let mut selection = Selection::read(&asked.parameters, &asked.resource)?;
    if let Some(name) = asked.name.take() {
        selection = selection.and_name(&name);
    }
    let parameters = &asked.parameters;
    let initial = parameters.flag("sendInitialEvents");
    match_rule(parameters, initial)?;
    let asked_for = parameters.get("resourceVersion").map(version).transpose()?.unwrap_or(0);
    let seconds = parameters.number("timeoutSeconds")?.filter(|seconds| *seconds > 0).unwrap_or(SECONDS);
    let bookmarks = parameters.flag("allowWatchBookmarks");
    let room = asked.watches.clone().try_acquire_owned();
    let room = room.map_err(|_| StatusError::too_many("Too many watches, please try again later."))?;
    let (to, stream) = mpsc::channel(WAITING_MAX);
    let (begin, events, woken) = live.look(|view| {
        let woken = live.watch_cache().follow(view.world, &asked.resource);
        let now = view.world.store.changes.version;
        if asked_for > now {
            return Err(too_large(asked_for, now));
        }
        let mut known = BTreeSet::new();
        let mut know = |object: &Value| {
            if !selection.is_all() {
                known.insert(place(object));
            }
        };
        if initial || asked_for == 0 {
            let mut told = Vec::new();
            if initial || parameters.get("sendInitialEvents").is_none() {
                page(view, &asked, &selection, None, None, &mut |object| {
                    know(&object);
                    told.push(added(&asked, &object, told.is_empty()));
                });
            }
            return Ok((now, Begin::Told(told, known), woken));
        }
        if !selection.is_all() {
            page(view, &asked, &selection, None, None, &mut |object| know(&object));
        }
        let missed = match live.watch_cache().since(&asked.resource, asked_for) {
            Some(missed) => Some(missed),
            None => missed::missed(view, &asked, asked_for),
        };
        let begin = missed.map_or(Begin::TooOld(now), |missed| Begin::Missed(missed, known));
        Ok((now, begin, woken))
    })?;
    let watch = Watch {
        live: live.clone(),
        selection,
        seen: begin,
        known: BTreeSet::new(),
        to,
        told: false,
        bookmarks,
        asked,
    };
    let until = Instant::now() + Duration::from_secs(seconds);
    tokio::spawn(async move {
        // Whoever is gone needs no farewell.
        let _over = watch.run(events, woken, (asked_for, initial), until).await;
        drop(room);
    });
    Ok(Answer::Stream("application/json", stream))
}

/// Checks `resourceVersionMatch` of a watch.
fn match_rule(parameters: &Parameters, initial: bool) -> Result<(), StatusError> {
    if initial && parameters.get("resourceVersionMatch") != Some("NotOlderThan") {
        let why = "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        return Err(list_options("resourceVersionMatch", why));
    }
    if !initial
        && parameters.get("resourceVersionMatch").is_some()
        && parameters.get("sendInitialEvents").is_none()
    {
        let why =
            "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
        return Err(list_options("resourceVersionMatch", why));
    }
    Ok(())
}

/// How a watch begins.
enum Begin {
    /// With the present objects as events, and which of them are selected.
    Told(Vec<Bytes>, BTreeSet<(String, String)>),
    /// With the changes since its version, and which objects are selected now.
    Missed(Vec<Arc<Change>>, BTreeSet<(String, String)>),
    /// With 410, since its version is gone.
    TooOld(u64),
}

impl Watch {
    async fn run(
        mut self,
        begin: Begin,
        mut woken: watch::Receiver<u64>,
        (asked_for, initial): (u64, bool),
        until: Instant,
    ) -> Result<(), Over> {
        let closing = self.asked.closing.clone();
        match begin {
            Begin::Told(events, known) => {
                self.known = known;
                self.told = !events.is_empty();
                for event in events {
                    self.write(event).await?;
                }
                if initial && self.bookmarks {
                    let annotations = json!({"k8s.io/initial-events-end": "true"});
                    self.bookmark(Some(annotations)).await?;
                }
            }
            Begin::Missed(changes, known) => {
                self.known = known;
                for change in changes {
                    self.change(&change).await?;
                }
            }
            Begin::TooOld(now) => {
                let failure = StatusError::expired(format!("too old resource version: {asked_for} ({now})"));
                return self.send("ERROR", &failure.status()).await;
            }
        }
        let mut bookmark_at = Instant::now() + BOOKMARKS;
        loop {
            let changes = self.live.watch_cache().since(&self.asked.resource, self.seen);
            let Some(changes) = changes else {
                let failure =
                    StatusError::expired(format!("too old resource version: {} ({})", self.seen, self.seen));
                return self.send("ERROR", &failure.status()).await;
            };
            for change in changes {
                self.change(&change).await?;
            }
            tokio::select! {
                biased;
                () = self.to.closed() => return Err(Over),
                () = sleep_until(until) => return Ok(()),
                () = closing.cancelled() => return Ok(()),
                changed = woken.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                }
                () = sleep_until(bookmark_at), if self.bookmarks => {
                    bookmark_at = Instant::now() + BOOKMARKS;
                    self.seen = self.seen.max(self.told_up_to());
                    self.bookmark(None).await?;
                }
            }
        }
    }

    /// Version up to which everything was sent: that of the world when nothing waits.
    fn told_up_to(&self) -> u64 {
        self.live.look(|view| {
            let waiting = self.live.watch_cache().since(&self.asked.resource, self.seen);
            if waiting.is_some_and(|waiting| waiting.is_empty()) {
                view.world.store.changes.version
            } else {
                self.seen
            }
        })
    }

    async fn change(&mut self, change: &Change) -> Result<(), Over> {
        self.seen = self.seen.max(change.version);
        let object = &change.object;
        if self
            .asked
            .namespace
            .as_deref()
            .is_some_and(|namespace| object["metadata"]["namespace"] != namespace)
        {
            return Ok(());
        }
        if self.selection.is_all() {
            let kind = match change.verb {
                Verb::Added => "ADDED",
                Verb::Modified => "MODIFIED",
                Verb::Deleted => "DELETED",
            };
            return self.tell(kind, change).await;
        }
        let at = place(object);
        let selected =
            self.selection.takes_labels(&show::labels_of(object)) && self.selection.takes_fields(object);
        let was = self.known.contains(&at);
        let kind = match (change.verb, was, selected) {
            (Verb::Deleted, false, _) | (_, false, false) => return Ok(()),
            (Verb::Deleted, true, _) | (_, true, false) => "DELETED",
            (_, false, true) => "ADDED",
            (_, true, true) => "MODIFIED",
        };
        if kind == "DELETED" {
            self.known.remove(&at);
        } else {
            self.known.insert(at);
        }
        self.tell(kind, change).await
    }

    /// Sends a change, using the text of the object that another watch made.
    async fn tell(&mut self, kind: &str, change: &Change) -> Result<(), Over> {
        let object = &change.object;
        if self.asked.form == Form::Plain {
            let text = change.text.get_or_init(|| serde_json::to_vec(object).unwrap_or_default().into());
            return self.write(event(kind, text)).await;
        }
        let first = !std::mem::replace(&mut self.told, true);
        let shown =
            render::watched(self.asked.form, &self.asked.parameters, &self.asked.resource, object, first);
        self.send(kind, &shown).await
    }

    async fn bookmark(&mut self, annotations: Option<Value>) -> Result<(), Over> {
        let mut object = json!({
            "kind": self.asked.resource.kind, "apiVersion": self.asked.resource.api_version(),
            "metadata": {"resourceVersion": self.seen.to_string(), "creationTimestamp": null},
        });
        if let Some(annotations) = annotations {
            object["metadata"]["annotations"] = annotations;
        }
        if let Form::Table(table) = self.asked.form {
            object["kind"] = json!("Table");
            object["apiVersion"] = json!(format!("meta.k8s.io/{table}"));
            object["rows"] = json!([]);
            object["columnDefinitions"] = Value::Null;
        }
        self.send("BOOKMARK", &object).await
    }

    async fn send(&self, kind: &str, object: &Value) -> Result<(), Over> {
        self.write(event(kind, &serde_json::to_vec(object).unwrap_or_default())).await
    }

    /// Sends an event. The watch ends when the client reads nothing for too long.
    async fn write(&self, event: Bytes) -> Result<(), Over> {
        match timeout(UNTAKEN_MAX, self.to.send(event)).await {
            Ok(sent) => sent.map_err(|_| Over),
            Err(_) => Err(Over),
        }
    }
}

fn place(object: &Value) -> (String, String) {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use jiff::Timestamp;
    use replank_world::act::Act;
    use replank_world::api;
    use replank_world::shared::Shared;
    use replank_world::time::Time;
    use replank_world::timings::Timings;
    use serde_json::{Value, json};
    use tokio::sync::Semaphore;
    use tokio_util::sync::CancellationToken;

    use super::watch as begun;
    use crate::asked::Asked;
    use crate::auth::User;
    use crate::live::Live;
    use crate::resource::built_in;
    use crate::wire::accept::Form;
    use crate::wire::answer::Answer;
    use crate::wire::parameters::Parameters;

    fn asked(closing: CancellationToken) -> Asked {
        let resource = built_in().iter().find(|one| one.plural == "configmaps").unwrap().clone();
        Asked {
            api_version: resource.api_version(),
            resource,
            namespace: Some("default".to_owned()),
            name: None,
            subresource: None,
            parameters: Parameters::read("watch=true"),
            form: Form::Plain,
            media_type: String::new(),
            body: Bytes::new(),
            user: User::admin(),
            may: true,
            watches: Arc::new(Semaphore::new(1)),
            closing,
            agent: String::new(),
        }
    }

    #[tokio::test]
    async fn who_lags_is_told_to_list_again() {
        let world = replank_components::kubernetes::world(1, Time::default(), Timings::default());
        let live = Live::new(Shared::new(world), None, Timestamp::now());
        let map = |round: usize| {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"},
                "data": {"round": round.to_string()}})
        };
        let act = |act: api::Act| live.act(|world, _| world.act(Act::Cluster(act))).unwrap();
        act(api::Act::Create { object: map(0) });
        let closing = CancellationToken::new();
        let Ok(Answer::Stream(_, mut stream)) = begun(&live, asked(closing)) else { panic!("no stream") };
        // Nobody reads while more is written than a lane remembers.
        for round in 1..5_000 {
            act(api::Act::Replace { object: map(round), spec: true });
        }
        let mut told = Vec::new();
        while let Some(event) = stream.recv().await {
            told.push(serde_json::from_slice::<Value>(&event).unwrap());
        }
        assert_eq!(told.len(), 2);
        assert_eq!((&told[0]["type"], &told[1]["type"]), (&json!("ADDED"), &json!("ERROR")));
        assert_eq!(
            (&told[1]["object"]["code"], &told[1]["object"]["reason"]),
            (&json!(410), &json!("Expired"))
        );
    }
}
