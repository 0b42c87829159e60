//! `DescribeCluster`.

use replank_engine::ports::account::Account;
use serde_json::{Value, json};

use super::record::{Cluster, ClusterStatus};
use super::{Failure, Input, record};
use crate::app::App;

/// Shows a cluster.
pub(super) async fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    let cluster = record::cluster(&app.estate, input.text("name"))?;
    Ok(json!({ "cluster": shown(app, &cluster).await? }))
}

/// A cluster with where its Kubernetes API is, which its world says once it serves.
pub(super) async fn shown<A: Account>(app: &App<A>, cluster: &Cluster) -> Result<Value, Failure> {
    let mut shown = record::written(cluster);
    shown["certificateAuthority"] = json!({});
    let serves = matches!(cluster.status, ClusterStatus::Active | ClusterStatus::Updating);
    if serves && let Some(endpoint) = app.account.endpoint(&cluster.name).await? {
        shown["endpoint"] = endpoint.url.into();
        shown["certificateAuthority"]["data"] = base64(endpoint.authority.as_bytes()).into();
    }
    Ok(shown)
}

/// Standard base64 with padding (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, wanted) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), wanted);
        }
    }
}
