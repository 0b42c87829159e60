//! A queue with what Auto Scaling tells of a group (`EventBridge`, to SQS), so that a look at the group is due as soon as
//! something happened instead of at the next pause. A message says which group it is about and nothing else is taken from
//! it: what happened is read from the group itself, as always.
//!
//! Not `aws-sdk-sqs`: two of its 23 operations are used.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use thiserror::Error;
use tokio::runtime::Handle;

use crate::Aws;
use crate::cloud::AwsCloud;
use crate::failure::CallError;
use crate::json::{Json, Protocol};
use crate::signed::SigningScope;

/// How SQS is spoken to (SQS: `awsJson1_0`).
const PROTOCOL: Protocol = Protocol { target: "AmazonSQS", content: "application/x-amz-json-1.0" };
/// How long one question waits for a message; below the time limit of a call.
const WAITS: Duration = Duration::from_secs(15);
/// Pause after a question that failed, or that only brought messages about other groups.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a message about another group is kept from others who ask for theirs.
const HIDDEN: Duration = Duration::from_secs(1);
/// Most messages of one answer (SQS: `ReceiveMessage`).
const MESSAGES_MAX: u32 = 10;

/// Why there is no queue.
#[derive(Debug, Error)]
pub enum EventsQueueError {
    /// The text is no URL of a queue.
    #[error("{0:?} is no URL of a queue, such as https://sqs.us-west-2.amazonaws.com/123456789012/replank")]
    NoUrl(String),
    /// The queue is not where the group is.
    #[error("{url} is in {found}, and the group in {wanted}: name a queue of {wanted}")]
    OtherRegion {
        /// URL as given.
        url: String,
        /// Region in it.
        found: String,
        /// Region of the group.
        wanted: String,
    },
    /// AWS refused.
    #[error("{url}: {failure}; it takes sqs:ReceiveMessage and sqs:DeleteMessageBatch on the queue")]
    Refused {
        /// URL as given.
        url: String,
        /// What AWS said.
        failure: CallError,
    },
}

/// An SQS queue that `EventBridge` fills; messages about other groups stay in it.
#[derive(Debug)]
pub struct EventsQueue {
    client: Json,
    url: String,
}

impl EventsQueue {
    /// The queue of that URL, asked once. Messages about `group` that are there already are taken out.
    pub async fn open(aws: &Arc<Aws>, url: &str, group: &str) -> Result<Self, EventsQueueError> {
        let no_url = || EventsQueueError::NoUrl(url.to_owned());
        let (host, path) = parts(url).ok_or_else(no_url)?;
        if let Some(found) = region(host).filter(|found| *found != aws.region) {
            let (url, found, wanted) = (url.to_owned(), found.to_owned(), aws.region.clone());
            return Err(EventsQueueError::OtherRegion { url, found, wanted });
        }
        if path.split('/').filter(|part| !part.is_empty()).count() < 2 {
            return Err(no_url());
        }
        let place = SigningScope::of("sqs", &aws.region);
        let client = Json::new(&aws.config, place, PROTOCOL, aws.shared_calls()).await;
        let queue = Self { client, url: url.to_owned() };
        let refused = |failure| EventsQueueError::Refused { url: url.to_owned(), failure };
        queue.take(group, Duration::ZERO).await.map_err(refused)?;
        Ok(queue)
    }

    /// Makes looks at the group due when messages about it come, until the group is not looked at any more.
    pub fn wake(self, cloud: &AwsCloud, runtime: &Handle) {
        let (group, watched) = (cloud.name.clone(), cloud.watched());
        runtime.spawn(async move {
            while let Some(cloud) = watched.upgrade() {
                let came = self.take(&group, WAITS).await;
                match came {
                    Ok(Came::Ours) => cloud.lock().unwrap_or_else(PoisonError::into_inner).make_stale(),
                    Ok(Came::Nothing) => {}
                    Ok(Came::Others) => tokio::time::sleep(PAUSE).await,
                    Err(failure) => {
                        // The group is looked at every so often all the same.
                        tracing::warn!("the events queue: {failure}");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        });
    }

    /// Waits for messages, and takes those out of the queue that are about the group.
    async fn take(&self, group: &str, waits: Duration) -> Result<Came, CallError> {
        let asked = json!({
            "QueueUrl": self.url, "MaxNumberOfMessages": MESSAGES_MAX, "WaitTimeSeconds": waits.as_secs(),
            "VisibilityTimeout": HIDDEN.as_secs(),
        });
        let answer = self.client.call("ReceiveMessage", asked).await?;
        let messages = answer["Messages"].as_array().map_or(&[][..], Vec::as_slice);
        let ours = messages.iter().filter(|message| is_about(message, group));
        let entries: Vec<Value> = ours
            .zip(0_u32..)
            .map(|(message, at)| json!({"Id": at.to_string(), "ReceiptHandle": message["ReceiptHandle"]}))
            .collect();
        if entries.is_empty() {
            return Ok(if messages.is_empty() { Came::Nothing } else { Came::Others });
        }
        let asked = json!({ "QueueUrl": self.url, "Entries": entries });
        self.client.call("DeleteMessageBatch", asked).await?;
        Ok(Came::Ours)
    }
}

/// What a question brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    /// A message about the group.
    Ours,
    /// Messages about other groups alone.
    Others,
    Nothing,
}

/// Host and path of a URL.
fn parts(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    rest.split_once('/')
}

/// The region in the host of a queue's URL (SQS: `sqs.REGION.amazonaws.com`); `None` for other hosts.
fn region(host: &str) -> Option<&str> {
    let (region, rest) = host.strip_prefix("sqs.")?.split_once('.')?;
    rest.starts_with("amazonaws.").then_some(region)
}

/// Whether a message is an event of Auto Scaling about the group (`EventBridge`: `aws.autoscaling`), sent by itself or
/// through SNS.
fn is_about(message: &Value, group: &str) -> bool {
    let read =
        |text: &Value| serde_json::from_str::<Value>(text.as_str().unwrap_or_default()).unwrap_or_default();
    let body = read(&message["Body"]);
    let event = if body["Message"].is_string() { read(&body["Message"]) } else { body };
    event["source"] == "aws.autoscaling" && event["detail"]["AutoScalingGroupName"] == group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_the_group_are_told_from_others() {
        let event = |group: &str| {
            json!({"source": "aws.autoscaling", "detail-type": "EC2 Instance Launch Successful",
                "detail": {"AutoScalingGroupName": group, "EC2InstanceId": "i-1"}})
            .to_string()
        };
        let message = |body: String| json!({ "Body": body });
        assert!(is_about(&message(event("workers")), "workers"));
        assert!(is_about(&message(json!({ "Message": event("workers") }).to_string()), "workers"));
        assert!(!is_about(&message(event("others")), "workers"));
        assert!(!is_about(&message("no JSON".to_owned()), "workers"));
        assert!(!is_about(&json!({}), "workers"));
    }

    #[test]
    fn the_region_of_a_queue_stands_in_its_url() {
        let of = |url: &str| parts(url).map(|(host, _)| region(host).map(str::to_owned));
        assert_eq!(of("https://sqs.eu-west-1.amazonaws.com/1/q"), Some(Some("eu-west-1".to_owned())));
        assert_eq!(of("https://sqs.cn-north-1.amazonaws.com.cn/1/q"), Some(Some("cn-north-1".to_owned())));
        assert_eq!(of("http://127.0.0.1:5000/1/q"), Some(None));
        assert_eq!(of("replank"), None);
    }
}
