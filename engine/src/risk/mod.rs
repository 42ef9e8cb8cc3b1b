//! Risk: every order that somebody asks for passes here, or becomes a denial with its reason.
//!
//! What adds exposure (a buy) passes all limits; what takes it off (a sale) only has to be a possible order. What the
//! engine itself asks for to leave or protect a position passes by, so that nothing ever keeps anyone in one.

mod breakers;
mod exposure;
mod limits;
mod protection;

pub use breakers::{Breakers, LossStreak, LowProfit};
pub use limits::Limits;
pub use protection::{Prefer, Protection, StopRule, TargetRule, Trailing};

pub(crate) use breakers::{floor, trips};
pub(crate) use limits::{check, check_growth, room, used};

use crate::controller::ControllerPolicy;
use crate::sizing::Sizing;

/// How a run holds itself back. The defaults are those of a careful account; [`Policy::off`] is none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What an order may not exceed.
    pub limits: Limits,
    /// Where positions get out, when their strategy does not say.
    pub protection: Protection,
    /// What stops new exposure.
    pub breakers: Breakers,
    /// The numbers of the sizing methods.
    pub sizing: Sizing,
    /// Adjusts confidence and size by the run's own results; `None` leaves them alone.
    pub controller: Option<ControllerPolicy>,
    /// What happens to orders that the venue has and this session did not ask for.
    pub strays: Strays,
}

/// What happens to orders that the venue has and this session did not ask for. They become the operator's in any case, so
/// that their fills are accounted for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strays {
    /// Nothing new is bought until an operator resumes.
    #[default]
    Halt,
    /// They stay.
    Adopt,
    /// They are canceled.
    Cancel,
}

impl Policy {
    /// No limits, no protection but what strategies ask for, no breakers.
    pub fn off() -> Self {
        Self { limits: Limits::off(), protection: Protection::off(), breakers: Breakers::off(), ..Self::default() }
    }
}
