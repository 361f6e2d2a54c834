//! Evolution: an event changes its shape twice, another its name, a third goes; what was stored stays readable.
//!
//! Three programs run one after another on one store, as three releases would: `first`, `second` and today's. `cargo run
//! --example evolution` keeps the events in memory; with `REDIS_URL=redis://127.0.0.1/` in Redis.
//!
//! `examples/annals.lock` holds every shape that was ever stored. Change today's `Registered` and the build fails, with what
//! to write instead.

mod first;
mod second;
#[expect(unreachable_pub, reason = "these types stand as they would in a library")]
mod shipment;
#[cfg(test)]
mod tests;

use annals::{Annotations, Store, Version, repository::UndoError};
use shipment::{Service, Shipment, ShipmentCommand, ShipmentEvent, ShipmentList};
use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

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
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "memory:".to_owned());
    let store = Store::connect(&url).await?;
    tell_the_story(&store, &mut io::stdout()).await
}

/// Lets three programs store, and the last one read it all.
async fn tell_the_story(store: &Store, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    first::run(store).await?;
    second::run(store).await?;
    today(store).await?;

    writeln!(out, "As it is stored, in the shapes and under the names of its time:")?;
    let stored: Vec<_> = stored(store).await?;
    for line in &stored {
        writeln!(out, "  {line}")?;
    }

    let shipments = store.repository::<Shipment>();
    writeln!(out, "\nAs today's program reads it, with the state after each event:")?;
    for step in shipments.history("7").states().await?.steps {
        writeln!(out, "  {}  {:?}", step.event.metadata.version, step.event.event)?;
        writeln!(out, "     {:?}", step.state)?;
    }

    writeln!(out, "\nA read model that did not exist then, made from all of it:")?;
    let list = store.projection::<ShipmentList>();
    list.catch_up().await?;
    for id in ["7", "8", "9"] {
        let row = list.get(id).await?.ok_or("a shipment that was registered has no row")?;
        writeln!(out, "  {}: {} g to {}, {:?}", row.id, row.grams, row.recipient, row.service)?;
    }

    let now = shipments.load("9").await?.version;
    writeln!(out, "\nWhat changed in shipment 9 since it was registered:")?;
    let difference = shipments.difference("9", Version::new(1), now).await?;
    if difference.changes.is_empty() {
        writeln!(out, "  nothing")?;
    }
    for change in difference.changes {
        writeln!(out, "  {change}")?;
    }

    writeln!(out, "\nWhat would have been, had it been redirected:")?;
    let branch = shipments.branch("9", Version::new(1)).await?;
    let branch = branch.apply([ShipmentEvent::Redirected { from: "Zoë".to_owned(), to: "Bob".to_owned() }]);
    writeln!(out, "  {:?}", branch.state())?;

    writeln!(out, "\nIts upgrade is undone by an event that makes up for it:")?;
    let told = Annotations::default().with_actor("the evolution example");
    let undone = shipments.undo("9", Version::new(1)).annotations(told).await?;
    if undone.events.is_empty() {
        writeln!(out, "  it was undone before")?;
    }
    for recorded in undone.events {
        let undoes = recorded.metadata.undoes.map(|version| version.to_string()).unwrap_or_default();
        writeln!(out, "  {}  {:?}, which undoes event {undoes}", recorded.metadata.version, recorded.event)?;
    }
    match shipments.undo("7", Version::NONE).await {
        Err(error @ UndoError::Impossible { .. }) => writeln!(out, "  {error}")?,
        other => return Err(format!("a registration can be undone: {other:?}").into()),
    }
    Ok(())
}

/// What this release does: one shipment of its own, and two that its predecessors began.
async fn today(store: &Store) -> Result<(), Box<dyn Error>> {
    let shipments = store.repository::<Shipment>();
    if shipments.load("9").await?.exists() {
        return Ok(());
    }
    let register = ShipmentCommand::Register { recipient: "Zoë".to_owned(), grams: 900, service: Service::Standard };
    shipments.execute("9", register).await?;
    for id in ["7", "8", "9"] {
        shipments.execute(id, ShipmentCommand::Upgrade).await?;
    }
    Ok(())
}

/// Every event of the shipments as it lies in the store.
async fn stored(store: &Store) -> Result<Vec<String>, Box<dyn Error>> {
    use annals::journal::StoredEvent;
    use futures_util::TryStreamExt;
    let shipments = |event: &StoredEvent| std::future::ready(event.stream().aggregate() == "shipment");
    let line = |event: StoredEvent| {
        let (stream, version) = (event.stream(), event.version());
        format!("{stream}@{version}  {} {}  {}", event.event_type(), event.schema_version(), event.payload())
    };
    let log = store.log().stream().try_filter(shipments);
    Ok(log.map_ok(line).try_collect().await?)
}
