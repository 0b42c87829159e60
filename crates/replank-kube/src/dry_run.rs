//! Objects tried out: the server validates and admits them and stores nothing.

use http::header::WARNING;
use kube::Client;
use kube::client::Body;
use serde_json::Value;

use crate::lists::{ListError, in_time};
use crate::request;
use crate::served::Served;

/// What a server says of an object that it does not store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    /// HTTP status.
    pub code: u16,
    /// Texts of its `Warning` headers.
    pub warnings: Vec<String>,
    /// Message of its refusal; empty when it takes the object.
    pub message: String,
}

/// Path at which objects of a kind are made, in that version of it.
pub fn path(kind: &Served, version: &str, namespace: &str) -> String {
    let whole = Served { version: version.to_owned(), ..kind.clone() }.path();
    if !kind.is_namespaced {
        return whole;
    }
    let (root, resource) = whole.rsplit_once('/').unwrap_or(("", &whole));
    format!("{root}/namespaces/{}/{resource}", request::escaped(namespace))
}

/// Tries to make an object at a path (Kubernetes: `dryRun=All`, `fieldValidation=Strict`).
pub async fn create(client: &Client, path: &str, object: &Value) -> Result<Tried, ListError> {
    let tried = async {
        let asked = request::dry_run(path, object)?;
        let answer = client.send(asked.map(Body::from)).await?;
        let code = answer.status().as_u16();
        let headers = answer.headers().get_all(WARNING).iter();
        let warnings = headers.filter_map(|value| text_of(value.to_str().ok()?)).collect();
        let body = answer.into_body().collect_bytes().await?;
        let status: Value = serde_json::from_slice(&body).unwrap_or_default();
        let message =
            if code < 400 { "" } else { status["message"].as_str().unwrap_or("no reason is given") };
        Ok(Tried { code, warnings, message: message.to_owned() })
    };
    in_time(path, tried).await
}

/// The text of a warning such as `299 - "unknown field \"spec.x\""` (RFC 7234, 5.5).
fn text_of(header: &str) -> Option<String> {
    let (_, quoted) = header.split_once('"')?;
    let mut text = String::new();
    let mut letters = quoted.chars();
    loop {
        match letters.next()? {
            '"' => return Some(text),
            '\\' => text.extend(letters.next()),
            letter => text.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_read_without_its_quotes() {
        assert_eq!(
            text_of(r#"299 - "unknown field \"spec.x\"""#),
            Some(r#"unknown field "spec.x""#.to_owned())
        );
        assert_eq!(text_of("299 - \"open"), None);
        assert_eq!(text_of("299 - none"), None);
    }

    #[test]
    fn a_version_that_is_not_preferred_has_a_path_too() {
        let kind = |group: &str, is_namespaced| Served {
            group: group.to_owned(),
            version: "v2".to_owned(),
            kind: "Kind".to_owned(),
            resource: "kinds".to_owned(),
            is_namespaced,
        };
        assert_eq!(
            path(&kind("autoscaling", true), "v1", "shop"),
            "/apis/autoscaling/v1/namespaces/shop/kinds"
        );
        assert_eq!(path(&kind("", false), "v1", ""), "/api/v1/kinds");
    }
}
