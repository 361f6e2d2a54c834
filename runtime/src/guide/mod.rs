//! Guides: what takes more than one call, step by step.

#[doc = include_str!("changing_an_event.md")]
pub mod changing_an_event {}

#[doc = include_str!("read_models.md")]
pub mod read_models {}

#[doc = include_str!("durability.md")]
pub mod durability {}

#[doc = include_str!("operating.md")]
pub mod operating {}

#[doc = include_str!("least_rights.md")]
pub mod least_rights {}
