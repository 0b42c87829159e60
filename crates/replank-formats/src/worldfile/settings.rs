//! Converts the update settings of a world file to those of the engine.

use replank_core::node_group::spec;
use replank_core::pod_rules;

use super::spec::{Guard, Increment, JobRule, Limits, LossRule, Order, PodRules, Strategy};

impl From<Strategy> for spec::Strategy {
    fn from(strategy: Strategy) -> Self {
        match strategy {
            Strategy::Default => Self::Default,
            Strategy::Minimal => Self::Minimal,
            Strategy::Replace => Self::Replace,
        }
    }
}

impl From<Guard> for spec::Guard {
    fn from(guard: Guard) -> Self {
        match guard {
            Guard::Taint => Self::Taint,
            Guard::Cordon => Self::Cordon,
        }
    }
}

impl From<Order> for spec::Order {
    fn from(order: Order) -> Self {
        match order {
            Order::Random => Self::Random,
            Order::ZoneByZone => Self::ZoneByZone,
            Order::Oldest => Self::Oldest,
            Order::Emptiest => Self::Emptiest,
        }
    }
}

impl From<Increment> for spec::Increment {
    fn from(increment: Increment) -> Self {
        match increment {
            Increment::Smallest => Self::Smallest,
            Increment::Ceiling => Self::Ceiling,
        }
    }
}

impl From<LossRule> for pod_rules::Loss {
    fn from(rule: LossRule) -> Self {
        match rule {
            LossRule::Evict => Self::Accept,
            LossRule::Refuse => Self::Refuse,
        }
    }
}

impl From<PodRules> for pod_rules::PodRules {
    fn from(asked: PodRules) -> Self {
        Self {
            bare: asked.bare.into(),
            empty_dir: asked.empty_dir.into(),
            jobs: match asked.jobs {
                JobRule::Evict => pod_rules::Jobs::Evict,
                JobRule::Wait => pod_rules::Jobs::WaitToEnd,
            },
            grace_cap_seconds: asked.grace_cap.map(|cap| u32::try_from(cap.0.as_secs()).unwrap_or(u32::MAX)),
        }
    }
}

impl From<Limits> for spec::Limits {
    fn from(limits: Limits) -> Self {
        Self {
            join: limits.join.0,
            drain: limits.drain.0,
            deregistration_delay: limits.deregistration_delay.0,
            evict_again: limits.evict_again.0,
            act_again: limits.act_again.0,
            terminate: limits.terminate.0,
            launch_attempts: limits.launch_attempts,
        }
    }
}

#[cfg(test)]
mod tests {
    use replank_core::node_group::spec;
    use replank_core::pod_rules;

    #[test]
    fn defaults_are_those_of_the_engine() {
        let world = crate::worldfile::read("w.yaml", b"clusters: [{nodeGroups: [{}]}]").expect("accepted");
        assert_eq!(spec::Limits::from(world.update.limits), spec::Limits::default());
        assert_eq!(pod_rules::PodRules::from(world.update.pods), pod_rules::PodRules::default());
    }
}
