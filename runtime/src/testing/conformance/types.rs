//! Whose the events of a type are: claimed once, by one kind of aggregate.

use super::{
    answers::{answered, appended, refused},
    contents,
    given::event,
};
use crate::{
    journal::{After, Append, Expected, Journal, JournalError, LogRead, NewEvent},
    model::StreamName,
};
use std::sync::Arc;

fn names<const N: usize>(types: [&str; N]) -> Vec<String> {
    types.map(ToOwned::to_owned).into()
}

/// Compares the owners of types with those that are expected; `None` where a type is nobody's.
#[track_caller]
fn owned<const N: usize>(owners: Result<Vec<Option<String>>, JournalError>, expected: [Option<&str>; N]) {
    let owners = answered(owners);
    assert_eq!(owners.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
}

pub(super) async fn a_type_is_its_claimants(journal: &Arc<dyn Journal>) {
    let types = ["OrderCreated", "OrderShipped", "PaymentReceived"];
    owned(journal.owners(names(types)).await, [None, None, None]);
    answered(journal.claim("order", names(["OrderCreated", "OrderShipped"])).await);
    answered(journal.claim("payment", names(["PaymentReceived"])).await);
    owned(journal.owners(names(types)).await, [Some("order"), Some("order"), Some("payment")]);
    owned(journal.owners(Vec::new()).await, []);
    owned(journal.owners(names(["OrderShipped", "order"])).await, [Some("order"), None]);
}

pub(super) async fn a_claim_is_made_again_without_a_change(journal: &Arc<dyn Journal>) {
    for _ in 0..2 {
        answered(journal.claim("order", names(["OrderCreated"])).await);
    }
    answered(journal.claim("order", names(["OrderCreated", "OrderShipped"])).await);
    owned(journal.owners(names(["OrderCreated", "OrderShipped"])).await, [Some("order"), Some("order")]);
}

pub(super) async fn a_type_of_another_kind_is_refused_with_all_that_is_claimed_beside_it(journal: &Arc<dyn Journal>) {
    answered(journal.claim("order", names(["OrderLineAdded"])).await);
    let claim = journal.claim("order_line", names(["OrderLineMoved", "OrderLineAdded"])).await;
    let taken = JournalError::TypeTaken {
        event_type: "OrderLineAdded".to_owned(),
        owner: "order".to_owned(),
        aggregate: "order_line".to_owned(),
    };
    assert_eq!(claim, Err(taken));
    // A claim that was refused leaves nothing behind.
    owned(journal.owners(names(["OrderLineAdded", "OrderLineMoved"])).await, [Some("order"), None]);
}

pub(super) async fn one_of_many_claimants_gets_a_type(journal: &Arc<dyn Journal>) {
    let claims: Vec<_> = (0..16)
        .map(|claimant| {
            let journal = Arc::clone(journal);
            tokio::spawn(async move {
                let claimant = format!("kind{claimant}");
                (journal.claim(&claimant, names(["Shared"])).await.is_ok(), claimant)
            })
        })
        .collect();
    let mut winners = Vec::new();
    for claim in claims {
        let (won, claimant) = claim.await.expect("a claim does not panic");
        winners.extend(won.then_some(claimant));
    }
    assert_eq!(winners.len(), 1, "{winners:?} all got the type");
    owned(journal.owners(names(["Shared"])).await, [winners.pop().as_deref()]);
}

pub(super) async fn a_claim_of_what_is_no_type_is_refused(journal: &Arc<dyn Journal>) {
    for event_type in ["", "a b", "a\n", "é"] {
        refused(journal.claim("order", names(["OrderCreated", event_type])).await);
    }
    refused(journal.claim("", names(["OrderCreated"])).await);
    owned(journal.owners(names(["OrderCreated"])).await, [None]);
}

pub(super) async fn every_event_of_a_wanted_aggregate_is_given(journal: &Arc<dyn Journal>) {
    for (aggregate, id) in [("order", "1"), ("order", "a:b"), ("order_line", "1"), ("payment", "1"), ("ord", "er-1")] {
        let events = vec![event(1), NewEvent::new("Known", "{}"), NewEvent::new("New", "{}")];
        appended(journal.append(Append::new(StreamName::new(aggregate, id), Expected::Missing, events)).await);
    }
    let types: Arc<[String]> = names(["Known"]).into();
    let aggregates: Arc<[String]> = names(["order", "nothing"]).into();
    for partition in 0..journal.partitions() {
        let log = contents::log(journal, partition).await;
        let read = LogRead::new(partition, After::Start, 1_000)
            .with_types(Arc::clone(&types))
            .with_aggregates(Arc::clone(&aggregates));
        let batch = answered(journal.read_log(read).await);
        let expected =
            log.iter().filter(|event| event.event_type() == "Known" || event.stream().aggregate() == "order");
        assert!(batch.events.iter().eq(expected), "another choice of the log of partition {partition}");
    }
}
