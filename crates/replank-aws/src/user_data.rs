//! Which cluster the user data of a launch template names. Nothing else of it is read, and none of it is kept: it may hold
//! secrets.

use aws_smithy_types::base64;

/// Longest name or URL that is taken.
const LONGEST: usize = 200;

/// What user data says of the cluster; `None` where it does not, or says it by a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) cluster: Option<String>,
    pub(crate) endpoint: Option<String>,
}

/// What user data says, as EC2 tells it (base64).
pub(crate) fn named(user_data: &str) -> Named {
    let bytes = base64::decode(user_data).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    [node_config(&text), bootstrap(&text), bottlerocket(&text)]
        .into_iter()
        .find(|found| *found != Named::default())
        .unwrap_or_default()
}

/// `NodeConfig` of Amazon Linux 2023 (nodeadm: `node.eks.aws/v1alpha1`, `spec.cluster`).
fn node_config(text: &str) -> Named {
    let mut found = Named::default();
    let Some((_, config)) = text.split_once("node.eks.aws/") else { return found };
    let Some((_, cluster)) = config.split_once("cluster:") else { return found };
    // The members of `cluster` are indented deeper than it, and end with the first line that is not.
    for line in cluster.lines().skip(1).take_while(|line| line.trim().is_empty() || line.starts_with("   ")) {
        match line.trim().split_once(':') {
            Some(("name", value)) => found.cluster = literal(value),
            Some(("apiServerEndpoint", value)) => found.endpoint = literal(value),
            _ => {}
        }
    }
    found
}

/// `/etc/eks/bootstrap.sh CLUSTER --apiserver-endpoint URL` of Amazon Linux 2 and Ubuntu.
fn bootstrap(text: &str) -> Named {
    let mut found = Named::default();
    let Some((_, call)) = text.split_once("bootstrap.sh ") else { return found };
    // A call may go on over several lines with a backslash at the end of each.
    let call = call.replace("\\\n", " ");
    let words: Vec<&str> = call.lines().next().unwrap_or_default().split_whitespace().collect();
    found.cluster = words.first().and_then(|word| literal(word));
    let flag = words.iter().position(|word| *word == "--apiserver-endpoint");
    found.endpoint = flag.and_then(|at| words.get(at + 1)).and_then(|word| literal(word));
    found
}

/// Settings of Bottlerocket (TOML: `settings.kubernetes`).
fn bottlerocket(text: &str) -> Named {
    let value = |key: &str| {
        text.lines().find_map(|line| {
            let (own, value) = line.split_once('=')?;
            (own.trim().rsplit('.').next()?.trim() == key).then(|| literal(value))?
        })
    };
    Named { cluster: value("cluster-name"), endpoint: value("api-server") }
}

/// A value as it stands, without quotes; `None` for variables and flags.
fn literal(written: &str) -> Option<String> {
    let bare = written.trim().trim_matches(|letter| letter == '"' || letter == '\'');
    let is_literal = !bare.is_empty()
        && bare.len() <= LONGEST
        && !bare.starts_with('-')
        && bare.chars().all(|letter| letter.is_ascii_graphic() && !"${}`<>".contains(letter));
    is_literal.then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Option<String>, Option<String>) {
        let Named { cluster, endpoint } = named(&base64::encode(text));
        (cluster, endpoint)
    }

    #[test]
    fn cluster_and_endpoint_are_found_in_what_nodes_of_eks_are_given() {
        let both = (Some("shop".to_owned()), Some("https://a.eks.amazonaws.com".to_owned()));
        let al2023 = "MIME-Version: 1.0\n\n--//\nContent-Type: application/node.eks.aws\n\n---\n\
                      apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\nspec:\n  cluster:\n    name: shop\n    \
                      apiServerEndpoint: https://a.eks.amazonaws.com\n    certificateAuthority: c2VjcmV0\n  \
                      kubelet:\n    name: other\n--//--\n";
        assert_eq!(of(al2023), both);
        let al2 = "#!/bin/bash\nset -e\n/etc/eks/bootstrap.sh 'shop' \\\n  --apiserver-endpoint \
                   https://a.eks.amazonaws.com --b64-cluster-ca c2VjcmV0\n";
        assert_eq!(of(al2), both);
        let bottlerocket = "[settings.kubernetes]\ncluster-name = \"shop\"\napi-server = \
                            \"https://a.eks.amazonaws.com\"\ncluster-certificate = \"c2VjcmV0\"\n";
        assert_eq!(of(bottlerocket), both);
    }

    #[test]
    fn variables_and_other_texts_name_nothing() {
        assert_eq!(of("#!/bin/bash\n/etc/eks/bootstrap.sh ${CLUSTER} --use-max-pods false\n"), (None, None));
        assert_eq!(of("#cloud-config\nruncmd: [echo]\n"), (None, None));
        assert_eq!(named("no base64 at all!"), Named::default());
    }
}
