pub mod orders;
pub mod payments;
pub mod refunds;
