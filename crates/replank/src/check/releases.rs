//! Helm releases among other objects: each is split into the objects of its manifest.

use replank_check::{Item, Origin, ReadBy, Unreadable, helm};

use super::{Looked, files, side_by_side};

/// Adds objects to the subject, of a Helm release those of its manifest. One that cannot be read is reported, and the
/// rest goes on.
pub(super) fn take_apart(items: Vec<Item>, looked: &mut Looked) {
    let (stored, others): (Vec<Item>, Vec<Item>) =
        items.into_iter().partition(|item| helm::is_release(&item.object));
    looked.subject.items.extend(others);
    let read = |item: &Item| {
        helm::read(&item.object).map_err(|error| error.to_string()).and_then(|release| apart(&release))
    };
    for (item, read) in stored.iter().zip(side_by_side::map(&stored, read)) {
        match read {
            Ok(items) => looked.subject.items.extend(items),
            Err(why) => looked.subject.unreadable.push(Unreadable { object: item.name(), why }),
        }
    }
    if !stored.is_empty() {
        looked.at.push(format!("{} revisions of Helm releases", stored.len()));
    }
}

fn apart(release: &helm::Release) -> Result<Vec<Item>, String> {
    let named = format!("{}/{} revision {}", release.namespace, release.name, release.revision);
    let origin = |hook: Option<&String>| Origin::Release {
        release: (release.namespace.clone(), release.name.clone()),
        revision: release.revision,
        status: release.status.clone(),
        // Which one counts is known when all were read.
        standing: ReadBy::Past,
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
