//! CoreDNS: the tag, EKS's own of the Deployment, the service and the role, and a Corefile that the version understands.

use serde_json::Value;

use crate::corefile::{self, Edited};
use crate::defaults::{self, Shipped};
use crate::image::{CONTAINERS, set_tag, tag};
use crate::merge::merge;
use crate::version::BuildVersion;
use crate::{AddOn, AddOnObject, Found, Update, UpdateError, object};

const NAME: &str = "coredns";
/// Where the Corefile is in its `ConfigMap`.
const COREFILE: &str = "/data/Corefile";

pub(crate) fn update(found: &[Found], version: &str) -> Result<Update, UpdateError> {
    let live = object(found, AddOnObject::CoreDns).ok_or(UpdateError::Absent(AddOn::CoreDns.name()))?;
    let wanted = BuildVersion::parse(version).ok_or_else(|| UpdateError::Version(version.to_owned()))?;
    let from = tag(live, CONTAINERS, NAME, NAME)?.ok_or(UpdateError::Absent(NAME))?.to_owned();
    let is_ahead = BuildVersion::parse(&from).is_some_and(|is| is >= wanted);
    let to = if is_ahead { from.clone() } else { version.to_owned() };
    let mut update = Update { from, to, ..Update::default() };
    if is_ahead {
        return Ok(update);
    }
    update.merged(found, AddOnObject::DnsService, &defaults::service());
    if let Some(config) = object(found, AddOnObject::Corefile) {
        update.corefile(config, wanted)?;
    }
    update.merged(found, AddOnObject::DnsRole, &defaults::role());
    // Last, because its new pods read the others.
    let shipped = defaults::deployment();
    let mut merged = merge(live, &shipped.history, &shipped.now);
    set_tag(&mut merged.value, CONTAINERS, NAME, &update.to);
    update.changes.append(&mut merged.changes);
    update.keeps.append(&mut merged.keeps);
    update.objects.push(Found { place: AddOnObject::CoreDns, object: merged.value });
    Ok(update)
}

impl Update {
    fn merged(&mut self, found: &[Found], place: AddOnObject, shipped: &Shipped) {
        let Some(live) = object(found, place) else { return };
        let mut merged = merge(live, &shipped.history, &shipped.now);
        self.keeps.append(&mut merged.keeps);
        if merged.value != *live {
            self.changes.append(&mut merged.changes);
            self.objects.push(Found { place, object: merged.value });
        }
    }

    fn corefile(&mut self, config: &Value, wanted: BuildVersion) -> Result<(), UpdateError> {
        let Some(text) = config.pointer(COREFILE).and_then(Value::as_str) else { return Ok(()) };
        let Edited { text: edited, edits } =
            corefile::edited(text, wanted.release).ok_or(UpdateError::Corefile)?;
        if edits.is_empty() {
            return Ok(());
        }
        self.changes.extend(edits.iter().map(|edit| format!("Corefile {edit}")));
        let mut object = config.clone();
        if let Some(place) = object.pointer_mut(COREFILE) {
            *place = Value::from(edited);
        }
        self.objects.push(Found { place: AddOnObject::Corefile, object });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CORE: &str = ".:53 {\n    errors\n    # ours\n    proxy . /etc/resolv.conf\n    cache 30\n}\n";

    fn live(tag: &str) -> Vec<Found> {
        let container = json!({
            "name": NAME, "image": format!("r.example/eks/coredns:{tag}"),
            "env": [{"name": "GOMAXPROCS", "value": "2"}],
            "readinessProbe": {"failureThreshold": 3, "periodSeconds": 10, "timeoutSeconds": 1},
            "resources": {"limits": {"memory": "500Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
            "securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["all"]}},
            "volumeMounts": [{"mountPath": "/etc/coredns", "name": "config-volume"}, {"mountPath": "/tmp", "name": "tmp"}],
        });
        let pod = json!({
            "containers": [container],
            "tolerations": [
                {"effect": "NoSchedule", "key": "node-role.kubernetes.io/master"},
                {"key": "CriticalAddonsOnly", "operator": "Exists"},
                {"key": "shop", "operator": "Exists"},
            ],
            "volumes": [{"name": "config-volume"}, {"name": "tmp", "emptyDir": {}}],
        });
        let annotations = json!({"eks.amazonaws.com/compute-type": "fargate"});
        let deployment = json!({"metadata": {"resourceVersion": "7"}, "spec": {
            "replicas": 4,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
            "template": {"metadata": {"annotations": annotations}, "spec": pod},
        }});
        let ports = json!([{"name": "dns", "port": 53}, {"name": "dns-tcp", "port": 53}]);
        let rule = json!({"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]});
        let of = |place, object| Found { place, object };
        vec![
            of(AddOnObject::DnsService, json!({"spec": {"clusterIP": "10.100.0.10", "ports": ports}})),
            of(AddOnObject::Corefile, json!({"data": {"Corefile": CORE}})),
            of(AddOnObject::DnsRole, json!({"rules": [rule]})),
            of(AddOnObject::CoreDns, deployment),
        ]
    }

    #[test]
    fn what_the_owner_changed_stays_and_the_rest_follows() {
        let done = update(&live("v1.10.1-eksbuild.38"), "v1.13.2-eksbuild.19").unwrap();
        let places: Vec<AddOnObject> = done.objects.iter().map(|found| found.place).collect();
        assert_eq!(
            places,
            [AddOnObject::DnsService, AddOnObject::Corefile, AddOnObject::DnsRole, AddOnObject::CoreDns]
        );
        let of = |at: usize, path: &str| done.objects[at].object.pointer(path).cloned().unwrap_or_default();
        assert_eq!(of(0, "/spec/clusterIP"), "10.100.0.10");
        assert_eq!(of(0, "/spec/ports/2/port"), 9153);
        assert!(of(1, COREFILE).as_str().unwrap().contains("# ours\n    forward . /etc/resolv.conf\n"));
        assert_eq!(of(2, "/rules/1/resources"), json!(["endpointslices"]));
        let pod = "/spec/template/spec";
        let container = |path: &str| of(3, &format!("{pod}/containers/0{path}"));
        assert_eq!(of(3, "/metadata/resourceVersion"), "7");
        assert_eq!(of(3, "/spec/replicas"), 4);
        assert_eq!(
            of(3, "/spec/template/metadata/annotations"),
            json!({"eks.amazonaws.com/compute-type": "fargate"})
        );
        assert_eq!(container("/image"), "r.example/eks/coredns:v1.13.2-eksbuild.19");
        assert_eq!(container("/env/0/value"), "2");
        assert_eq!(container("/resources/limits/memory"), "500Mi");
        assert_eq!(
            container("/securityContext/capabilities"),
            json!({"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]})
        );
        assert_eq!(
            container("/volumeMounts"),
            json!([{"mountPath": "/etc/coredns", "name": "config-volume"}])
        );
        assert_eq!(of(3, &format!("{pod}/volumes")), json!([{"name": "config-volume"}]));
        let keys = of(3, &format!("{pod}/tolerations"));
        let keys: Vec<&str> = keys.as_array().unwrap().iter().filter_map(|it| it["key"].as_str()).collect();
        assert_eq!(keys, ["CriticalAddonsOnly", "shop", "node-role.kubernetes.io/control-plane"]);
        assert_eq!(of(3, &format!("{pod}/topologySpreadConstraints/0/maxSkew")), 1);
        assert!(done.keeps.contains(&"spec.replicas: 4, where EKS has 2".to_owned()), "{:?}", done.keeps);
        // What was done once is not done again.
        let after: Vec<Found> = done.objects.clone();
        assert!(update(&after, "v1.13.2-eksbuild.19").unwrap().is_up_to_date());
    }

    #[test]
    fn one_that_is_ahead_stays_and_a_broken_corefile_is_refused() {
        assert!(update(&live("v1.14.0-eksbuild.1"), "v1.13.2-eksbuild.19").unwrap().is_up_to_date());
        let mut found = live("v1.10.1-eksbuild.38");
        found[1].object = json!({"data": {"Corefile": ".:53 {\n errors\n"}});
        assert_eq!(update(&found, "v1.13.2-eksbuild.19"), Err(UpdateError::Corefile));
    }
}
