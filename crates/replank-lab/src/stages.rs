//! The stages through which kwok takes nodes and pods, with the lab's times.

use crate::settings::Timing;

const STAGES: &str = include_str!("../data/stages.yaml");

/// How long a terminating pod takes to stop: what its containers need or its grace period, whichever is shorter; no
/// time when they never ran.
const STOPPED: &str = "if .status.phase == \"Running\" then [(.metadata.annotations[\"lab.replank.dev/stop-seconds\"] \
                       // \"${STOP}\" | tonumber), .metadata.deletionGracePeriodSeconds] | min else 0 end | \"\\(.)s\"";

/// The stages with these times.
pub(crate) fn stages(timing: Timing) -> String {
    STAGES
        .replace("${STOPPED}", STOPPED)
        .replace("${JOIN}", &timing.join.to_string())
        .replace("${START}", &timing.start.to_string())
        .replace("${READY}", &timing.ready.to_string())
        .replace("${STOP}", &timing.stop.to_string())
}

#[cfg(test)]
mod tests {
    use crate::settings::Timing;

    #[test]
    fn every_time_is_filled_in() {
        let text = super::stages(Timing { join: 3.5, start: 1.0, ready: 2.0, stop: 4.0 });
        assert!(!text.contains("${"), "{text}");
        assert!(text.contains(r#"["lab.replank.dev/join-seconds"] // "3.5""#));
        assert_eq!(text.matches(r#"// "4" | tonumber"#).count(), 2);
    }
}
