//! How the operator is put into a cluster: one set of manifests, as plain YAML and as a Helm chart. What differs between
//! the two is filled in ([`Filling`]).

mod alerts;
mod board;
mod chart;
mod filling;
mod manifests;
mod monitoring;
mod roles;

use replank_formats::yaml;
use serde_json::{Value, json};

pub(crate) use chart::{about, schema, values};
use filling::Filling;

/// The definitions of the custom resources.
pub(crate) fn crds() -> String {
    documents(&replank_operator::api::definitions())
}

/// What makes sure who approves an update.
pub(crate) fn approval() -> String {
    documents(&replank_operator::approval::admission())
}

/// Plain manifests, for `kubectl apply`.
pub(crate) fn plain() -> anyhow::Result<String> {
    let filling = Filling::plain();
    let mut objects = vec![manifests::namespace(&filling)];
    objects.extend(manifests::all(&filling)?);
    Ok(documents(&objects))
}

/// The templates of the chart.
pub(crate) fn templates() -> anyhow::Result<String> {
    Ok(filling::open(&documents(&manifests::all(&Filling::helm())?)))
}

/// Templates of the chart for those who run Prometheus's operator and Grafana.
pub(crate) fn monitoring() -> String {
    monitoring::templates()
}

/// Alert rules, as a file of Prometheus.
pub(crate) fn alerts() -> String {
    yaml::write(&json!({"groups": alerts::groups()}))
}

/// The dashboard, as Grafana imports it.
pub(crate) fn board() -> String {
    format!("{:#}\n", board::board())
}

fn documents(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("---\n{}", yaml::write(object))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_have_the_same_objects_but_for_the_namespace() {
        let kinds = |text: &str| {
            let kinds = text.lines().filter_map(|line| line.strip_prefix("kind: "));
            kinds.map(str::to_owned).collect::<Vec<_>>()
        };
        let (plain, helm) = (plain().unwrap(), templates().unwrap());
        assert_eq!(kinds(&plain)[0], "Namespace");
        assert_eq!(kinds(&plain)[1..], kinds(&helm));
        assert!(!plain.contains("{{"), "nothing is left to be filled in");
    }

    #[test]
    fn what_is_no_text_is_not_quoted_in_templates() {
        let templates = templates().unwrap() + &monitoring();
        assert!(templates.contains("replicas: {{ .Values.replicas }}\n"), "{templates}");
        assert!(!templates.contains("@@"), "{templates}");
    }

    #[test]
    fn every_value_of_the_chart_is_used_and_described() {
        let templates = templates().unwrap() + &monitoring();
        let (values, schema) = (values(), schema());
        for (name, _) in chart::VALUES {
            assert!(templates.contains(&format!(".Values.{name}")), "{name}");
            assert!(
                values.contains(&format!("\n{name}:")) && schema.contains(&format!("\"{name}\"")),
                "{name}"
            );
        }
    }
}
