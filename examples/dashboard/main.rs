//! A dashboard: three read models over many orders, found by their indexes, and one of them built anew while orders come in.
//!
//! `cargo run --release --example dashboard` makes up 100,000 orders in memory, `… dashboard 5000` fewer; with
//! `REDIS_URL=redis://127.0.0.1/` they are kept in Redis, where a second run finds what the first one left.

mod feed;
mod first;
mod purchase;
mod second;
mod show;
#[cfg(test)]
mod tests;

use annals::{Projection, Single, Store, projector::ProjectError};
use first::{Order, Status, Turnover};
use show::{amount, table, watching};
use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

const ORDERS: u64 = 100_000;

#[tokio::main]
async fn main() -> ExitCode {
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), Box<dyn Error>> {
    let orders = match std::env::args().nth(1) {
        None => ORDERS,
        Some(text) => text.parse().map_err(|_| format!("expected a number of orders, found `{text}`"))?,
    };
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory:".to_owned());
    let store = Store::connect(&url).await?;
    let mut out = io::stdout();
    writeln!(out, "Store: {store}")?;
    show_everything(&store, orders, &mut out).await
}

async fn show_everything(store: &Store, orders: u64, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let placed = place(store, orders, out).await?;
    let customers = store.projection::<first::Customer>();
    match customers.catch_up().await {
        Ok(_) => show_customers(store, out).await?,
        Err(ProjectError::Superseded { serving, .. }) => {
            writeln!(out, "\nAn earlier run has made version {serving} of the customers; it is built anew.")?;
        }
        Err(error) => return Err(error.into()),
    }
    show_orders(store, out).await?;
    rebuild(store, placed, out).await
}

/// Sees to it that there are so many orders, and that the read models contain them; how many there are.
async fn place(store: &Store, orders: u64, out: &mut impl Write) -> Result<u64, Box<dyn Error>> {
    let turnover = store.projection::<Turnover>();
    turnover.catch_up().await?;
    let known = turnover.get(Single).await?.unwrap_or_default().orders;
    if known > 0 {
        writeln!(out, "{known} orders are there from an earlier run.")?;
    }
    let begun = Instant::now();
    feed::orders(store, known..orders).await?;
    writeln!(out, "{} orders were placed in {:.1?}.", orders.saturating_sub(known), begun.elapsed())?;

    let begun = Instant::now();
    let events = turnover.catch_up().await?.events + store.projection::<Order>().catch_up().await?.events;
    writeln!(out, "Two read models took {events} events in, in {:.1?}.", begun.elapsed())?;
    let all = turnover.get(Single).await?.unwrap_or_default();
    let row = vec![all.orders.to_string(), amount(all.paid), all.cancelled.to_string()];
    table(out, "All orders", &["orders", "paid", "cancelled"], [row])?;
    Ok(all.orders)
}

/// Those who have spent the most, by a range that begins at its end.
async fn show_customers(store: &Store, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let customers = store.projection::<first::Customer>();
    let best = customers.find(first::Customer::by_spent(1..)).descending().limit(5).await?;
    let rows = best
        .rows
        .into_iter()
        .map(|row| vec![row.name, row.orders.to_string(), amount(row.spent), row.cancelled.to_string()]);
    table(out, "The best customers", &["customer", "orders", "spent", "cancelled"], rows)?;
    Ok(())
}

/// The dear orders of one customer, a page at a time; and how many are open.
async fn show_orders(store: &Store, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let orders = store.projection::<Order>();
    let dear = || orders.find(Order::by_customer_and_cents("customer-007", 50_000..)).descending().limit(3);
    let mut page = dear().await?;
    for number in 1..=2 {
        let heading = format!("Orders of customer-007 over 500.00, page {number}");
        let rows = page.rows.iter().map(|row| vec![row.number.to_string(), amount(row.cents), row.status.to_string()]);
        table(out, &heading, &["order", "amount", "status"], rows)?;
        let Some(next) = page.next else { break };
        page = dear().after(next).await?;
    }
    let open = orders.find(Order::by_status(Status::Open)).limit(3).await?;
    let rows = open.rows.into_iter().map(|row| vec![row.number.to_string(), row.customer, amount(row.cents)]);
    table(out, "Some that are open", &["order", "customer", "amount"], rows)?;
    Ok(())
}

/// Builds version 2 of the customers while orders come in and version 1 is read.
async fn rebuild(store: &Store, placed: u64, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    writeln!(out, "\nVersion 2 of the customers is built while orders come in and version 1 is read:")?;
    out.flush()?;
    let over = Arc::new(AtomicBool::new(false));
    let writing = feed::live(store, placed, &over);
    let reading = read_until_superseded(store, &over);
    let begun = Instant::now();
    let customers = store.projection::<second::Customer>();
    let rebuilt = customers.rebuild().watch(watching()).await;
    over.store(true, Ordering::Relaxed);
    let (rebuilt, live, reads) = (rebuilt?, writing.await??, reading.await??);
    writeln!(out, "It took {} events in, in {:.1?}.", rebuilt.events, begun.elapsed())?;
    writeln!(
        out,
        "Meanwhile {live} orders came in, and {reads} readers of version 1 were answered, each with all rows."
    )?;
    match store.projection::<first::Customer>().get("customer-007").await {
        Err(error @ ProjectError::Superseded { .. }) => writeln!(out, "Who asks for version 1 now is told: {error}")?,
        answer => drop(answer?),
    }
    for build in customers.status().await? {
        writeln!(out, "What is left: {} ({:?})", build.model, build.state)?;
    }
    customers.catch_up().await?;
    let best = customers.find(second::Customer::by_largest(1..)).descending().limit(5).await?;
    let rows = best.rows.into_iter().map(|row| {
        vec![row.name, row.orders.to_string(), amount(row.spent), row.cancelled.to_string(), amount(row.largest)]
    });
    let columns = ["customer", "orders", "spent", "cancelled", "largest"];
    table(out, "The customers with the largest orders, of version 2", &columns, rows)?;
    Ok(())
}

/// Reads version 1 until it is told that there is a newer one, or that it is over: how often it was answered. Whoever is
/// answered with less than all rows would be an error.
fn read_until_superseded(store: &Store, over: &Arc<AtomicBool>) -> tokio::task::JoinHandle<Result<u64, ProjectError>> {
    let (customers, over) = (store.projection::<first::Customer>(), Arc::clone(over));
    tokio::spawn(async move {
        let mut answered = 0;
        let mut known = 0;
        while !over.load(Ordering::Relaxed) {
            match customers.all().limit(1_000).await {
                Ok(page) if page.rows.len() < known => {
                    let reason = format!("expected at least {known} customers, found {}", page.rows.len());
                    let (projection, key) = (first::Customer::NAME, String::new());
                    return Err(ProjectError::Row { projection, key, reason });
                }
                Ok(page) => known = page.rows.len(),
                Err(ProjectError::Superseded { .. }) => break,
                Err(error) => return Err(error),
            }
            answered += 1;
            tokio::task::yield_now().await;
        }
        Ok(answered)
    })
}
