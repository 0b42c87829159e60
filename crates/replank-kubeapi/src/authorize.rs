//! Authorization: users may do everything. Impersonated users (`kubectl --as`) may do nothing but ask who they are and
//! what there is, unless they are in `system:masters`.

use hyper::{HeaderMap, Method};

use crate::asked::Asked;
use crate::auth::User;
use crate::failure::StatusError;

/// The group whose members may do everything.
const MASTERS: &str = "system:masters";

/// The effective user after impersonation, and whether it may do everything.
///
/// An error (400) for impersonated groups or details without a user.
pub(crate) fn meant(user: User, headers: &HeaderMap) -> Result<(User, bool), StatusError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let all = |name: &str| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let Some(name) = text("impersonate-user").filter(|name| !name.is_empty()) else {
        let more = ["impersonate-group", "impersonate-uid"].iter().any(|name| headers.contains_key(*name));
        if more {
            let message = "requested impersonation without impersonating a user";
            return Err(StatusError::bad_request(message));
        }
        return Ok((user, true));
    };
    let mut groups: Vec<String> = all("impersonate-group").map(str::to_owned).collect();
    let may = groups.iter().any(|group| group == MASTERS);
    if let Some((namespace, _)) =
        name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
        && groups.is_empty()
    {
        groups = vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
    }
    if !groups.iter().any(|group| group == "system:authenticated") {
        groups.push("system:authenticated".to_owned());
    }
    Ok((User { name: name.to_owned(), groups }, may))
}

/// The 403 of the API server.
pub(crate) fn forbidden(asked: &Asked, method: &Method) -> StatusError {
    let resource = &asked.resource;
    let verb = verb(asked, method);
    let mut plural = resource.plural.clone();
    if let Some(sub) = &asked.subresource {
        plural.push('/');
        plural.push_str(sub);
    }
    let place = match asked.namespace.as_deref() {
        Some(namespace) => format!("in the namespace \"{namespace}\""),
        None => "at the cluster scope".to_owned(),
    };
    let named = asked.name.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let message = format!(
        "{}{named} is forbidden: User \"{}\" cannot {verb} resource \"{plural}\" in API group \"{}\" {place}",
        resource.qualified(),
        asked.user.name,
        resource.group
    );
    StatusError::new(403, "Forbidden", message).about(resource, asked.name())
}

/// Verb of a request, as in RBAC rules.
fn verb(asked: &Asked, method: &Method) -> &'static str {
    match (method, asked.name.is_some()) {
        (&Method::GET, _) if asked.parameters.flag("watch") => "watch",
        (&Method::GET, true) => "get",
        (&Method::GET, false) => "list",
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, false) => "deletecollection",
        _ => "delete",
    }
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;

    use super::meant;
    use crate::auth::User;

    #[test]
    fn whom_a_client_speaks_for_may_nothing_but_as_a_master() {
        let table: [(&[(&'static str, &str)], Option<(&str, bool, usize)>); 5] = [
            (&[], Some(("kubernetes-admin", true, 2))),
            (&[("impersonate-user", "ann")], Some(("ann", false, 1))),
            (&[("impersonate-user", "ann"), ("impersonate-group", "system:masters")], Some(("ann", true, 2))),
            (
                &[("impersonate-user", "system:serviceaccount:shop:ui")],
                Some(("system:serviceaccount:shop:ui", false, 3)),
            ),
            (&[("impersonate-group", "x")], None),
        ];
        for (headers, wanted) in table {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, value.parse().unwrap());
            }
            let found = meant(User::admin(), &map).ok();
            let found = found.as_ref().map(|(user, may)| (user.name.as_str(), *may, user.groups.len()));
            assert_eq!(found, wanted, "{headers:?}");
        }
    }
}
