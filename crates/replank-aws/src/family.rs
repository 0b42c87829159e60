//! Families of images that AWS publishes for EKS: one kind of image for all Kubernetes minors and releases.

/// Where the parameters of the images built by EKS are.
const EKS: &str = "/aws/service/eks/optimized-ami/";
const BOTTLEROCKET: &str = "/aws/service/bottlerocket/aws-k8s-";
const WINDOWS: &str = "/aws/service/ami-windows-latest/";
/// Word before the minor in names of Windows images.
const OPTIMIZED: &str = "-EKS_Optimized-";

/// A family, with the minor of one of its images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    kind: Kind,
    /// Kubernetes minor, such as `1.32`.
    pub minor: String,
}

/// What tells the images of a family from all others.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Amazon Linux: the part of the parameter after the minor, such as `amazon-linux-2023/x86_64/standard`.
    AmazonLinux(String),
    /// Bottlerocket: variant, such as `-nvidia` or nothing, and architecture.
    Bottlerocket { variant: String, architecture: String },
    /// Windows: the part before the minor, such as `Windows_Server-2022-English-Core`.
    Windows(String),
}

impl Family {
    /// The family of the image that a parameter names.
    pub fn of_parameter(name: &str) -> Option<Self> {
        if let Some(rest) = name.strip_prefix(EKS) {
            let (minor, rest) = rest.split_once('/')?;
            let depth = if rest.starts_with("amazon-linux-2023/") { 3 } else { 1 };
            let parts: Vec<&str> = rest.split('/').take(depth).collect();
            return (parts.len() == depth).then(|| Self::new(Kind::AmazonLinux(parts.join("/")), minor));
        }
        if let Some(rest) = name.strip_prefix(BOTTLEROCKET) {
            let mut parts = rest.split('/');
            let (minor, variant) = split_variant(parts.next()?);
            let architecture = parts.next()?.to_owned();
            return Some(Self::new(Kind::Bottlerocket { variant, architecture }, minor));
        }
        let image = name.strip_prefix(WINDOWS)?.split('/').next()?;
        Self::of_windows(image)
    }

    /// The family of the image of that name.
    pub fn of_image_name(name: &str) -> Option<Self> {
        if let Some(rest) = name.strip_prefix("amazon-eks-node-al2023-") {
            let mut parts = rest.splitn(4, '-');
            let (architecture, variant, minor) = (parts.next()?, parts.next()?, parts.next()?);
            let kind = format!("amazon-linux-2023/{architecture}/{variant}");
            return is_minor(minor).then(|| Self::new(Kind::AmazonLinux(kind), minor));
        }
        let amazon_linux_2 = [
            ("amazon-eks-node-", "amazon-linux-2"),
            ("amazon-eks-gpu-node-", "amazon-linux-2-gpu"),
            ("amazon-eks-arm64-node-", "amazon-linux-2-arm64"),
        ];
        for (prefix, kind) in amazon_linux_2 {
            if let Some(minor) = name.strip_prefix(prefix).and_then(|rest| rest.split('-').next()) {
                return is_minor(minor).then(|| Self::new(Kind::AmazonLinux(kind.to_owned()), minor));
            }
        }
        if let Some(rest) = name.strip_prefix("bottlerocket-aws-k8s-") {
            let at = rest.find("-x86_64-").or_else(|| rest.find("-aarch64-"))?;
            let (minor, variant) = split_variant(&rest[..at]);
            let architecture = if rest[at..].starts_with("-x86_64") { "x86_64" } else { "arm64" }.to_owned();
            return is_minor(minor).then(|| Self::new(Kind::Bottlerocket { variant, architecture }, minor));
        }
        Self::of_windows(name)
    }

    fn of_windows(name: &str) -> Option<Self> {
        let (before, after) = name.split_once(OPTIMIZED)?;
        let minor = after.split('-').next()?;
        (before.starts_with("Windows_Server") && is_minor(minor))
            .then(|| Self::new(Kind::Windows(before.to_owned()), minor))
    }

    fn new(kind: Kind, minor: &str) -> Self {
        Self { kind, minor: minor.to_owned() }
    }

    /// The same for another minor.
    #[must_use]
    pub fn with_minor(self, minor: &str) -> Self {
        Self { minor: minor.to_owned(), ..self }
    }

    /// Name of the parameter with the id of its newest image.
    pub fn newest(&self) -> String {
        let minor = &self.minor;
        match &self.kind {
            Kind::AmazonLinux(kind) => format!("{EKS}{minor}/{kind}/recommended/image_id"),
            Kind::Bottlerocket { variant, architecture } => {
                format!("{BOTTLEROCKET}{minor}{variant}/{architecture}/latest/image_id")
            }
            Kind::Windows(before) => format!("{WINDOWS}{before}{OPTIMIZED}{minor}/image_id"),
        }
    }

    /// Name of the parameter with the id of the image of one release: `1.32.9-20251101`, for Bottlerocket
    /// `1.50.0-abcdef01`.
    pub fn release(&self, release: &str) -> Result<String, String> {
        let (version, tail) = release.split_once('-').unwrap_or((release, ""));
        match &self.kind {
            Kind::AmazonLinux(kind) => {
                let minor: Vec<&str> = version.split('.').take(2).collect();
                let is_date = tail.len() == 8 && tail.bytes().all(|byte| byte.is_ascii_digit());
                if minor.len() < 2 || !is_date {
                    return Err(format!(
                        "release {release}: releases of {} are such as 1.32.9-20251101",
                        self.kind()
                    ));
                }
                let minor = minor.join(".");
                let name = match kind.split_once('/') {
                    Some((_, rest)) => {
                        format!("amazon-eks-node-al2023-{}-{minor}-v{tail}", rest.replace('/', "-"))
                    }
                    None => {
                        let word =
                            kind.strip_prefix("amazon-linux-2").unwrap_or_default().trim_start_matches('-');
                        let word = if word.is_empty() { String::new() } else { format!("{word}-") };
                        format!("amazon-eks-{word}node-{minor}-v{tail}")
                    }
                };
                Ok(format!("{EKS}{minor}/{kind}/{name}/image_id"))
            }
            Kind::Bottlerocket { variant, architecture } => {
                Ok(format!("{BOTTLEROCKET}{}{variant}/{architecture}/{release}/image_id", self.minor))
            }
            Kind::Windows(_) => Err(format!(
                "release {release}: no parameter names releases of Windows; name the image with --image-id"
            )),
        }
    }

    /// What tells its images from those of other families, in words.
    pub fn kind(&self) -> String {
        match &self.kind {
            Kind::AmazonLinux(kind) => kind.clone(),
            Kind::Bottlerocket { variant, architecture } => format!("bottlerocket{variant}/{architecture}"),
            Kind::Windows(before) => before.clone(),
        }
    }
}

/// `1.32-nvidia` in minor and variant.
fn split_variant(text: &str) -> (&str, String) {
    let at = text.find('-').unwrap_or(text.len());
    (&text[..at], text[at..].to_owned())
}

fn is_minor(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 2
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RELEASE: &str = "1.33.5-20251112";

    #[test]
    fn an_image_and_its_parameter_are_of_one_family() {
        for (image, parameter) in [
            (
                "amazon-eks-node-al2023-x86_64-standard-1.32-v20251101",
                "/aws/service/eks/optimized-ami/1.32/amazon-linux-2023/x86_64/standard/recommended/image_id",
            ),
            (
                "amazon-eks-node-1.31-v20250920",
                "/aws/service/eks/optimized-ami/1.31/amazon-linux-2/recommended/image_id",
            ),
            (
                "amazon-eks-gpu-node-1.31-v20250920",
                "/aws/service/eks/optimized-ami/1.31/amazon-linux-2-gpu/recommended/image_id",
            ),
            (
                "bottlerocket-aws-k8s-1.34-nvidia-aarch64-v1.50.0-abcdef01",
                "/aws/service/bottlerocket/aws-k8s-1.34-nvidia/arm64/latest/image_id",
            ),
            (
                "Windows_Server-2022-English-Core-EKS_Optimized-1.32-2025.11.12",
                "/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.32/image_id",
            ),
        ] {
            let family = Family::of_image_name(image).unwrap();
            assert_eq!(family.newest(), parameter);
            assert_eq!(Family::of_parameter(parameter), Some(family), "{image}");
        }
        for foreign in ["my-golden-image", "amazon-eks-node-al2023-x", "ubuntu-eks/k8s_1.32/images", ""] {
            assert_eq!(Family::of_image_name(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn releases_have_parameters_of_their_own() {
        let release = |image: &str| Family::of_image_name(image).unwrap().release(RELEASE);
        assert_eq!(
            release("amazon-eks-node-al2023-arm64-standard-1.32-v20251101").unwrap(),
            "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/arm64/standard/\
             amazon-eks-node-al2023-arm64-standard-1.33-v20251112/image_id"
        );
        assert_eq!(
            release("amazon-eks-arm64-node-1.31-v20250920").unwrap(),
            "/aws/service/eks/optimized-ami/1.33/amazon-linux-2-arm64/amazon-eks-arm64-node-1.33-v20251112/image_id"
        );
        let windows = "Windows_Server-2022-English-Full-EKS_Optimized-1.32-2025.11.12";
        assert!(release(windows).unwrap_err().contains("--image-id"));
        let family = Family::of_image_name("amazon-eks-node-1.31-v20250920").unwrap();
        assert!(family.release("newest").unwrap_err().contains("1.32.9-20251101"));
    }
}
