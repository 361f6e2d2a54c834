//! Orders that come in: many at once at first, one after the other later.

use super::purchase::{Purchase, invented};
use annals::{Store, repository::ExecuteError};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::task::JoinHandle;

/// How many orders are placed at the same time.
const AT_ONCE: usize = 64;

type FeedError = ExecuteError<Infallible>;

/// Places the orders of these numbers, and does what else is asked of them. One that is there is left alone.
pub(crate) async fn orders(store: &Store, numbers: std::ops::Range<u64>) -> Result<(), FeedError> {
    let purchases = store.repository::<Purchase>();
    let place = |number: u64| {
        let purchases = purchases.clone();
        async move {
            for command in invented(number) {
                match purchases.execute(number, command).await {
                    Ok(_) | Err(ExecuteError::AlreadyExists { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        }
    };
    stream::iter(numbers)
        .map(|number| Ok(place(number)))
        .try_buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

/// A writer that goes on until it is told that it is over; how many orders it has placed by then.
pub(crate) fn live(store: &Store, from: u64, over: &Arc<AtomicBool>) -> JoinHandle<Result<u64, FeedError>> {
    let (store, over) = (store.clone(), Arc::clone(over));
    tokio::spawn(async move {
        let mut number = from;
        while !over.load(Ordering::Relaxed) {
            orders(&store, number..number + 1).await?;
            number += 1;
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        Ok(number - from)
    })
}
