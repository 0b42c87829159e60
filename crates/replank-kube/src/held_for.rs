//! For whose updates a Deployment is changed: names of groups in one annotation, with commas between. The last of several
//! gives back.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::deployment::text;

/// The groups that an annotation of an object names.
pub(crate) fn groups(object: &Value, annotation: &str) -> BTreeSet<String> {
    let noted = text(&object["metadata"]["annotations"][annotation]).split(',');
    noted.filter(|group| !group.is_empty()).map(str::to_owned).collect()
}

/// The annotation that names these groups.
pub(crate) fn joined(groups: &BTreeSet<String>) -> String {
    groups.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}
