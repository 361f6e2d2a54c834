//! The contract of a [`Journal`] as a suite of checks, which every engine passes.
//!
//! The engines of this crate are tested with it, and so is one of your own: by [`run`].
//!
//! The checks race tasks against one another, so a runtime with several threads shows more. None of them looks at the
//! clock: a slow engine passes too.

mod answers;
mod appending;
mod builds;
mod contents;
mod given;
mod ids;
mod indexes;
mod keys;
mod leases;
mod log;
mod parked;
mod payloads;
mod racing;
mod reading;
mod refusing;
mod repeating;
mod rows;
mod snapshots;
mod types;

use crate::journal::Journal;
use futures_util::{FutureExt, future::BoxFuture};
use std::{any::Any, fmt, panic::AssertUnwindSafe, sync::Arc};

/// Over how many partitions [`run`] spreads the journals that it asks for.
///
/// ```
/// use annals::testing::conformance::PARTITIONS;
///
/// assert!(PARTITIONS.contains(&1), "one partition is what most journals have");
/// ```
pub const PARTITIONS: [u16; 2] = [1, 16];

/// Runs every check, each on a journal of its own: `open` gives a fresh and empty one with that many partitions.
///
/// # Panics
///
/// When a check fails; the message names it.
///
/// ```
/// use annals::{journal::{Journal, MemoryJournal}, testing::conformance};
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// conformance::run(|partitions| async move {
///     Arc::new(MemoryJournal::with_partitions(partitions)) as Arc<dyn Journal>
/// })
/// .await;
/// # }
/// ```
pub async fn run<Open, Opened>(open: Open)
where
    Open: Fn(u16) -> Opened,
    Opened: Future<Output = Arc<dyn Journal>>,
{
    for partitions in PARTITIONS {
        for check in CHECKS {
            let journal = open(partitions).await;
            assert_eq!(journal.partitions(), partitions, "the partitions of a journal that was asked for with as many");
            check.run(journal).await;
        }
    }
}

/// Every check, for a test that runs them one by one.
///
/// ```
/// use annals::testing::conformance::checks;
///
/// assert!(checks().iter().any(|check| check.name() == "racing::one_of_many_creates_a_stream"));
/// ```
#[must_use]
pub fn checks() -> &'static [Check] {
    CHECKS
}

/// One thing that a journal promises.
///
/// ```
/// use annals::{journal::{Journal, MemoryJournal}, testing::conformance::checks};
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// for check in checks().iter().filter(|check| check.name().starts_with("refusing::")) {
///     let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
///     check.run(journal).await;
/// }
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Check {
    name: &'static str,
    run: for<'a> fn(&'a Arc<dyn Journal>) -> BoxFuture<'a, ()>,
}

impl Check {
    /// The topic and the promise, as in `racing::one_of_many_creates_a_stream`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Runs the check on a fresh and empty journal, and looks afterwards whether its streams and logs tell the same.
    ///
    /// # Panics
    ///
    /// When the check fails; the message names it.
    pub async fn run(&self, journal: Arc<dyn Journal>) {
        let whole = async {
            (self.run)(&journal).await;
            contents::of(&journal).await;
        };
        if let Err(panic) = AssertUnwindSafe(whole).catch_unwind().await {
            let (name, partitions) = (self.name, journal.partitions());
            panic!("the check `{name}` failed (partitions: {partitions}): {}", message(&*panic));
        }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.name).finish()
    }
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(message), _) => message,
        (None, Some(message)) => message,
        (None, None) => "a panic without a message",
    }
}

macro_rules! checks {
    ($($topic:ident { $($name:ident)* })*) => {
        const CHECKS: &[Check] = &[$($(
            Check {
                name: concat!(stringify!($topic), "::", stringify!($name)),
                run: |journal| Box::pin($topic::$name(journal)),
            },
        )*)*];
    };
}

checks! {
    appending {
        a_new_stream_begins_at_version_1
        events_of_one_append_lie_one_after_another
        an_expectation_that_is_met_lets_the_events_in
        an_expectation_that_is_not_met_changes_nothing
        a_conflict_brings_the_missed_events
        a_conflict_that_missed_too_many_brings_the_first_of_them
        a_conflict_is_mended_under_the_same_id
        streams_do_not_disturb_one_another
        an_append_may_be_large
    }
    repeating {
        an_append_sent_again_is_a_duplicate
        an_append_is_known_again_behind_later_ones
        an_append_across_a_long_stream_is_known_again
        an_id_with_another_number_of_events_is_refused
        an_equal_append_under_another_id_is_another_append
    }
    racing {
        one_of_many_creates_a_stream
        writers_that_retry_lose_and_double_nothing
        writers_that_expect_anything_are_all_let_in
        an_append_sent_by_many_at_once_happens_once
        readers_of_the_log_see_every_event_once_and_in_order
        readers_of_a_stream_see_whole_appends
    }
    reading {
        a_stream_that_does_not_exist_has_no_events
        a_long_stream_is_read_from_any_version
        a_conflict_in_a_long_stream_brings_the_missed_events
        events_come_back_as_they_were_given
    }
    log {
        an_empty_log_has_no_head
        every_event_is_in_the_log_of_one_partition
        reading_goes_on_from_any_place
        small_limits_give_the_same_as_large_ones
        only_wanted_types_are_given
        beyond_the_head_there_is_nothing_until_the_log_has_grown
        who_goes_on_after_an_entry_that_is_not_there_is_told
        who_follows_a_log_is_given_what_comes
    }
    keys {
        a_command_is_carried_out_once_under_a_key
        of_many_at_once_under_a_key_one_is_carried_out
        a_key_of_another_command_is_refused
        nothing_to_do_is_remembered_too
        a_key_is_kept_for_its_time
        keys_of_any_characters_are_kept_apart
    }
    rows {
        a_model_without_commits_is_empty
        rows_are_written_and_deleted
        rows_come_in_the_order_of_the_keys_asked_for
        pages_follow_the_bytes_of_the_keys
        a_row_may_hold_any_text
        a_commit_may_be_large
        a_commit_on_another_checkpoint_changes_nothing
        each_partition_has_a_checkpoint_of_its_own
        one_of_many_commits_wins
        commits_that_retry_lose_nothing
        a_model_is_cleared_alone
        models_are_kept_apart
        the_revision_grows_with_every_change
        a_commit_on_another_revision_changes_nothing
        partitions_that_share_a_row_lose_nothing
        rows_leave_the_log_alone
    }
    indexes {
        an_index_without_entries_leads_to_no_rows
        entries_come_in_the_order_of_their_bytes
        a_part_begins_with_an_entry_and_ends_before_one
        a_limit_is_kept_and_tells_whether_there_is_more
        the_next_part_begins_behind_the_last
        entries_are_added_and_removed
        a_row_is_found_as_it_is_now
        a_row_is_found_by_any_key_and_any_number_of_values
        indexes_are_kept_apart
        entries_go_when_the_rows_are_cleared
        a_commit_that_is_not_done_changes_no_entry
        an_entry_that_leads_nowhere_is_told
        a_commit_may_have_many_entries
        what_is_found_is_of_one_moment
        commits_that_race_leave_each_row_with_its_entry
    }
    parked {
        notes_are_written_and_deleted
        a_note_is_no_row
        a_note_may_hold_any_text
        a_commit_that_is_not_done_changes_no_note
        notes_are_those_of_one_model_and_are_cleared_with_it
        health_counts_parked_rows
    }
    builds {
        a_name_without_builds_has_none
        the_first_is_read_and_the_next_are_made_beside_it
        one_that_is_there_is_not_begun_again
        one_that_is_older_than_what_is_read_is_not_begun
        names_have_builds_of_their_own
        builds_have_rows_of_their_own
        one_is_served_once_it_contains_as_much
        one_that_contains_more_is_served
        only_a_newer_one_that_is_made_is_served
        one_that_is_made_can_be_given_up
        what_makes_one_can_be_accepted
        one_that_is_retired_gives_no_rows_and_takes_no_commits
        one_that_is_older_than_what_is_read_is_retired_without_a_record
        a_commit_on_the_way_does_not_count_once_it_is_retired
        one_that_is_swept_leaves_nothing_behind
        one_that_was_swept_can_be_begun_anew
        one_that_is_not_retired_is_not_swept
        many_rows_are_swept
        of_many_begun_at_once_one_is_read
        the_change_loses_nothing
    }
    leases {
        who_asks_alone_holds_every_partition
        what_is_held_is_kept_under_the_same_number
        three_share_the_partitions
        who_comes_takes_nothing_that_is_held
        who_has_too_much_loses_the_highest_partitions
        the_number_grows_with_each_holder
        what_is_given_back_is_free
        a_commit_needs_the_number_that_is_held_if_it_names_one
        a_lease_is_that_of_one_partition
        a_commit_that_is_fenced_off_changes_nothing
        a_lease_that_ran_out_fences
        what_ran_out_goes_to_who_asks_and_its_holder_counts_no_more
        who_asks_again_holds_for_the_time_from_then_on
        leases_are_those_of_one_model
        leases_leave_the_rows_alone
        of_many_that_ask_at_once_one_gets_a_partition
        commits_under_an_older_lease_never_follow_those_under_a_newer_one
    }
    types {
        a_type_is_its_claimants
        a_claim_is_made_again_without_a_change
        a_type_of_another_kind_is_refused_with_all_that_is_claimed_beside_it
        one_of_many_claimants_gets_a_type
        a_claim_of_what_is_no_type_is_refused
        every_event_of_a_wanted_aggregate_is_given
    }
    ids {
        ids_of_any_characters_are_kept_apart
        ids_that_look_alike_are_kept_apart
        an_id_may_be_empty_or_very_long
    }
    payloads {
        a_payload_may_have_any_size
        a_payload_may_have_any_character
        a_header_may_have_any_form_that_is_allowed
        annotations_come_back_as_they_were_given
    }
    snapshots {
        without_one_a_stream_is_read_from_its_first_event_on
        one_is_given_with_the_events_after_it
        one_may_hold_any_text
        one_of_another_fingerprint_is_none_and_is_replaced
        an_older_one_does_not_replace_a_newer_one
        one_of_another_history_is_none_and_is_replaced
        each_stream_has_its_own
        one_lies_anywhere_in_a_long_stream
        the_newest_of_many_stays
        they_leave_streams_and_logs_alone
        one_of_no_event_is_refused
        an_append_after_an_event_of_another_history_is_a_conflict
    }
    refusing {
        an_append_without_events
        an_event_that_would_break_its_form
        a_limit_of_nothing
        a_partition_that_is_not_there
        a_model_whose_name_is_not_allowed
        a_change_twice_in_one_commit
        an_index_whose_name_is_not_allowed
        an_entry_that_is_too_long
        a_holder_whose_name_is_not_allowed
        a_lease_for_no_time
    }
}
