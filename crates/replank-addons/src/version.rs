//! Versions of EKS's builds, such as `v1.33.10-eksbuild.25` and, as a tag, `v1.33.10-minimal-eksbuild.25`.

use replank_core::version::Minor;

/// A version of a build, in the order of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuildVersion {
    /// Release of the program.
    pub release: (u32, u32, u32),
    /// Build of it; 0 where the text names none.
    pub build: u32,
}

impl BuildVersion {
    /// Reads a version or a tag; `None` for another form.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (release, rest) = text.split_once('-').unwrap_or((text, ""));
        let mut numbers = release.split('.').map(str::parse::<u32>);
        let mut number = || numbers.next()?.ok();
        let release = (number()?, number()?, number()?);
        if numbers.next().is_some() {
            return None;
        }
        let rest = rest.strip_prefix("minimal-").unwrap_or(rest);
        let build = match rest.strip_prefix("eksbuild.") {
            Some(build) => build.parse().ok()?,
            None if rest.is_empty() => 0,
            None => return None,
        };
        Some(Self { release, build })
    }

    /// Tag of kube-proxy's image: of EKS's builds that without a shell below 1.34, where EKS names it as another (EKS:
    /// managing kube-proxy).
    pub(crate) fn kube_proxy_tag(self, minor: Minor) -> String {
        let ((major, own, patch), build) = (self.release, self.build);
        if build == 0 {
            // A release of Kubernetes itself.
            return format!("v{major}.{own}.{patch}");
        }
        let minimal = if minor.0 < 34 { "minimal-" } else { "" };
        format!("v{major}.{own}.{patch}-{minimal}eksbuild.{build}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_the_order_of_their_numbers() {
        let of = |text: &str| BuildVersion::parse(text).unwrap();
        assert!(of("v1.33.10-eksbuild.2") > of("v1.33.9-eksbuild.30"));
        assert!(of("v1.33.10-eksbuild.10") > of("v1.33.10-eksbuild.9"));
        assert_eq!(of("v1.33.10-minimal-eksbuild.9"), of("v1.33.10-eksbuild.9"));
        assert_eq!(of("v1.19.2"), BuildVersion { release: (1, 19, 2), build: 0 });
        for wrong in ["latest", "v1.2", "v1.2.3.4", "v1.2.3-rc.1", ""] {
            assert_eq!(BuildVersion::parse(wrong), None, "{wrong}");
        }
        assert_eq!(of("v1.33.3-eksbuild.4").kube_proxy_tag(Minor(33)), "v1.33.3-minimal-eksbuild.4");
        assert_eq!(of("v1.35.4").kube_proxy_tag(Minor(35)), "v1.35.4");
        assert_eq!(of("v1.34.1-eksbuild.2").kube_proxy_tag(Minor(34)), "v1.34.1-eksbuild.2");
    }
}
