//! Files with secrets in them, each secret a marker that stands nowhere else.

/// What every marker begins with.
pub(super) const MARK: &str = "mRk7Zq";
/// A secret that is a number.
pub(super) const NUMBER: &str = "7391846205513";

/// A file as a tool writes it.
pub(super) struct Planted {
    pub(super) name: &'static str,
    /// Its text; every `§` stands for a marker of its own.
    text: &'static str,
}

impl Planted {
    /// The text, each marker with the number of its place.
    pub(super) fn text(&self) -> String {
        let mut parts = self.text.split('§');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (at, part) in parts.enumerate() {
            // Letters of base64 and of tokens alike, forty of them as in a key of AWS.
            text += &format!("{MARK}{at:02}bTnHvWc4Yd0LfJs8Xg2PeKr6AuQi1Om/");
            text += part;
        }
        text
    }
}

/// A kubeconfig with something of a cluster and something of a user.
macro_rules! kubeconfig {
    ($cluster:literal, $user:literal) => {
        concat!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: c\n  cluster:\n    \
             server: https://u:§@127.0.0.1:9\n",
            $cluster,
            "contexts:\n- name: c\n  context: {cluster: c, user: u}\nusers:\n- name: u\n  user:\n",
            $user
        )
    };
}

/// One of each kind.
pub(super) const FILES: &[Planted] = &[
    Planted {
        name: "kubeconfig.yaml",
        text: kubeconfig!(
            "    certificate-authority-data: §\n",
            "    token: §\n    client-key-data: §\n    auth-provider:\n      name: oidc\n      config: {id-token: §}\n    \
             exec:\n      command: sh\n      args: [-c, 'echo §']\n      env:\n      - {name: KEY, value: §}\n"
        ),
    },
    Planted {
        name: "proxied.yaml",
        text: kubeconfig!("    proxy-url: http://u:§@127.0.0.1:9\n", "    token: §\n"),
    },
    Planted { name: "password.yaml", text: kubeconfig!("", "    username: u\n    password: §\n") },
    Planted {
        name: "certified.yaml",
        text: kubeconfig!("", "    client-certificate-data: §\n    client-key-data: §\n"),
    },
    Planted {
        name: "failing.yaml",
        text: kubeconfig!(
            "",
            "    exec:\n      command: sh\n      args: [-c, 'echo §; echo §$KEY >&2; exit 3']\n      \
             env: [{name: KEY, value: §}]\n"
        ),
    },
    Planted {
        name: "talking.yaml",
        text: kubeconfig!("", "    exec:\n      command: sh\n      args: [-c, 'echo \"status: [§]\"']\n"),
    },
    Planted {
        name: "lost.yaml",
        text: kubeconfig!("", "    exec:\n      command: ./nowhere/§\n      args: [§]\n"),
    },
    Planted { name: "kubeconfig.json", text: KUBECONFIG_JSON },
    Planted {
        name: "credentials",
        text: "[default]\naws_access_key_id = AKIAOFAUSERSOWNMAKE\naws_secret_access_key = §\n\
               aws_session_token = §\n\n[other]\naws_secret_access_key=§\n",
    },
    Planted {
        name: "credentials.json",
        text: "{\n  \"Credentials\": {\n    \"AccessKeyId\": \"AKIAOFAUSERSOWNMAKE\",\n    \
               \"SecretAccessKey\": \"§\",\n    \"SessionToken\": \"§\",\n    \"Pin\": 7391846205513\n  }\n}\n",
    },
    Planted { name: "key.pem", text: "-----BEGIN PRIVATE KEY-----\n§\n§\n-----END PRIVATE KEY-----\n" },
    Planted {
        name: "secret.yaml",
        text: "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations:\n    \
               kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"a\":\"§\"}}'\ndata:\n  a: §\n  \
               b: 7391846205513\nstringData:\n  c: §\n  d: 7391846205513.5\n",
    },
    Planted {
        name: "deployment.yaml",
        text: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  selector:\n    matchLabels: {a: b}\n  \
               template:\n    metadata:\n      labels: {a: c}\n    spec:\n      containers:\n      - name: c\n        \
               image: i\n        env:\n        - name: A\n          value: §\n        - name: B\n          \
               value: 7391846205513.5\n        - name: C\n          value: [§]\n        command: [run, \"--key=§\"]\n",
    },
    Planted { name: ".env", text: "export TOKEN=§\nKEY: §\nPASSWORD='§'\nPIN=7391846205513\n" },
    Planted {
        name: "exec-credential.json",
        text: "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"spec\":{},\
               \"status\":{\"expirationTimestamp\":\"§\",\"token\":\"k8s-aws-v1.§\"}}",
    },
    Planted {
        name: "request.txt",
        text: "GET /?Action=GetCallerIdentity&X-Amz-Signature=§&X-Amz-Security-Token=§ HTTP/1.1\nhost: h\n\
               Authorization: AWS4-HMAC-SHA256 Credential=A/1/r/eks/aws4_request, SignedHeaders=host, Signature=§\n\
               X-Amz-Security-Token: §\nAuthorization: Bearer §\n",
    },
];

const KUBECONFIG_JSON: &str = "{\"apiVersion\": \"v1\", \"kind\": \"Config\", \"current-context\": \"c\",
 \"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": \"https://127.0.0.1:9\"}}],
 \"contexts\": [{\"name\": \"c\", \"context\": {\"cluster\": \"c\", \"user\": \"u\"}}],
 \"users\": [{\"name\": \"u\", \"user\": {
  \"token\": \"§\\u000a\",
  \"password\": 7391846205513,
  \"client-key-data\": \"§\"}}]}
";
