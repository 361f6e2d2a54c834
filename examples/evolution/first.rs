//! The first release: kilograms, and a name of two words for what was done.

use annals::prelude::*;
use std::error::Error;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[event(unlocked)] // a program of the past: what it stored is in the lock of today's
enum ShipmentEvent {
    Registered { to: String, kilograms: f64 },
    Weighed,
    HandedOver { signature: String },
}

#[derive(Aggregate, Debug, Default)]
#[aggregate(event = ShipmentEvent, ignore(Registered, Weighed, HandedOver))]
struct Shipment {}

#[derive(Command, Clone)]
#[command(shipment: Shipment)]
enum ShipmentCommand {
    #[command(creates)]
    #[emit(Registered { to, kilograms })]
    #[emit(Weighed)]
    Register { to: String, kilograms: f64 },

    #[emit(HandedOver { signature })]
    HandOver { signature: String },
}

/// What this release did.
pub(super) async fn run(store: &Store) -> Result<(), Box<dyn Error>> {
    let shipments = store.repository::<Shipment>();
    if shipments.load("7").await?.exists() {
        return Ok(());
    }
    shipments.execute("7", ShipmentCommand::Register { to: "Ann".to_owned(), kilograms: 1.25 }).await?;
    shipments.execute("7", ShipmentCommand::HandOver { signature: "A.".to_owned() }).await?;
    Ok(())
}
