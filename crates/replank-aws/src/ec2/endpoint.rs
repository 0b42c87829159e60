//! Where EC2 is: what the user's configuration says, else the endpoint of the region.

use aws_config::SdkConfig;
use aws_sdk_autoscaling::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_types::service_config::ServiceConfigKey;

/// Names that endpoints of Auto Scaling begin with; EC2 has the same rules with its own name.
const SISTER: &str = "autoscaling";

/// URL of the endpoint: `AWS_ENDPOINT_URL_EC2`, the profile's, `AWS_ENDPOINT_URL`, else by region, FIPS and dual-stack.
pub(super) async fn of(config: &SdkConfig, region: &str) -> String {
    let own = || {
        let key =
            ServiceConfigKey::builder().service_id("EC2").env("AWS_ENDPOINT_URL").profile("endpoint_url");
        config.service_config()?.load_config(key.build().ok()?)
    };
    let told = own().or_else(|| config.endpoint_url().map(str::to_owned));
    match told {
        Some(url) => url,
        None => {
            of_region(region, config.use_fips() == Some(true), config.use_dual_stack() == Some(true)).await
        }
    }
}

/// The endpoint of a region. The rules about partitions are those of the SDK for Auto Scaling, whose endpoints differ
/// from EC2's by their first word alone.
async fn of_region(region: &str, fips: bool, dual_stack: bool) -> String {
    let asked = Params::builder().region(region).use_fips(fips).use_dual_stack(dual_stack).build();
    let resolved = match &asked {
        Ok(asked) => DefaultResolver::new().resolve_endpoint(asked).await.ok(),
        Err(_) => None,
    };
    let sister = resolved.map(|endpoint| endpoint.url().to_owned());
    let own = sister.and_then(|url| Some(url.split_once(SISTER)?.1.to_owned()));
    own.map_or_else(|| format!("https://ec2.{region}.amazonaws.com"), |rest| format!("https://ec2{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn regions_have_the_endpoints_of_their_partitions() {
        for (region, fips, dual_stack, url) in [
            ("us-west-2", false, false, "https://ec2.us-west-2.amazonaws.com"),
            ("us-west-2", true, false, "https://ec2-fips.us-west-2.amazonaws.com"),
            ("eu-west-1", false, true, "https://ec2.eu-west-1.api.aws"),
            ("cn-north-1", false, false, "https://ec2.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", false, false, "https://ec2.us-gov-west-1.amazonaws.com"),
            ("us-gov-west-1", true, false, "https://ec2.us-gov-west-1.amazonaws.com"),
        ] {
            assert_eq!(of_region(region, fips, dual_stack).await, url, "{region} {fips} {dual_stack}");
        }
    }
}
