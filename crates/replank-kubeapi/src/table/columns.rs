//! Columns of each kind.

use serde_json::{Value, json};

/// Kind and its columns; those after the bar are shown by `-o wide` only. A column is text unless it says `:integer`,
/// `:boolean` or `:date`.
const COLUMNS: &[(&str, &str)] = &[
    ("Pod", "Name,Ready,Status,Restarts,Age|IP,Node,Nominated Node,Readiness Gates"),
    ("PodTemplate", "Name,Containers,Images,Pod Labels"),
    ("PodDisruptionBudget", "Name,Min Available,Max Unavailable,Allowed Disruptions:integer,Age"),
    (
        "ReplicationController",
        "Name,Desired:integer,Current:integer,Ready:integer,Age|Containers,Images,Selector",
    ),
    ("ReplicaSet", "Name,Desired:integer,Current:integer,Ready:integer,Age|Containers,Images,Selector"),
    (
        "DaemonSet",
        "Name,Desired:integer,Current:integer,Ready:integer,Up-to-date:integer,Available:integer,Node Selector,Age|\
         Containers,Images,Selector",
    ),
    ("Job", "Name,Status,Completions,Duration,Age|Containers,Images,Selector"),
    (
        "CronJob",
        "Name,Schedule,Timezone,Suspend:boolean,Active:integer,Last Schedule,Age|Containers,Images,Selector",
    ),
    ("Service", "Name,Type,Cluster-IP,External-IP,Port(s),Age|Selector"),
    ("Ingress", "Name,Class,Hosts,Address,Ports,Age"),
    ("IngressClass", "Name,Controller,Parameters,Age"),
    ("StatefulSet", "Name,Ready,Age|Containers,Images"),
    ("Endpoints", "Name,Endpoints,Age"),
    (
        "Node",
        "Name,Status,Roles,Age,Version|Internal-IP,External-IP,OS-Image,Kernel-Version,Container-Runtime",
    ),
    ("Event", "Last Seen,Type,Reason,Object,!Subobject,!Source,Message,!First Seen,!Count,!Name"),
    ("Namespace", "Name,Status,Age"),
    ("Secret", "Name,Type,Data,Age"),
    ("ServiceAccount", "Name,Secrets,Age"),
    (
        "PersistentVolume",
        "Name,Capacity,Access Modes,Reclaim Policy,Status,Claim,StorageClass,VolumeAttributesClass,Reason,Age|\
         VolumeMode",
    ),
    (
        "PersistentVolumeClaim",
        "Name,Status,Volume,Capacity,Access Modes,StorageClass,VolumeAttributesClass,Age|VolumeMode",
    ),
    ("Deployment", "Name,Ready,Up-to-date,Available,Age|Containers,Images,Selector"),
    ("HorizontalPodAutoscaler", "Name,Reference,Targets,MinPods,MaxPods,Replicas,Age"),
    ("ConfigMap", "Name,Data,Age"),
    ("NetworkPolicy", "Name,Pod-Selector,Age"),
    ("RoleBinding", "Name,Role,Age|Users,Groups,ServiceAccounts"),
    ("ClusterRoleBinding", "Name,Role,Age|Users,Groups,ServiceAccounts"),
    ("CertificateSigningRequest", "Name,Age,SignerName,Requestor,RequestedDuration,Condition"),
    ("Lease", "Name,Holder,Age"),
    ("StorageClass", "Name,Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age"),
    ("ControllerRevision", "Name,Controller,Revision,Age"),
    ("ResourceQuota", "Name,Request,Limit,Age"),
    ("PriorityClass", "Name,Value:integer,Global-Default:boolean,Age,PreemptionPolicy"),
    ("RuntimeClass", "Name,Handler,Age"),
    ("VolumeAttachment", "Name,Attacher,PV,Node,Attached:boolean,Age"),
    ("EndpointSlice", "Name,AddressType,Ports,Endpoints,Age"),
    ("CSINode", "Name,Drivers:integer,Age"),
    (
        "CSIDriver",
        "Name,AttachRequired:boolean,PodInfoOnMount:boolean,StorageCapacity:boolean,TokenRequests,\
         RequiresRepublish:boolean,Modes,Age",
    ),
    ("MutatingWebhookConfiguration", "Name,Webhooks:integer,Age"),
    ("ValidatingWebhookConfiguration", "Name,Webhooks:integer,Age"),
    ("Scale", "Name,Desired:integer,Available:integer,Age"),
    ("APIService", "Name,Service,Available,Age"),
];

/// Columns of all other kinds.
const PLAIN: &str = "Name,Created At:date";

/// Whether the kind has columns of its own.
pub(super) fn are_known(kind: &str) -> bool {
    COLUMNS.iter().any(|(name, _)| *name == kind)
}

/// `columnDefinitions` of a kind.
pub(super) fn of(kind: &str) -> Value {
    let found = COLUMNS.iter().find(|(name, _)| *name == kind).map_or(PLAIN, |(_, columns)| columns);
    let (always, wide) = found.split_once('|').unwrap_or((found, ""));
    let columns = always.split(',').map(|it| (it, 0));
    let columns = columns.chain(wide.split(',').filter(|it| !it.is_empty()).map(|it| (it, 1)));
    columns.map(|(column, priority)| definition(column, priority)).collect()
}

fn definition(column: &str, priority: u8) -> Value {
    let (column, priority) = column.strip_prefix('!').map_or((column, priority), |it| (it, 1));
    let (name, of) = column.split_once(':').unwrap_or((column, "string"));
    let format = if name == "Name" { "name" } else { "" };
    json!({
        "name": name, "type": of, "format": format, "description": description(name), "priority": priority,
    })
}

/// Description of a column; empty for columns named like their field.
fn description(column: &str) -> &'static str {
    match column {
        "Name" => "What the object is called; unique among its kind in its namespace.",
        "Age" => "How long ago the object was created.",
        "Created At" => "When the object was created.",
        "Status" => "How the object fares, in one word.",
        "Ready" => "How many are ready, of how many wanted.",
        "Restarts" => "How often containers were started again, and how long ago the last time was.",
        "Roles" => "The roles that the labels of the node name.",
        "Version" => "The version of the kubelet.",
        "IP" => "The address of the pod.",
        "Node" => "The node that it is bound to.",
        "Nominated Node" => "The node on which room is being made for the pod.",
        "Readiness Gates" => "How many conditions asked for beyond readiness hold.",
        "Desired" => "How many are wanted.",
        "Current" => "How many exist.",
        "Up-to-date" => "How many are made from the present template.",
        "Available" => "How many have been ready for long enough.",
        "Containers" => "The names of the containers.",
        "Images" => "The images of the containers.",
        "Selector" => "The labels of the pods that belong to it.",
        "Min Available" => "How many pods must stay available.",
        "Max Unavailable" => "How many pods may be unavailable.",
        "Allowed Disruptions" => "How many pods may be evicted now.",
        "Completions" => "How many pods succeeded, of how many wanted.",
        "Duration" => "How long the job ran, or has been running.",
        "Last Seen" => "How long ago it happened last.",
        "First Seen" => "How long ago it happened first.",
        "Count" => "How often it happened.",
        "Holder" => "Who holds the lease.",
        _ => "",
    }
}
