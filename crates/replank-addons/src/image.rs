//! Images in pod templates: the tag follows the version, registry and repository stay the owner's.

use serde_json::Value;

use crate::UpdateError;

/// Where containers are in a pod template.
pub(crate) const CONTAINERS: &str = "/spec/template/spec/containers";
/// Where containers are that run before.
pub(crate) const INIT_CONTAINERS: &str = "/spec/template/spec/initContainers";

/// Tag of a container's image; `None` when there is no such container. A registry may have a port.
pub(crate) fn tag<'o>(
    object: &'o Value,
    list: &str,
    container: &str,
    add_on: &'static str,
) -> Result<Option<&'o str>, UpdateError> {
    let all = object.pointer(list).and_then(Value::as_array).into_iter().flatten();
    let Some(found) = all.into_iter().find(|one| one["name"] == container) else { return Ok(None) };
    let image = found["image"].as_str().unwrap_or_default();
    match split(image) {
        Some((_, tag)) => Ok(Some(tag)),
        None => Err(UpdateError::Image { add_on, container: container.to_owned(), image: image.to_owned() }),
    }
}

/// Lets a container's image have that tag.
pub(crate) fn set_tag(object: &mut Value, list: &str, container: &str, tag: &str) {
    let all = object.pointer_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
    for one in all.into_iter().filter(|one| one["name"] == container) {
        let image =
            one["image"].as_str().and_then(split).map(|(repository, _)| format!("{repository}:{tag}"));
        if let Some(image) = image {
            one["image"] = Value::from(image);
        }
    }
}

/// Repository and tag. An image that is pinned by its digest has none.
fn split(image: &str) -> Option<(&str, &str)> {
    let (repository, tag) = image.rsplit_once(':')?;
    let is_tag = !repository.is_empty() && !tag.is_empty() && !tag.contains('/') && !repository.contains('@');
    is_tag.then_some((repository, tag))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_registry_with_a_port_is_no_tag_and_a_digest_is_none() {
        assert_eq!(split("a.example:5000/eks/coredns:v1"), Some(("a.example:5000/eks/coredns", "v1")));
        for wrong in ["coredns", "a.example:5000/coredns", "coredns:", "coredns@sha256:0f"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
