//! The second release: grams, another word for the recipient, and no more weighing.

use annals::prelude::*;
use std::error::Error;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[event(unlocked, retired("ShipmentWeighed"))]
enum ShipmentEvent {
    #[event(version = 2, upcast(1 => RegisteredV1))]
    Registered { recipient: String, grams: u32 },
    #[event(alias = "ShipmentHandedOver")]
    Delivered { signature: String },
}

#[derive(Deserialize)]
struct RegisteredV1 {
    to: String,
}

impl From<RegisteredV1> for ShipmentEvent {
    fn from(old: RegisteredV1) -> Self {
        // This release never looked at the weight of what its predecessor registered.
        Self::Registered { recipient: old.to, grams: 0 }
    }
}

#[derive(Aggregate, Debug, Default)]
#[aggregate(event = ShipmentEvent, ignore(Registered, Delivered))]
struct Shipment {}

#[derive(Command, Clone)]
#[command(shipment: Shipment)]
enum ShipmentCommand {
    #[command(creates)]
    #[emit(Registered { recipient, grams })]
    Register { recipient: String, grams: u32 },

    #[emit(Delivered { signature })]
    Deliver { signature: String },
}

/// What this release did.
pub(super) async fn run(store: &Store) -> Result<(), Box<dyn Error>> {
    let shipments = store.repository::<Shipment>();
    if shipments.load("8").await?.exists() {
        return Ok(());
    }
    shipments.execute("8", ShipmentCommand::Register { recipient: "Bob".to_owned(), grams: 300 }).await?;
    shipments.execute("8", ShipmentCommand::Deliver { signature: "B.".to_owned() }).await?;
    Ok(())
}
