//! `DescribeInstances` and `GetConsoleOutput`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use replank_service::ports::Account;
use replank_service::ports::auto_scaling::Group;
use replank_service::ports::machines::{Machine, MachineState};

use super::failure::Ec2Error;
use super::pages;
use crate::app::App;
use crate::encode::base64;
use crate::given::Given;
use crate::record_view::RecordView;
use crate::xml::escaped;

/// Largest page (EC2: 1000).
const RESULTS_MAX: usize = 1_000;
/// Names of filters that are known, beside those of tags.
const FILTERS: [&str; 12] = [
    "availability-zone",
    "image-id",
    "instance-id",
    "instance-lifecycle",
    "instance-state-code",
    "instance-state-name",
    "instance-type",
    "private-dns-name",
    "private-ip-address",
    "subnet-id",
    "vpc-id",
    "architecture",
];

/// An instance with what else is told of it.
struct Shown<'a> {
    machine: Machine,
    subnet: String,
    vpc: String,
    architecture: &'a str,
}

/// `DescribeInstances`. One id that is not there fails the whole request.
pub(super) async fn describe<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let ids = given.list("InstanceId");
    let filters = pages::filters(given, &FILTERS)?;
    if !ids.is_empty() && given.given("MaxResults").is_some() {
        let said = "The parameter instancesSet cannot be used with the parameter maxResults";
        return Err(Ec2Error::new("InvalidParameterCombination", said));
    }
    let mut machines = app.service.account.machines().await?;
    are_there(&ids, &machines)?;
    machines.retain(|machine| ids.is_empty() || ids.contains(&&*machine.instance.id));
    let groups = app.service.account.auto_scaling_groups().await?;
    let by_name: BTreeMap<&str, &Group> = groups.iter().map(|group| (&*group.name, group)).collect();
    let view = RecordView::read(app).await?;
    let mut found: Vec<Shown<'_>> = Vec::new();
    for machine in machines {
        let group = by_name.get(&*machine.group).copied();
        let subnet = view.subnet(group, &machine.cluster, &machine.instance.zone);
        let (vpc, architecture) = (view.vpc(&machine.cluster), architecture(&machine.instance.instance_type));
        found.push(Shown { machine, subnet, vpc, architecture });
    }
    found.retain(|one| pages::passes(&filters, &one.properties(), &one.machine.tags));
    let (page, token) = pages::page_of(given, found, RESULTS_MAX, |one| one.machine.instance.id.clone())?;
    let items: String = page.iter().map(|one| one.reservation(&view)).collect();
    Ok(format!("<reservationSet>{items}</reservationSet>{token}"))
}

/// Refuses ids that are malformed or not there, as EC2 says it.
fn are_there(ids: &[&str], machines: &[Machine]) -> Result<(), Ec2Error> {
    if let Some(wrong) = ids.iter().find(|id| !id.starts_with("i-")) {
        return Err(Ec2Error::new("InvalidInstanceID.Malformed", format!("Invalid id: \"{wrong}\"")));
    }
    let missing: Vec<&str> =
        ids.iter().copied().filter(|id| !machines.iter().any(|it| it.instance.id == **id)).collect();
    let said = match &missing[..] {
        [] => return Ok(()),
        [one] => format!("The instance ID '{one}' does not exist"),
        several => format!("The instance IDs '{}' do not exist", several.join(", ")),
    };
    Err(Ec2Error::new("InvalidInstanceID.NotFound", said))
}

impl Shown<'_> {
    fn properties(&self) -> Vec<(&'static str, String)> {
        let one = &self.machine.instance;
        let (code, state) = self.machine.state.shown();
        let mut properties = vec![
            ("availability-zone", one.zone.clone()),
            ("image-id", one.image.clone()),
            ("instance-id", one.id.clone()),
            ("instance-state-code", code.to_string()),
            ("instance-state-name", state.to_owned()),
            ("instance-type", one.instance_type.clone()),
            ("private-dns-name", self.machine.host.clone()),
            ("private-ip-address", address(&self.machine.host)),
            ("subnet-id", self.subnet.clone()),
            ("vpc-id", self.vpc.clone()),
            ("architecture", self.architecture.to_owned()),
        ];
        properties.extend(self.machine.is_spot.then(|| ("instance-lifecycle", "spot".to_owned())));
        properties
    }

    fn reservation(&self, view: &RecordView) -> String {
        let id = self.machine.instance.id.trim_start_matches("i-");
        format!(
            "<item><reservationId>r-{id}</reservationId><ownerId>{}</ownerId><groupSet/><instancesSet><item>{}</item>\
             </instancesSet></item>",
            view.account,
            self.instance()
        )
    }

    fn instance(&self) -> String {
        let Self { machine, subnet, vpc, architecture } = self;
        let one = &machine.instance;
        let (code, state) = machine.state.shown();
        let tags: String = machine
            .tags
            .iter()
            .map(|(key, value)| {
                format!("<item><key>{}</key><value>{}</value></item>", escaped(key), escaped(value))
            })
            .collect();
        let is_gone = machine.state == MachineState::Terminated;
        // A terminated instance has neither name nor address any more.
        let network = if is_gone {
            "<privateDnsName/>".to_owned()
        } else {
            format!(
                "<privateDnsName>{0}</privateDnsName><privateIpAddress>{1}</privateIpAddress><subnetId>{subnet}\
                 </subnetId><vpcId>{vpc}</vpcId>",
                escaped(&machine.host),
                address(&machine.host)
            )
        };
        let why = machine.ended_at.filter(|_| is_gone).map_or(String::new(), ended);
        let spot = if machine.is_spot { "<instanceLifecycle>spot</instanceLifecycle>" } else { "" };
        format!(
            "<instanceId>{}</instanceId><imageId>{}</imageId><instanceState><code>{code}</code><name>{state}</name>\
             </instanceState>{network}<dnsName/>{why}<amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>{}\
             </instanceType><launchTime>{}</launchTime><placement><availabilityZone>{}</availabilityZone><groupName/>\
             <tenancy>default</tenancy></placement><monitoring><state>disabled</state></monitoring><groupSet/>\
             <architecture>{architecture}</architecture><rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda\
             </rootDeviceName><blockDeviceMapping/><virtualizationType>hvm</virtualizationType><clientToken/>{spot}\
             <tagSet>{tags}</tagSet><hypervisor>xen</hypervisor><networkInterfaceSet/><ebsOptimized>false\
             </ebsOptimized>",
            escaped(&one.id),
            escaped(&one.image),
            escaped(&one.instance_type),
            machine.launched_at,
            escaped(&one.zone),
        )
    }
}

/// Why an instance is terminated.
fn ended(at: Timestamp) -> String {
    let at = at.strftime("%Y-%m-%d %H:%M:%S GMT");
    format!(
        "<reason>User initiated ({at})</reason><stateReason><code>Client.UserInitiatedShutdown</code><message>\
         Client.UserInitiatedShutdown: User initiated shutdown</message></stateReason>"
    )
}

/// The address in a private DNS name: `ip-10-0-1-2.ec2.internal` is `10.0.1.2`. Empty where the name has another form.
fn address(host: &str) -> String {
    let name = host.split('.').next().unwrap_or_default();
    name.strip_prefix("ip-").map(|numbers| numbers.replace('-', ".")).unwrap_or_default()
}

/// The architecture of an instance type, by its name (EC2: processor families with a `g` after the generation).
pub(super) fn architecture(kind: &str) -> &'static str {
    let family = kind.split('.').next().unwrap_or_default();
    let after = family.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
    let options = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if options.contains('g') || family == "a1" { "arm64" } else { "x86_64" }
}

/// `GetConsoleOutput`: the last lines of a boot, which say whether the node was to join.
pub(super) async fn console<A: Account>(app: &App<A>, given: &Given) -> Result<String, Ec2Error> {
    let id = given.given("InstanceId").ok_or_else(|| Ec2Error::missing("InstanceId"))?;
    let machines = app.service.account.machines().await?;
    are_there(&[id], &machines)?;
    let Some(machine) = machines.iter().find(|it| it.instance.id == id) else {
        return Err(Ec2Error::missing("InstanceId"));
    };
    let host = machine.host.split('.').next().unwrap_or_default();
    let last = match (machine.state, machine.joins) {
        (MachineState::Pending, _) => String::new(),
        (_, true) => format!("{host} login: "),
        (_, false) => format!(
            "[   12.04] cloud-init[2112]: no NodeConfig and no call of bootstrap.sh found in user data\n\
             [   12.11] systemd[1]: kubelet.service: Failed with result 'exit-code'.\n{host} login: "
        ),
    };
    let text = if last.is_empty() { last } else { format!("[    0.00] Linux version 6.1 ({host})\n{last}") };
    Ok(format!(
        "<instanceId>{}</instanceId><timestamp>{}</timestamp><output>{}</output>",
        escaped(id),
        replank_service::now(),
        base64(text.as_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_addresses_and_architectures() {
        assert_eq!(address("ip-10-0-1-2.us-west-2.compute.internal"), "10.0.1.2");
        assert_eq!(address("host"), "");
        for (kind, wanted) in [
            ("m5.large", "x86_64"),
            ("m6g.large", "arm64"),
            ("c7gn.xlarge", "arm64"),
            ("a1.large", "arm64"),
            ("g5.xlarge", "x86_64"),
            ("m6gd.large", "arm64"),
            ("m7i-flex.large", "x86_64"),
        ] {
            assert_eq!(architecture(kind), wanted, "{kind}");
        }
    }
}
