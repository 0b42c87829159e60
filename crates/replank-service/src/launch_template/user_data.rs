//! What user data does to the kubelet of a node, as far as it is told in the usual ways (EKS user guide: self-managed
//! nodes; `bootstrap.sh --kubelet-extra-args`, nodeadm's `kubelet.flags`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Texts in user data by which nodes join the cluster: AL2, AL2023, Bottlerocket, Windows.
const JOINS_BY: [&str; 6] = [
    "/etc/eks/bootstrap.sh",
    "node.eks.aws",
    "nodeadm",
    "[settings.kubernetes]",
    "settings.kubernetes.",
    "Start-EKSBootstrap",
];

/// User data, as far as it matters to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeBootstrap {
    /// Whether nodes launched with it join the cluster.
    pub joins: bool,
    /// Labels that the kubelet registers with (`--node-labels`).
    pub labels: Vec<(String, String)>,
    /// Taints that it registers with (`--register-with-taints`): key, value, effect.
    pub taints: Vec<(String, String, String)>,
}

/// Reads user data in base64; what cannot be read does nothing.
pub fn read(base64: &str) -> NodeBootstrap {
    let letters: Vec<u8> = base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = BASE64.decode(letters).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let labels = flag(&text, "--node-labels=").filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((key.to_owned(), value.to_owned()))
    });
    let taints = flag(&text, "--register-with-taints=").filter_map(|taint| {
        let (rest, effect) = taint.rsplit_once(':')?;
        let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
        Some((key.to_owned(), value.to_owned(), effect.to_owned()))
    });
    NodeBootstrap {
        joins: JOINS_BY.iter().any(|words| text.contains(words)),
        labels: labels.collect(),
        taints: taints.collect(),
    }
}

/// A text as user data: in base64.
pub fn encoded(text: &str) -> String {
    BASE64.encode(text)
}

/// The comma separated values of a kubelet's flag, wherever it stands.
fn flag<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let values = text.split(name).skip(1).flat_map(|rest| {
        let end = |letter: char| letter.is_whitespace() || "'\"\\".contains(letter);
        rest.split(end).next().unwrap_or_default().split(',')
    });
    values.filter(|value| !value.is_empty()).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_of_the_kubelet_are_found_in_scripts_and_in_node_configs() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        for text in [
            "#!/bin/bash\n/etc/eks/bootstrap.sh c --kubelet-extra-args '--node-labels=a=1,b=2 --register-with-taints=x=y:NoSchedule'\n",
            "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  kubelet:\n    flags:\n    - --node-labels=a=1,b=2\n    - \"--register-with-taints=x=y:NoSchedule\"\n",
        ] {
            let found = read(&BASE64.encode(text));
            assert_eq!(found.labels, [pair("a", "1"), pair("b", "2")], "{text}");
            assert_eq!(found.taints, [("x".to_owned(), "y".to_owned(), "NoSchedule".to_owned())], "{text}");
            assert!(found.joins, "{text}");
        }
        assert_eq!(read(&BASE64.encode("#!/bin/bash\necho nothing")), NodeBootstrap::default());
        assert_eq!(read("?"), NodeBootstrap::default());
    }
}
