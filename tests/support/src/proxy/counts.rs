//! What a wire did to those who spoke over it, so that a test can prove that its fault happened.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// How often a [`Proxy`](super::Proxy) did what.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)+
        }

        /// The counts of a wire that is in use.
        #[derive(Debug, Default)]
        pub(super) struct Counters {
            $(pub(super) $name: AtomicU64,)+
        }

        impl Counters {
            pub(super) fn read(&self) -> Counts {
                Counts { $($name: self.$name.load(SeqCst),)+ }
            }
        }
    };
}

counts! {
    /// Connections that were made.
    connections,
    /// Requests that were seen whole.
    requests,
    /// Replies that were seen whole.
    replies,
    /// Requests that never arrived, since their connection was closed.
    lost_requests,
    /// Replies that came from the server and went no further, since their connection was closed.
    lost_replies,
    /// Requests that were held, each by itself.
    held_requests,
    /// Replies that were held, each by itself.
    held_replies,
    /// Requests and replies that waited because their direction was frozen.
    frozen,
    /// Requests and replies that were delayed.
    delayed,
    /// Bytes that were read slowly.
    throttled_bytes,
    /// Connections that were cut.
    cut,
    /// Connections that were refused.
    refused,
    /// Connections that found no server.
    unreached,
}

pub(super) fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, SeqCst);
}
