//! Upgrades of whole clusters: what flags ask for (`asked.rs`), what is told (`told.rs`), and all that runs one on a real cluster
//! in this process. EKS's control plane is moved by EKS, any other by its owner, who is waited for. What is begun is on record in a data directory, and the lease of the cluster says who acts.

mod add_on;
mod asked;
mod aws;
mod fargate;
mod hands;
mod kwok;
mod nodes;
mod offers;
mod order;
mod plane;
mod port;
mod reconciler;
mod run;
mod told;
mod works;

use std::cell::RefCell;
use std::sync::Arc;

use anyhow::Result;
use jiff::Timestamp;
use replank_aws::Aws;
use replank_core::cluster_upgrade::observed::Observation;
use replank_core::cluster_upgrade::progress::Upgrade;
use replank_core::version::Minor;
use replank_engine::cluster_upgrade::port::UpgradePort;
use replank_engine::journal::Journal;
use replank_kube::lists::version;
use replank_kube::{Claims, NodeScope};
use replank_kwok::KwokCloud;
use replank_server::control::upgrade_api::UpgradePlan;

use self::add_on::OwnAddOns;
pub(crate) use self::asked::asked;
use self::aws::AwsHands;
use self::hands::{Hands, Nobody};
use self::kwok::KwokHands;
use self::offers::Offers;
use self::plane::{EksPlane, Plane};
use self::port::{Known, Port};
pub(crate) use self::told::{Told, tell};
use self::works::Works;
use crate::check;
use crate::cli::remote::Cloud;
use crate::cli::upgrade_cluster::UpgradeCluster;
use crate::errors::bad;
use crate::exit::Exit;
use crate::output;
use crate::printer::Printer;
use crate::real::aws::group::{connect, patiently};
use crate::real::connect::{Reached, reach};
use crate::real::data_directory::{self, DataDirectory};
use crate::real::holder;
use crate::real::open::open;
use crate::settings;

/// Whether the flags name a real cluster instead of a server.
pub(crate) fn is_meant(flags: &UpgradeCluster) -> bool {
    flags.real.reach.is_given() || flags.real.cloud.is_some()
}

/// What an upgrade is kept by.
struct Kept {
    place: DataDirectory,
    journal: Journal,
    claims: Arc<Claims>,
}

/// Prints the plan, or runs the upgrade.
pub(crate) fn run(flags: &UpgradeCluster, printer: &mut Printer) -> Result<Exit> {
    let real = &flags.real;
    if flags.no_wait {
        return Err(bad("--no-wait: only with a server; here the upgrade runs in this process".to_owned()));
    }
    if real.cloud != Some(Cloud::Aws) {
        for (given, flag) in
            [(real.account.region.is_some(), "--region"), (real.account.profile.is_some(), "--profile")]
        {
            if given {
                return Err(bad(format!("{flag}: only with --cloud aws")));
            }
        }
    }
    let asked = asked(flags)?;
    let reached = reach(&real.reach)?;
    match real.cloud {
        None => {
            let kept = Kept::open(flags, &reached, Some("cluster"))?;
            let side = reached.side(NodeScope::Instances);
            let hands = Nobody { side, claims: kept.claims.clone() };
            let port = port(&reached, Plane::Owner, hands, &kept)?;
            go(flags, order::of(&port, &asked), port, kept, printer)
        }
        Some(Cloud::Kwok) => {
            if flags.approve {
                reached.may_update()?;
            }
            let kept = Kept::open(flags, &reached, None)?;
            let cloud: KwokCloud = open(&kept.place.data, &reached, real.world.as_deref(), None)?;
            for assumed in &cloud.assumed {
                Printer::complain(&format!("note: {assumed}"));
            }
            let hands = KwokHands::new(reached.cluster(), cloud, kept.claims.clone())?;
            let port = port(&reached, Plane::Owner, hands, &kept)?;
            go(flags, order::of(&port, &asked), port, kept, printer)
        }
        Some(Cloud::Aws) => {
            if real.world.is_some() {
                return Err(bad(
                    "--world: AWS itself tells sizes and targets; it is for --cloud kwok".to_owned()
                ));
            }
            if flags.approve {
                reached.may_update_nodes()?;
            }
            let aws = connect(&reached.runtime, &real.account)?;
            let plane = plane(&reached, &aws, &flags.name)?;
            let kept = Kept::open(flags, &reached, Some("cluster"))?;
            let hands = AwsHands::new(&reached, aws, &flags.name, kept.claims.clone());
            let port = port(&reached, plane, hands, &kept)?;
            go(flags, order::of(&port, &asked), port, kept, printer)
        }
    }
}

/// The control plane of a cluster on AWS: EKS's, if EKS knows it, else its owner's. Refused is a context of another cluster.
fn plane(reached: &Reached, aws: &Arc<Aws>, name: &str) -> Result<Plane> {
    let Some(found) = patiently(&reached.runtime, || aws.cluster(name))? else {
        Printer::complain(&format!(
            "note: EKS knows no cluster {name:?} in region {}; it is taken for one whose owner moves its control plane",
            aws.region
        ));
        return Ok(Plane::Owner);
    };
    let served = reached.runtime.block_on(version(&reached.connection.client));
    let served = served.map_err(|error| bad(error.to_string()))?;
    let server = &reached.connection.server;
    let own = found.endpoint.as_deref().unwrap_or_default().trim_end_matches('/');
    // While EKS moves a control plane, its API servers are of two minors.
    let is_level = Minor::of_version(&served) == Minor::parse(&found.version) || found.status != "ACTIVE";
    if own != server.trim_end_matches('/') && !is_level {
        return Err(bad(format!(
            "{server} serves {served}, and cluster {name:?} of EKS is at {} ({own}): the kubeconfig names another cluster; \
             name this one with --context",
            found.version
        )));
    }
    Ok(Plane::Eks(EksPlane::new(aws.clone(), name)))
}

impl Kept {
    /// Opens the directory that the flags name, or the usual one of the cluster.
    fn open(flags: &UpgradeCluster, reached: &Reached, what: Option<&str>) -> Result<Self> {
        let usual = || data_directory::usual(reached, what);
        let path = flags.server.data.clone().map_or_else(usual, Ok)?;
        let place = DataDirectory::open(&path, flags.approve)?;
        let journal = place.data.journal().map_err(|error| bad(error.to_string()))?;
        let (holder, by) = (holder::of_data(&place.data)?, holder::told(place.data.path())?);
        let claims = Claims::saying(reached.connection.clone(), holder, reached.runtime.handle().clone(), by);
        Ok(Self { place, journal, claims })
    }
}

fn port<'a, H: Hands>(reached: &'a Reached, plane: Plane, hands: H, kept: &Kept) -> Result<Port<'a, H>> {
    let data = kept.place.data.path();
    Ok(Port {
        reached,
        plane,
        hands,
        works: Works::open(data)?,
        own: OwnAddOns::new(reached.connection.clone(), data),
        offers: Offers::new(reached.connection.clone()),
        claim: None,
        begun: RefCell::default(),
        known: Known::default(),
    })
}

/// Plans what was asked for, or runs it: what an earlier process left unfinished first.
fn go<H: Hands>(
    flags: &UpgradeCluster,
    order: Result<order::Ordered>,
    port: Port<'_, H>,
    mut kept: Kept,
    printer: &mut Printer,
) -> Result<Exit> {
    let unfinished = kept.journal.unfinished_upgrades()?.into_iter().next();
    if let Some(recorded) = unfinished {
        let spec = recorded.upgrade.spec();
        let told =
            format!("upgrade {} of cluster {} to {} is unfinished", spec.upgrade, spec.cluster, spec.to);
        if flags.approve {
            Printer::complain(&format!("note: {told} and goes on as it was begun"));
            return run::to_its_end(flags, port, kept, &recorded.upgrade, printer);
        }
        Printer::complain(&format!(
            "note: {told}; --approve goes on with it. See what it waits for with replank why, end it with replank cancel {}",
            spec.upgrade
        ));
    }
    let order::Ordered { mut spec, version, notes } = order?;
    if let Some(spec) = &mut spec {
        spec.limits.rollout = settings::length("--add-on-timeout", &flags.real.add_on_timeout)?.0;
    }
    notes.iter().for_each(|note| Printer::complain(&format!("note: {note}")));
    let (cluster, plan) = (flags.name.clone(), None);
    let mut plan = UpgradePlan { cluster, version, plan, findings: Vec::new(), breaking: Vec::new() };
    let Some(spec) = spec else {
        output::print(printer, flags.server.output, &plan, |printer| tell(printer, &plan, flags.approve));
        return Ok(Exit::Done);
    };
    let upgrade = Upgrade::new(spec, Timestamp::now());
    if flags.approve {
        may(&port, &upgrade)?;
        if flags.server.output.is_for_people() {
            plan.fill(&upgrade, &Observation::default(), Timestamp::now());
            tell(printer, &plan, true);
            printer.flush();
        }
        let begun = kept.journal.start_upgrade(upgrade.spec().clone(), Timestamp::now())?;
        return run::to_its_end(flags, port, kept, &begun.upgrade, printer);
    }
    foresee(&port, &upgrade, &mut plan)?;
    output::print(printer, flags.server.output, &plan, |printer| tell(printer, &plan, false));
    Ok(if plan.findings.is_empty() { Exit::Done } else { Exit::Stuck })
}

/// Puts the steps into the plan, and what would hold the first minor up now.
fn foresee<H: Hands>(port: &Port<'_, H>, upgrade: &Upgrade, plan: &mut UpgradePlan) -> Result<()> {
    let runtime = &port.reached.runtime;
    let first = UpgradePlan::first(upgrade.spec());
    let looked = runtime.block_on(async {
        port.filled().await?;
        let mut seen = port.observe(upgrade).await?;
        if seen.checked.is_none() && !upgrade.spec().is_rollback() {
            seen.checked = Some(port.check(first).await?);
        }
        Ok::<_, replank_engine::ports::ReadError>(seen)
    });
    let mut seen = looked.map_err(|error| bad(format!("the cluster cannot be read: {error}")))?;
    seen.read = replank_core::observed::Read::Fresh;
    plan.fill(upgrade, &seen, Timestamp::now());
    Ok(())
}

/// Error unless the user may do what the upgrade will do, and read what its checks read.
fn may<H: Hands>(port: &Port<'_, H>, upgrade: &Upgrade) -> Result<()> {
    use replank_kube::rights;
    let reached = port.reached;
    if !upgrade.spec().own_add_ons.is_empty() {
        reached.may(rights::ADD_ON)?;
    }
    reached.may(rights::DRAIN)?;
    let first = UpgradePlan::first(upgrade.spec());
    let looked = reached.runtime.block_on(check::of_cluster(&reached.connection, first));
    let looked = looked.map_err(|error| bad(format!("the cluster cannot be checked: {error}")))?;
    for unseen in &looked.unseen {
        Printer::complain(&format!("note: {unseen}"));
    }
    if !looked.role.is_empty() {
        Printer::complain(&format!(
            "note: the check at each gate does not see all of the cluster. This role lets it:\n{}",
            looked.role
        ));
    }
    Ok(())
}
