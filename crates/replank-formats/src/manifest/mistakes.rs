//! Test cases of `manifest`: common mistakes and what users are told.

use super::tests::{refused, web};

#[test]
fn common_mistakes_are_told_with_the_way_out() {
    let is = "The Deployment \"web\" is invalid: ";
    let decode = "Deployment in version \"v1\" cannot be handled as a Deployment: ";
    let container = |text: &str| web("image: nginx", &format!("image: nginx\n        {text}"));
    let pod = |text: &str| web("      containers:", &format!("      {text}\n      containers:"));
    let table = [
        (
            container("env: [{name: PORT, value: 8080}]"),
            format!(
                "m.yaml:12:35: {decode}json: cannot unmarshal number into Go struct field \
                 EnvVar.spec.template.spec.containers.env.value of type string"
            ),
        ),
        (
            pod("volumes: [{name: v, emptyDir: {}, hostPath: {path: /v}}]"),
            format!(
                "m.yaml:9:51: {is}spec.template.spec.volumes[0].hostPath: Forbidden: may not specify more than 1 \
                 volume type"
            ),
        ),
        (
            web("matchLabels: {app: web}}\n  template:\n    metadata: {labels", "matchLabels: {app: web}}\n  template:\n    metadata: {annotations: {sim.replank/reddy: 5s}, labels"),
            format!(
                "m.yaml:7:49: {is}spec.template.metadata.annotations[sim.replank/reddy]: Invalid value: \
                 \"sim.replank/reddy\": unknown annotation of the embedded world, accepted are sim.replank/ready, \
                 sim.replank/terminate, sim.replank/runs, sim.replank/broken"
            ),
        ),
        (
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn}\n\
             spec: {schedule: '@daily', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, \
             image: i}]}}}}}\n"
                .to_owned(),
            "m.yaml:3:18: The CronJob \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\" is invalid: \
             metadata.name: Invalid value: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\": must be no more \
             than 52 characters"
                .to_owned(),
        ),
        (
            "clusters: [{nodeGroups: [{}]}]\n".to_owned(),
            "m.yaml:1:1: error validating data: [apiVersion not set, kind not set]: this is a world file, give it with \
             --world"
                .to_owned(),
        ),
        (
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n".to_owned(),
            "m.yaml:2:7: a Kustomization is no object of a cluster: give what `kubectl kustomize` prints, for instance \
             with `-f -`"
                .to_owned(),
        ),
        (
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n".to_owned(),
            "m.yaml:4:10: a key must be a text, not a list or a mapping; this is the source of a Helm chart, give what \
             `helm template` prints"
                .to_owned(),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(refused(&text), expected, "{text}");
    }
}

/// What the API server refuses of the resources and the spread of a pod, and what it accepts.
#[test]
fn devices_are_whole_and_limited_and_spreads_are_told_once() {
    let of = |resources: &str, more: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers: [{{name: c, image: i, resources: \
             {resources}}}]\n  {more}\n"
        );
        let object = crate::yaml::read_manifest("m.yaml", text.as_bytes()).expect("readable").remove(0);
        super::admit(object.value(), &replank_world::known::Known::default())
            .map_or_else(|why| why.message, |_| String::new())
    };
    let is = "The Pod \"web\" is invalid: ";
    let at = "spec.containers[0].resources";
    let half = "Invalid value: \"500m\": must be an integer";
    let spread = |when: &str| {
        format!(
            "{{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: {when}, labelSelector: {{matchLabels: {{a: b}}}}}}"
        )
    };
    let spreads =
        |one: &str, other: &str| format!("topologySpreadConstraints: [{}, {}]", spread(one), spread(other));
    let hard = "DoNotSchedule";
    for (resources, more, wanted) in [
        ("{limits: {nvidia.com/gpu: 1}}", String::new(), String::new()),
        ("{limits: {nvidia.com/gpu: 1.0}}", String::new(), String::new()),
        ("{limits: {cpu: 500m}, requests: {ephemeral-storage: 0.5}}", String::new(), String::new()),
        (
            "{requests: {nvidia.com/gpu: 1}}",
            String::new(),
            format!("{is}{at}.limits: Required value: Limit must be set for non overcommitable resources"),
        ),
        (
            "{limits: {nvidia.com/gpu: 0.5}}",
            String::new(),
            format!("{is}[{at}.limits[nvidia.com/gpu]: {half}, {at}.requests[nvidia.com/gpu]: {half}]"),
        ),
        ("{}", spreads(hard, "ScheduleAnyway"), String::new()),
        (
            "{}",
            spreads(hard, hard),
            format!(
                "{is}spec.topologySpreadConstraints[0].{{topologyKey, whenUnsatisfiable}}: Duplicate value: \
                 \"{{zone, DoNotSchedule}}\""
            ),
        ),
        (
            "{}",
            "priorityClassName: nope".to_owned(),
            "pods \"web\" is forbidden: no PriorityClass with name nope was found".to_owned(),
        ),
        ("{}", "terminationGracePeriodSeconds: 3e+01".to_owned(), String::new()),
    ] {
        assert_eq!(of(resources, &more), wanted, "{resources} {more}");
    }
}
