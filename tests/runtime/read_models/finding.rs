//! Rows found by their indexes: exact, in ranges, both, the newest first, a page at a time.

use super::wallets::{TransferEvent, Wallet, send};
use crate::engines::on_every_engine;
use annals::{index::Query, prelude::*, projector::ProjectError};
use std::ops::Bound;

on_every_engine! {
    async fn rows_are_found_in_ranges_in_both_directions_a_page_at_a_time(store) {
        send(store, 0..40).await;
        let wallets = store.projection::<Wallet>();
        wallets.catch_up().await.unwrap();
        let mut all = wallets.all().await.unwrap().rows;
        all.sort_by(|one, other| (one.cents, &one.owner).cmp(&(other.cents, &other.owner)));
        let middle = all[2].cents;

        let within = |query: Query<Wallet>| async { wallets.find(query).await.unwrap().rows };
        let rows = |wanted: &dyn Fn(&Wallet) -> bool| all.iter().filter(|row| wanted(row)).cloned().collect::<Vec<_>>();
        assert_eq!(within(Wallet::by_cents(middle..)).await, rows(&|row| row.cents >= middle));
        assert_eq!(within(Wallet::by_cents(..middle)).await, rows(&|row| row.cents < middle));
        assert_eq!(within(Wallet::by_cents(..=middle)).await, rows(&|row| row.cents <= middle));
        assert_eq!(within(Wallet::by_cents(middle..=middle)).await, rows(&|row| row.cents == middle));
        let open = (Bound::Excluded(middle), Bound::Unbounded);
        assert_eq!(within(Wallet::by_cents(open)).await, rows(&|row| row.cents > middle));
        assert_eq!(within(Wallet::by_cents(1_000_000..)).await, []);
        let moves = all[2].moves;
        let both = within(Wallet::by_moves_and_cents(moves, middle..)).await;
        assert_eq!(both, rows(&|row| row.moves == moves && row.cents >= middle));

        for descending in [false, true] {
            let (mut found, mut next) = (Vec::new(), None::<String>);
            loop {
                let mut find = wallets.find(Wallet::by_cents(..)).limit(2);
                if descending {
                    find = find.descending();
                }
                if let Some(next) = next {
                    find = find.after(next);
                }
                let page = find.await.unwrap();
                assert!(page.rows.len() <= 2);
                found.extend(page.rows);
                next = page.next;
                if next.is_none() {
                    break;
                }
            }
            let mut expected = all.clone();
            if descending {
                expected.reverse();
            }
            assert_eq!(found, expected);
        }
    }

    async fn what_was_not_handed_out_by_a_page_is_refused_and_finds_nothing_beyond_the_range(store) {
        send(store, 0..10).await;
        let wallets = store.projection::<Wallet>();
        wallets.catch_up().await.unwrap();
        let error = wallets.find(Wallet::by_cents(..)).after("%zz").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "projection `wallets`, index `cents`: expected what a page gave as `next` to go on after, found `%zz`"
        );
        let beyond = wallets.find(Wallet::by_moves(1_000)).after("").await.unwrap();
        assert!(beyond.rows.is_empty());
    }

    async fn a_value_without_a_place_in_an_order_is_refused_where_it_is_asked_for_and_parks_its_row(store) {
        let asked = store.projection::<Measure>().find(Measure::by_value(f64::NAN..)).await.unwrap_err();
        assert!(matches!(asked, ProjectError::Query { .. }), "{asked}");
        assert!(asked.to_string().contains("NaN is not a number"), "{asked}");

        send(store, 0..2).await;
        let measures = store.projection::<Measure>();
        assert_eq!(measures.catch_up().await.unwrap().parked, 1);
        let parked = measures.parked().await.unwrap();
        assert!(parked[0].reason.contains("NaN"), "{}", parked[0].reason);
        assert_eq!(measures.all().await.unwrap().rows.len(), 1, "the other row is there");
    }
}

/// A row whose value is no number after a transfer of nothing.
#[derive(Projection, Clone, Debug, Default, Serialize, Deserialize)]
#[projection(name = "measures", events(TransferEvent))]
struct Measure {
    #[key]
    transfer: String,
    #[index(range)]
    #[on(Sent { cents, .. } => if *cents == 0 { f64::NAN } else { 1.0 })]
    value: f64,
}
