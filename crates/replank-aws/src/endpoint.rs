//! Where a service is that is called without an SDK of its own: what the user's configuration says, else the endpoint
//! of the region.

use aws_config::SdkConfig;
use aws_sdk_autoscaling::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_types::service_config::ServiceConfigKey;

/// Names that endpoints of Auto Scaling begin with; EC2 and SSM have the same rules with their own names.
const SISTER: &str = "autoscaling";

/// URL of the endpoint of `service` (its signing name, such as `ec2`) that the configuration names:
/// `AWS_ENDPOINT_URL_<SERVICE>`, the profile's, `AWS_ENDPOINT_URL`.
pub(crate) fn told(config: &SdkConfig, service: &str) -> Option<String> {
    let id = match service {
        "servicequotas" => "Service Quotas".to_owned(),
        service => service.to_ascii_uppercase(),
    };
    let own = || {
        let key = ServiceConfigKey::builder().service_id(&id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        config.service_config()?.load_config(key.build().ok()?)
    };
    own().or_else(|| config.endpoint_url().map(str::to_owned))
}

/// URL of the endpoint of `service` in a region, by FIPS and dual-stack.
pub(crate) async fn of_region(config: &SdkConfig, service: &str, region: &str) -> String {
    let (fips, dual_stack) = (config.use_fips() == Some(true), config.use_dual_stack() == Some(true));
    match service {
        "iam" => of_iam(region, fips),
        service => by_rules(service, region, fips, dual_stack).await,
    }
}

/// The endpoint of IAM, of which there is one for each partition (IAM: endpoints and quotas); `region` is the one it is
/// signed for.
fn of_iam(region: &str, fips: bool) -> String {
    match region {
        "us-east-1" if fips => "https://iam-fips.amazonaws.com".to_owned(),
        "us-east-1" => "https://iam.amazonaws.com".to_owned(),
        "cn-north-1" => "https://iam.cn-north-1.amazonaws.com.cn".to_owned(),
        "us-gov-west-1" => "https://iam.us-gov.amazonaws.com".to_owned(),
        region if region.starts_with("us-isob-") => format!("https://iam.{region}.sc2s.sgov.gov"),
        region => format!("https://iam.{region}.c2s.ic.gov"),
    }
}

/// The endpoint of a region. The rules about partitions are those of the SDK for Auto Scaling, whose endpoints differ
/// from those of EC2 and SSM by their first word alone.
async fn by_rules(service: &str, region: &str, fips: bool, dual_stack: bool) -> String {
    let asked = Params::builder().region(region).use_fips(fips).use_dual_stack(dual_stack).build();
    let resolved = match &asked {
        Ok(asked) => DefaultResolver::new().resolve_endpoint(asked).await.ok(),
        Err(_) => None,
    };
    let sister = resolved.map(|endpoint| endpoint.url().to_owned());
    let own = sister.and_then(|url| Some(url.split_once(SISTER)?.1.to_owned()));
    own.map_or_else(
        || format!("https://{service}.{region}.amazonaws.com"),
        |rest| format!("https://{service}{rest}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn regions_have_the_endpoints_of_their_partitions() {
        for (service, region, fips, dual_stack, url) in [
            ("ec2", "us-west-2", false, false, "https://ec2.us-west-2.amazonaws.com"),
            ("ec2", "us-west-2", true, false, "https://ec2-fips.us-west-2.amazonaws.com"),
            ("ec2", "eu-west-1", false, true, "https://ec2.eu-west-1.api.aws"),
            ("ec2", "cn-north-1", false, false, "https://ec2.cn-north-1.amazonaws.com.cn"),
            ("ec2", "us-gov-west-1", false, false, "https://ec2.us-gov-west-1.amazonaws.com"),
            ("ec2", "us-gov-west-1", true, false, "https://ec2.us-gov-west-1.amazonaws.com"),
            // As the rules of aws-sdk-ssm 1.133.0 have them.
            ("ssm", "us-west-2", false, false, "https://ssm.us-west-2.amazonaws.com"),
            ("ssm", "us-east-1", true, false, "https://ssm-fips.us-east-1.amazonaws.com"),
            ("ssm", "us-east-1", false, true, "https://ssm.us-east-1.api.aws"),
            ("ssm", "us-east-1", true, true, "https://ssm-fips.us-east-1.api.aws"),
            ("ssm", "cn-north-1", false, true, "https://ssm.cn-north-1.api.amazonwebservices.com.cn"),
            ("ssm", "us-gov-east-1", true, false, "https://ssm.us-gov-east-1.amazonaws.com"),
            ("ssm", "us-iso-east-1", false, false, "https://ssm.us-iso-east-1.c2s.ic.gov"),
        ] {
            assert_eq!(by_rules(service, region, fips, dual_stack).await, url, "{service} {region}");
        }
    }
}
