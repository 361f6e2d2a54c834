//! What the derives generate does what their attributes say.

mod aggregate;
mod command;
mod event;
mod fold;
mod index;
mod places;
mod projection;
mod versions;
