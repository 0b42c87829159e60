//! Releases of Helm among other objects: each comes apart into what it holds.

use replank_check::{Item, Name, Origin, Standing, Unreadable, helm};
use serde_json::Value;

use super::{Looked, files};

/// Takes objects in; of a release, the objects in it.
pub(super) fn take_apart(items: Vec<Item>, looked: &mut Looked) {
    let mut count = 0;
    for item in items {
        if helm::is_release(&item.object) {
            count += 1;
            take(&item.object, looked);
        } else {
            looked.subject.items.push(item);
        }
    }
    if count > 0 {
        looked.at.push(format!("{count} revisions of Helm releases"));
    }
}

/// Takes one revision in. One that cannot be read is named, and the rest goes on.
pub(super) fn take(object: &Value, looked: &mut Looked) {
    let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let name = Name { group: String::new(), kind, namespace: text("namespace"), name: text("name") };
    match helm::read(object).map_err(|error| error.to_string()).and_then(|release| apart(&release)) {
        Ok(items) => looked.subject.items.extend(items),
        Err(why) => looked.subject.unreadable.push(Unreadable { object: name, why }),
    }
}

fn apart(release: &helm::Release) -> Result<Vec<Item>, String> {
    let named = format!("{}/{} revision {}", release.namespace, release.name, release.revision);
    let origin = |hook: Option<&String>| Origin::Release {
        release: (release.namespace.clone(), release.name.clone()),
        revision: release.revision,
        status: release.status.clone(),
        // Which one counts is known when all were read.
        standing: Standing::Past,
        hook: hook.cloned(),
    };
    let texts = release.hooks.iter().map(|(hook, text)| (Some(hook), text));
    let mut items = Vec::new();
    for (hook, text) in std::iter::once((None, &release.manifest)).chain(texts) {
        let objects =
            files::objects(&named, text).map_err(|wrong| format!("its manifest cannot be read: {wrong}"))?;
        items.extend(objects.into_iter().map(|object| Item { object, origin: origin(hook) }));
    }
    Ok(items)
}
