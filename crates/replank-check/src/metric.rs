//! Requests to deprecated APIs, from the API server's metrics.

use crate::subject::Requested;

/// Name of the metric (Kubernetes: a gauge that is 1 once somebody asked since the API server started).
const NAME: &str = "apiserver_requested_deprecated_apis{";

/// Parses a metrics page; other metrics are skipped.
pub fn read(page: &str) -> Vec<Requested> {
    page.lines().filter_map(requested).collect()
}

fn requested(line: &str) -> Option<Requested> {
    let (labels, value) = line.strip_prefix(NAME)?.rsplit_once('}')?;
    if value.trim().parse::<f64>().ok()? < 1.0 {
        return None;
    }
    // None of these labels has a comma or a quote in its value.
    let label = |name: &str| {
        let mut all = labels.split(',').filter_map(|label| label.split_once('='));
        all.find(|(it, _)| it.trim() == name).map(|(_, value)| value.trim_matches('"').to_owned())
    };
    let resource = label("resource")?;
    let resource = match label("subresource").filter(|sub| !sub.is_empty()) {
        Some(sub) => format!("{resource}/{sub}"),
        None => resource,
    };
    Some(Requested {
        group: label("group").unwrap_or_default(),
        version: label("version")?,
        resource,
        removed_release: label("removed_release").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_read() {
        let page = "# TYPE apiserver_requested_deprecated_apis gauge\n\
            apiserver_requested_deprecated_apis{group=\"policy\",removed_release=\"1.25\",resource=\"pods\",subresource=\"eviction\",version=\"v1beta1\"} 1\n\
            apiserver_requested_deprecated_apis{group=\"\",removed_release=\"\",resource=\"endpoints\",subresource=\"\",version=\"v1\"} 0\n\
            apiserver_request_total{group=\"x\"} 3\n";
        let wanted = Requested {
            group: "policy".into(),
            version: "v1beta1".into(),
            resource: "pods/eviction".into(),
            removed_release: "1.25".into(),
        };
        assert_eq!(read(page), [wanted]);
    }
}
