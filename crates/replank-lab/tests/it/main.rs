//! The lab does what it says, judged by real clients and by what is left on the machine.

mod first;
