//! What every test here begins with: a server of its own, and clients for it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_eks::config::{AsyncSleep, Credentials, Region, SharedAsyncSleep, Sleep, timeout::TimeoutConfig};
use aws_smithy_http_client::Builder;
use kube::config::{KubeConfigOptions, Kubeconfig};
use replank_clients::Up;

/// How a test ends.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// How much faster than the wall the world runs by default; waiters wait that much shorter.
const SPEED: u32 = 60;
/// How long anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_mins(4);

/// A server with its directory.
pub(crate) struct Bench {
    pub(crate) up: Option<Up>,
    home: PathBuf,
}

impl Bench {
    pub(crate) fn new(name: &str) -> Outcome<Self> {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _not_there = std::fs::remove_dir_all(&home);
        std::fs::create_dir_all(&home)?;
        Ok(Self { up: Some(Up::start(&home, "")?), home })
    }

    pub(crate) fn up(&self) -> &Up {
        self.up.as_ref().expect("it runs")
    }

    /// Kills the server and starts it anew on the same data and the same ports.
    pub(crate) fn kill_and_start(&mut self) -> Outcome {
        self.up.take().expect("it runs").kill()?;
        self.up = Some(Up::start(&self.home, "")?);
        Ok(())
    }

    pub(crate) fn cluster(&self) -> &str {
        self.up().told("EKS_CLUSTER_NAME")
    }

    pub(crate) fn group(&self) -> &str {
        self.up().told("EKS_DEFAULT_MNG_NAME")
    }

    /// Keys as a user sets them.
    pub(crate) fn credentials(&self) -> Credentials {
        let (access, secret) = (self.up().told("AWS_ACCESS_KEY_ID"), self.up().told("AWS_SECRET_ACCESS_KEY"));
        Credentials::new(access, secret, None, None, "test")
    }

    pub(crate) fn eks(&self) -> aws_sdk_eks::Client {
        self.eks_as(self.credentials())
    }

    pub(crate) fn eks_as(&self, credentials: Credentials) -> aws_sdk_eks::Client {
        let config = aws_sdk_eks::Config::builder()
            .region(Region::new(self.up().told("AWS_REGION").to_owned()))
            .endpoint_url(self.up().told("AWS_ENDPOINT_URL"))
            .credentials_provider(credentials)
            .http_client(Builder::new().build_http())
            .timeout_config(TimeoutConfig::disabled())
            .sleep_impl(SharedAsyncSleep::new(Hasty));
        aws_sdk_eks::Client::from_conf(config.build())
    }

    pub(crate) fn ssm(&self) -> aws_sdk_ssm::Client {
        let config = aws_sdk_ssm::Config::builder()
            .region(Region::new(self.up().told("AWS_REGION").to_owned()))
            .endpoint_url(self.up().told("AWS_ENDPOINT_URL"))
            .credentials_provider(self.credentials())
            .http_client(Builder::new().build_http());
        aws_sdk_ssm::Client::from_conf(config.build())
    }

    pub(crate) fn sts(&self) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::Config::builder()
            .region(Region::new(self.up().told("AWS_REGION").to_owned()))
            .endpoint_url(self.up().told("AWS_ENDPOINT_URL"))
            .credentials_provider(self.credentials())
            .http_client(Builder::new().build_http());
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// A client of the Kubernetes API, made from the kubeconfig as any program makes it.
    pub(crate) async fn kubernetes(&self) -> Outcome<kube::Client> {
        let file = Kubeconfig::read_from(self.up().told("KUBECONFIG"))?;
        let mut config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
        // Else a refusal by a budget is told after minutes of asking again.
        config.default_retry = false;
        Ok(kube::Client::try_from(config)?)
    }

    /// Ends the server politely.
    pub(crate) fn end(mut self) -> Outcome {
        let code = self.up.take().expect("it runs").end()?;
        assert_eq!(code, Some(0));
        Ok(())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.up.take());
        let _left_behind = std::fs::remove_dir_all(&self.home);
    }
}

/// Sleeps as the world's time goes: waiters are written for real clusters.
#[derive(Debug)]
struct Hasty;

impl AsyncSleep for Hasty {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration / SPEED))
    }
}
