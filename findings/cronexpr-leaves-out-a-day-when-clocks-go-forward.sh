#!/usr/bin/env bash
# cronexpr 1.7.0 leaves out the whole day when the time of day that is asked for does not exist because clocks go forward.
#
# "30 2 * * *" with a time zone means every day. Debian's cron(8) runs such a job right after the gap; find_next of
# cronexpr goes from the day before to the day after without a word. Whoever builds on it a window for work (open at 02:30,
# every day) has one Sunday a year without any. Look for such days, and let them begin at the first moment that exists.
#
# Seen, around 2026-03-29 in Europe/Berlin: 03-28 02:30, then 03-30 02:30.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cargo init --quiet --vcs none --name finding --edition 2024 .
cargo add --quiet cronexpr@=1.7.0
cat > src/main.rs <<'RUST'
use cronexpr::jiff::Timestamp;
use cronexpr::parse_crontab;

fn main() {
    let every_day = parse_crontab("30 2 * * * Europe/Berlin").expect("a crontab");
    let mut at: Timestamp = "2026-03-27T12:00:00Z".parse().expect("a time");
    for _ in 0..3 {
        let next = every_day.find_next(at).expect("a next time");
        println!("{}", next.strftime("%m-%d %H:%M"));
        at = next.timestamp();
    }
}
RUST
seen=$(cargo run --quiet)
echo "$seen"
[ "$seen" = $'03-28 02:30\n03-30 02:30\n03-31 02:30' ] || { echo "it behaves otherwise now" >&2; exit 1; }
