//! The kinds and fields that a snapshot holds, and where an API server lists them.

/// A kind in a snapshot.
#[derive(Debug)]
pub struct Kind {
    /// Name as objects have it, such as `Pod`.
    pub kind: &'static str,
    /// API group and version that is read, such as `apps/v1`.
    pub api_version: &'static str,
    /// The resource in paths, such as `pods`.
    pub resource: &'static str,
    /// Whether the list may be missing or forbidden without making the snapshot incomplete.
    pub optional: bool,
    /// The fields kept: paths below a prefix. A list stands for each of its items; a path keeps everything below
    /// it.
    pub(super) fields: &'static [(&'static str, &'static [&'static str])],
}

impl Kind {
    /// The API path that lists all objects of the kind.
    pub fn path(&self) -> String {
        let root = if self.api_version.contains('/') { "apis" } else { "api" };
        format!("/{root}/{}/{}", self.api_version, self.resource)
    }

    /// The kind of that name, if a snapshot holds it.
    pub fn find(kind: &str) -> Option<&'static Self> {
        KINDS.iter().find(|known| known.kind == kind)
    }
}

/// `metadata` of every object. Annotations are selected by name, see [`super::trim()`].
const META: &[&str] = &[
    "name",
    "namespace",
    "uid",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "finalizers",
    "ownerReferences.apiVersion",
    "ownerReferences.kind",
    "ownerReferences.name",
    "ownerReferences.uid",
    "ownerReferences.controller",
];

/// `metadata` of a pod template.
const TEMPLATE_META: &[&str] = &["labels", "annotations", "finalizers"];

/// What decides where a pod runs, when it is Ready and how it ends.
const POD_SPEC: &[&str] = &[
    "nodeName",
    "nodeSelector",
    "affinity",
    "topologySpreadConstraints",
    "tolerations",
    "priorityClassName",
    "priority",
    "preemptionPolicy",
    "terminationGracePeriodSeconds",
    "hostNetwork",
    "restartPolicy",
    "schedulingGates",
    "schedulerName",
    "runtimeClassName",
    "overhead",
    "volumes.name",
    "volumes.persistentVolumeClaim",
    "volumes.emptyDir.medium",
    "volumes.hostPath.path",
    "volumes.ephemeral",
    "containers.name",
    "containers.image",
    "containers.resources",
    "containers.ports.containerPort",
    "containers.ports.hostPort",
    "containers.ports.hostIP",
    "containers.ports.protocol",
    "containers.readinessProbe.initialDelaySeconds",
    "containers.readinessProbe.periodSeconds",
    "containers.lifecycle.preStop",
    "initContainers.name",
    "initContainers.image",
    "initContainers.resources",
    "initContainers.restartPolicy",
];

const POD_STATUS: &[&str] = &[
    "phase",
    "conditions.type",
    "conditions.status",
    "conditions.reason",
    "conditions.lastTransitionTime",
    "startTime",
    "nominatedNodeName",
    "containerStatuses.name",
    "containerStatuses.ready",
    "containerStatuses.restartCount",
    "containerStatuses.state.waiting.reason",
    "containerStatuses.state.running",
    "containerStatuses.state.terminated.exitCode",
    "containerStatuses.state.terminated.startedAt",
    "containerStatuses.state.terminated.finishedAt",
];

/// `spec` of a volume; its source is selected by name, see [`super::trim()`].
const VOLUME: &[&str] = &[
    "accessModes",
    "capacity",
    "claimRef.namespace",
    "claimRef.name",
    "claimRef.uid",
    "nodeAffinity",
    "storageClassName",
    "volumeMode",
    "persistentVolumeReclaimPolicy",
];

const CLAIM: &[&str] =
    &["accessModes", "resources.requests", "storageClassName", "volumeName", "volumeMode", "selector"];

const NODE_SPEC: &[&str] = &["providerID", "unschedulable", "taints"];
const NODE_STATUS: &[&str] = &[
    "allocatable",
    "capacity",
    "conditions.type",
    "conditions.status",
    "conditions.lastTransitionTime",
    "nodeInfo.kubeletVersion",
    "nodeInfo.osImage",
    "nodeInfo.architecture",
    "nodeInfo.operatingSystem",
];

/// `spec` of a workload, without its template.
const CONTROLLER: &[&str] = &[
    "replicas",
    "selector",
    "minReadySeconds",
    "strategy",
    "updateStrategy",
    "paused",
    "progressDeadlineSeconds",
    "revisionHistoryLimit",
    "podManagementPolicy",
    "ordinals",
    "persistentVolumeClaimRetentionPolicy",
    "volumeClaimTemplates.metadata.name",
    "volumeClaimTemplates.metadata.labels",
    "volumeClaimTemplates.spec",
];

/// `status` of a workload.
const CONTROLLER_STATUS: &[&str] = &[
    "observedGeneration",
    "replicas",
    "readyReplicas",
    "availableReplicas",
    "updatedReplicas",
    "currentRevision",
    "updateRevision",
];

const JOB_SPEC: &[&str] = &[
    "parallelism",
    "completions",
    "backoffLimit",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
    "activeDeadlineSeconds",
    "ttlSecondsAfterFinished",
    "completionMode",
    "suspend",
    "podReplacementPolicy",
    "podFailurePolicy",
    "manualSelector",
];

const JOB_STATUS: &[&str] = &[
    "active",
    "succeeded",
    "failed",
    "startTime",
    "completionTime",
    "completedIndexes",
    "failedIndexes",
    "conditions.type",
    "conditions.status",
    "conditions.reason",
];

const fn kind(
    kind: &'static str,
    api_version: &'static str,
    resource: &'static str,
    optional: bool,
    fields: &'static [(&'static str, &'static [&'static str])],
) -> Kind {
    Kind { kind, api_version, resource, optional, fields }
}

const WORKLOAD: &[(&str, &[&str])] = &[
    ("metadata", META),
    ("spec", CONTROLLER),
    ("spec.template.metadata", TEMPLATE_META),
    ("spec.template.spec", POD_SPEC),
    ("status", CONTROLLER_STATUS),
];

/// The kinds of a snapshot, in the order they are read and written.
pub static KINDS: &[Kind] = &[
    kind("Namespace", "v1", "namespaces", false, &[("metadata", META)]),
    kind("Node", "v1", "nodes", false, &[("metadata", META), ("spec", NODE_SPEC), ("status", NODE_STATUS)]),
    kind(
        "CSINode",
        "storage.k8s.io/v1",
        "csinodes",
        true,
        &[("metadata", META), ("spec", &["drivers.name", "drivers.allocatable"])],
    ),
    kind(
        "PriorityClass",
        "scheduling.k8s.io/v1",
        "priorityclasses",
        false,
        &[("metadata", META), ("", &["value", "globalDefault", "preemptionPolicy"])],
    ),
    kind(
        "StorageClass",
        "storage.k8s.io/v1",
        "storageclasses",
        false,
        &[("metadata", META), ("", &["provisioner", "volumeBindingMode", "allowedTopologies"])],
    ),
    kind(
        "PersistentVolume",
        "v1",
        "persistentvolumes",
        false,
        &[("metadata", META), ("spec", VOLUME), ("status", &["phase"])],
    ),
    kind(
        "PersistentVolumeClaim",
        "v1",
        "persistentvolumeclaims",
        false,
        &[("metadata", META), ("spec", CLAIM), ("status", &["phase"])],
    ),
    kind(
        "VolumeAttachment",
        "storage.k8s.io/v1",
        "volumeattachments",
        true,
        &[
            ("metadata", META),
            ("spec", &["nodeName", "source.persistentVolumeName"]),
            ("status", &["attached"]),
        ],
    ),
    kind(
        "PodDisruptionBudget",
        "policy/v1",
        "poddisruptionbudgets",
        false,
        &[
            ("metadata", META),
            ("spec", &["minAvailable", "maxUnavailable", "selector", "unhealthyPodEvictionPolicy"]),
            (
                "status",
                &[
                    "observedGeneration",
                    "disruptionsAllowed",
                    "currentHealthy",
                    "desiredHealthy",
                    "expectedPods",
                    "disruptedPods",
                    "conditions.type",
                    "conditions.status",
                    "conditions.reason",
                    "conditions.message",
                ],
            ),
        ],
    ),
    kind(
        "Service",
        "v1",
        "services",
        true,
        &[
            ("metadata", META),
            (
                "spec",
                &[
                    "type",
                    "selector",
                    "publishNotReadyAddresses",
                    "clusterIP",
                    "ports.name",
                    "ports.port",
                    "ports.protocol",
                ],
            ),
        ],
    ),
    kind(
        "EndpointSlice",
        "discovery.k8s.io/v1",
        "endpointslices",
        true,
        &[("metadata", META), ("", &["addressType", "endpoints.conditions", "endpoints.targetRef.name"])],
    ),
    kind(
        "HorizontalPodAutoscaler",
        "autoscaling/v2",
        "horizontalpodautoscalers",
        true,
        &[
            ("metadata", META),
            ("spec", &["scaleTargetRef", "minReplicas", "maxReplicas"]),
            ("status", &["currentReplicas", "desiredReplicas"]),
        ],
    ),
    kind(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1",
        "validatingwebhookconfigurations",
        true,
        &[
            ("metadata", META),
            (
                "",
                &[
                    "webhooks.name",
                    "webhooks.rules",
                    "webhooks.failurePolicy",
                    "webhooks.namespaceSelector",
                    "webhooks.objectSelector",
                ],
            ),
        ],
    ),
    kind("DaemonSet", "apps/v1", "daemonsets", false, WORKLOAD),
    kind("Deployment", "apps/v1", "deployments", false, WORKLOAD),
    kind("StatefulSet", "apps/v1", "statefulsets", false, WORKLOAD),
    kind("ReplicaSet", "apps/v1", "replicasets", false, WORKLOAD),
    kind("ReplicationController", "v1", "replicationcontrollers", true, WORKLOAD),
    kind(
        "CronJob",
        "batch/v1",
        "cronjobs",
        false,
        &[
            ("metadata", META),
            (
                "spec",
                &[
                    "schedule",
                    "timeZone",
                    "suspend",
                    "concurrencyPolicy",
                    "successfulJobsHistoryLimit",
                    "failedJobsHistoryLimit",
                    "jobTemplate.metadata.labels",
                ],
            ),
            ("spec.jobTemplate.spec", JOB_SPEC),
            ("spec.jobTemplate.spec.template.metadata", TEMPLATE_META),
            ("spec.jobTemplate.spec.template.spec", POD_SPEC),
            ("status", &["lastScheduleTime"]),
        ],
    ),
    kind(
        "Job",
        "batch/v1",
        "jobs",
        false,
        &[
            ("metadata", META),
            ("spec", JOB_SPEC),
            ("spec.template.metadata", TEMPLATE_META),
            ("spec.template.spec", POD_SPEC),
            ("status", JOB_STATUS),
        ],
    ),
    kind("Pod", "v1", "pods", false, &[("metadata", META), ("spec", POD_SPEC), ("status", POD_STATUS)]),
];
