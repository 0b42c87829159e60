//! Output of an update on the embedded world: live, as lines, or as JSON.

pub(crate) mod feed;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod live;
pub(crate) mod pace;
pub(crate) mod summary;

use replank_rehearsal::session::Told;

/// Shows the acts of a world file.
pub(crate) trait ActListener {
    /// Shows one act that was carried out.
    fn tell(&mut self, told: &Told);
}
