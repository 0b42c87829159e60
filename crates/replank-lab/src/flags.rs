//! Command lines of the lab's programs, and paths of its files.

use std::path::{Path, PathBuf};

use crate::settings::{Leases, Settings};

/// Paths in the directory of a lab.
#[derive(Clone, Debug)]
pub(crate) struct LabPaths {
    root: PathBuf,
}

/// Ports of a lab.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub(crate) etcd: u16,
    pub(crate) peer: u16,
    pub(crate) api: u16,
}

impl LabPaths {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn text(&self, name: &str) -> String {
        self.file(name).display().to_string()
    }

    /// Paths of the certificate and key with this name.
    pub(crate) fn pair(&self, name: &str) -> [PathBuf; 2] {
        [self.file(&format!("pki/{name}.crt")), self.file(&format!("pki/{name}.key"))]
    }

    fn pair_text(&self, name: &str) -> [String; 2] {
        self.pair(name).map(|path| path.display().to_string())
    }

    pub(crate) fn kubeconfig(&self, user: &str) -> PathBuf {
        self.file(&format!("kubeconfig/{user}.yaml"))
    }

    pub(crate) fn log(&self, program: &str) -> PathBuf {
        self.file(&format!("logs/{program}.log"))
    }

    pub(crate) fn audit(&self) -> PathBuf {
        self.file("audit.log")
    }
}

/// Flags of etcd; data need not survive a crash of the machine.
pub(crate) fn etcd(place: &LabPaths, ports: Numbers) -> Vec<String> {
    let (client, peer) = (address(ports.etcd), address(ports.peer));
    let [certificate, key] = place.pair_text("etcd");
    let authority = place.text("pki/ca.crt");
    pairs(&[
        ("name", "lab"),
        ("data-dir", &place.text("etcd")),
        ("listen-client-urls", &client),
        ("advertise-client-urls", &client),
        ("listen-peer-urls", &peer),
        ("initial-advertise-peer-urls", &peer),
        ("initial-cluster", &format!("lab={peer}")),
        ("cert-file", &certificate),
        ("key-file", &key),
        ("trusted-ca-file", &authority),
        ("client-cert-auth", "true"),
        ("peer-cert-file", &certificate),
        ("peer-key-file", &key),
        ("peer-trusted-ca-file", &authority),
        ("peer-client-cert-auth", "true"),
        ("auto-compaction-retention", "1"),
        ("quota-backend-bytes", "8589934592"),
        ("unsafe-no-fsync", "true"),
        ("log-level", "warn"),
    ])
}

/// Flags of the API server: RBAC, audit of everything, default admission.
pub(crate) fn api_server(place: &LabPaths, ports: Numbers) -> Vec<String> {
    let [certificate, key] = place.pair_text("kube-apiserver");
    let [etcd_certificate, etcd_key] = place.pair_text("etcd");
    let [proxy_certificate, proxy_key] = place.pair_text("front-proxy");
    let authority = place.text("pki/ca.crt");
    pairs(&[
        ("etcd-servers", &address(ports.etcd)),
        ("etcd-cafile", &authority),
        ("etcd-certfile", &etcd_certificate),
        ("etcd-keyfile", &etcd_key),
        ("bind-address", "127.0.0.1"),
        ("secure-port", &ports.api.to_string()),
        ("tls-cert-file", &certificate),
        ("tls-private-key-file", &key),
        ("client-ca-file", &authority),
        ("service-account-key-file", &place.text("pki/service-accounts.pub")),
        ("service-account-signing-key-file", &place.text("pki/service-accounts.key")),
        ("service-account-issuer", "https://kubernetes.default.svc.cluster.local"),
        ("service-cluster-ip-range", "172.20.0.0/16"),
        ("authorization-mode", "Node,RBAC"),
        ("anonymous-auth", "false"),
        ("allow-privileged", "true"),
        ("endpoint-reconciler-type", "none"),
        ("audit-policy-file", &place.text("audit-policy.yaml")),
        ("audit-log-path", &place.audit().display().to_string()),
        ("audit-log-maxsize", "8192"),
        ("proxy-client-cert-file", &proxy_certificate),
        ("proxy-client-key-file", &proxy_key),
        ("requestheader-client-ca-file", &authority),
        ("requestheader-allowed-names", "front-proxy"),
        ("requestheader-username-headers", "X-Remote-User"),
        ("requestheader-group-headers", "X-Remote-Group"),
        ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
    ])
}

/// Flags of the controller manager; each controller has its own account, so that the audit log tells them apart.
pub(crate) fn controllers(place: &LabPaths, settings: &Settings) -> Vec<String> {
    let own = place.kubeconfig("kube-controller-manager").display().to_string();
    let lost = settings.leases.lost_seconds();
    let mut arguments = pairs(&[
        ("kubeconfig", &own),
        ("root-ca-file", &place.text("pki/ca.crt")),
        ("service-account-private-key-file", &place.text("pki/service-accounts.key")),
        ("use-service-account-credentials", "true"),
        ("node-monitor-grace-period", &format!("{lost}s")),
        ("leader-elect", "false"),
        ("secure-port", "0"),
    ]);
    if settings.leases == Leases::Long {
        // Many nodes mean many pods: with 20 requests a second their controllers would be what is measured. The one
        // left out writes an annotation on every node whenever their number passes a threshold.
        arguments.extend(pairs(&[
            ("kube-api-qps", "500"),
            ("kube-api-burst", "1000"),
            ("controllers", "*,-ttl-controller"),
        ]));
    }
    arguments
}

pub(crate) fn scheduler(place: &LabPaths, settings: &Settings) -> Vec<String> {
    let own = place.kubeconfig("kube-scheduler").display().to_string();
    let mut arguments = pairs(&[("kubeconfig", &own), ("leader-elect", "false"), ("secure-port", "0")]);
    if settings.leases == Leases::Long {
        arguments.extend(pairs(&[("kube-api-qps", "500"), ("kube-api-burst", "1000")]));
    }
    arguments
}

pub(crate) fn kubelets(place: &LabPaths, settings: &Settings) -> Vec<String> {
    let own = place.kubeconfig("kwok").display().to_string();
    let lease = settings.leases.duration_seconds();
    pairs(&[
        ("kubeconfig", &own),
        ("config", &place.text("stages.yaml")),
        ("manage-all-nodes", "false"),
        ("manage-nodes-with-annotation-selector", "kwok.x-k8s.io/node=fake"),
        // A node that loses its annotation is kept all the same; one that leaves this selection is let go.
        ("manage-nodes-with-label-selector", "!lab.replank.dev/silent"),
        ("node-lease-duration-seconds", &lease.to_string()),
    ])
}

fn address(port: u16) -> String {
    format!("https://127.0.0.1:{port}")
}

fn pairs(flags: &[(&str, &str)]) -> Vec<String> {
    flags.iter().map(|(name, value)| format!("--{name}={value}")).collect()
}
