//! What the derives generate does what their attributes say.

mod aggregate;
mod command;
mod event;
mod places;
mod projection;
mod versions;
