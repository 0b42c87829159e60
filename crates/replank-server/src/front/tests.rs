//! Every service takes its own requests alone, and every other one is told what is here.

use bytes::Bytes;
use hyper::{HeaderMap, Method};

use super::*;

/// A request of each service, as its clients send it: path, target, body.
const REQUESTS: [(Service, &str, &str, &str); 9] = [
    (Service::Eks, "/clusters", "", ""),
    (Service::Eks, "/clusters/c1/node-groups/g", "AmazonSSM.GetParameter", ""),
    (Service::Eks, "/clusters", "", "Action=GetCallerIdentity&Version=2011-06-15"),
    (Service::Ssm, "/", "AmazonSSM.GetParameter", "{}"),
    (Service::Sts, "/", "", "Action=GetCallerIdentity&Version=2011-06-15"),
    (Service::CloudFormation, "/", "", "Action=ListStacks&Version=2010-05-15"),
    (Service::Ec2, "/", "", "Action=DescribeLaunchTemplates&Version=2016-11-15"),
    (Service::AutoScaling, "/", "", "Action=DescribeAutoScalingGroups&Version=2011-01-01"),
    (Service::Replank, "/replank/v1/plans", "", "{}"),
];

fn request(path: &str, target: &str, body: &str) -> Request {
    let mut headers = HeaderMap::new();
    if !target.is_empty() {
        headers.insert("x-amz-target", target.parse().unwrap());
    }
    if body.starts_with("Action=") {
        headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    }
    let body = Bytes::copy_from_slice(body.as_bytes());
    Request { method: Method::POST, path: path.into(), query: String::new(), headers, body }
}

fn caller(service: Service, region: &str) -> Caller {
    Caller { access_key: "a".into(), region: region.into(), service: service.name().into() }
}

#[test]
fn a_signature_is_good_for_its_own_service() {
    for (asked, path, target, body) in REQUESTS {
        let request = request(path, target, body);
        for signed in Service::ALL {
            let found = in_scope("us-west-2", &request, &caller(signed, "us-west-2"), signed);
            let wanted =
                if asked == signed { Ok(()) } else { Err(Refusal::OtherService { asked: asked.name() }) };
            assert_eq!(found, wanted, "{path} {target} {body} signed for {signed:?}");
        }
    }
}

#[test]
fn a_signature_is_good_for_this_region() {
    for (asked, path, target, body) in REQUESTS {
        let request = request(path, target, body);
        for (region, good) in
            [("us-west-2", true), ("us-east-1", asked == Service::Sts), ("eu-west-1", false), ("", false)]
        {
            let found = in_scope("us-west-2", &request, &caller(asked, region), asked);
            assert_eq!(found.is_ok(), good, "{asked:?} {region}: {found:?}");
        }
    }
}

#[test]
fn what_is_not_here_says_what_is() {
    for (service, request, content_type) in [
        ("sns", request("/", "", "Action=ListTopics&Version=2010-03-31"), "text/xml"),
        ("s3", request("/", "", ""), "text/xml"),
        ("dynamodb", request("/", "DynamoDB_20120810.ListTables", "{}"), "application/x-amz-json-1.1"),
        ("lambda", request("/2015-03-31/functions", "", ""), "application/json"),
    ] {
        let reply = elsewhere::reply(&request, service);
        assert_eq!((reply.status, reply.content_type), (400, content_type), "{service}: {reply:?}");
        for words in [
            &format!("The service {service} is not served"),
            "eks, ssm",
            "ec2 (launch templates, instances, images)",
        ] {
            assert!(reply.body.contains(words), "{service}: {reply:?}");
        }
    }
}

#[test]
fn what_anybody_may_ask_names_nothing_of_the_account() {
    let get = |path: &str| Request { method: Method::GET, ..request(path, "", "") };
    let told = |path: &str| open::Route::of(&get(path)).map(open::Route::answer);
    let health = told("/healthz").unwrap();
    assert_eq!((health.status, &*health.body), (200, "ok\n"));
    let metrics = told("/metrics").unwrap();
    assert!(metrics.body.starts_with("# HELP replank_") && metrics.body.ends_with("# EOF\n"), "{metrics:?}");
    assert_eq!(told("/clusters"), None);
    assert_eq!(open::Route::of(&request("/metrics", "", "")), None, "a POST is no reading");
}

#[test]
fn every_route_but_the_open_ones_asks_for_a_signature() {
    let needed = |request: &Request| authentication(open::Route::of(request), request);
    for (_, path, target, body) in REQUESTS {
        assert_eq!(needed(&request(path, target, body)), Authentication::SigV4, "{path}");
    }
    for path in ["/", "", "/replank/v1/updates", "/replank/v1/updates/u/events", "/healthz/", "/nothing"] {
        let get = Request { method: Method::GET, ..request(path, "", "") };
        assert_eq!(needed(&get), Authentication::SigV4, "{path}");
    }
    for path in ["/dashboard", "/dashboard/", "/dashboard/updates/u"] {
        assert_eq!(needed(&request(path, "", "")), Authentication::Session, "{path}");
    }
    assert_eq!(needed(&request("/dashboards", "", "")), Authentication::SigV4);
    for route in open::Route::ALL {
        let get = Request { method: Method::GET, ..request(route.path(), "", "") };
        assert_eq!(needed(&get), Authentication::Open);
        assert_eq!(needed(&request(route.path(), "", "")), Authentication::SigV4, "a POST is no reading");
    }
}
