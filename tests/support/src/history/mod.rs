//! What clients asked of a journal and were told, and whether one journal that keeps its promises can have said all that.
//!
//! A [`Recorder`] stands between the clients and their journals. When they are done, the [`Contents`] are read and
//! [`check`]ed against the [`History`]:
//!
//! ```
//! use annals::{StreamName, journal::{Append, Expected, MemoryJournal, NewEvent}};
//! use annals_test_support::history::{Contents, Recorder, check, report};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let journal = MemoryJournal::new();
//! let recorder = Recorder::new();
//! let clerk = recorder.client(1);
//!
//! let order = StreamName::new("order", "1");
//! let append = Append::new(order.clone(), Expected::Missing, vec![NewEvent::new("OrderCreated", "{}")]);
//! let _ = clerk.append(&journal, append).await?;
//! clerk.stream_version(&journal, &order).await?;
//!
//! let history = recorder.history();
//! let contents = Contents::read(&journal, &history).await?;
//! let summary = check(&history, &contents).unwrap_or_else(|violations| panic!("{}", report(&violations)));
//! assert_eq!((summary.events, summary.reads), (1, 1));
//! # Ok(())
//! # }
//! ```

mod call;
mod check;
mod contents;
mod recorder;
mod rows;
#[cfg(test)]
mod tests;
mod violation;

pub use call::{Call, History, Moment, StreamRead};
pub use check::{Loss, Summary, check, check_with};
pub use contents::Contents;
pub use recorder::{Client, Recorder};
pub use rows::{check_rows, rows};
pub use violation::{Lies, Saw, Violation, report};
