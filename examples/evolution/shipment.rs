//! Today's release: an event at its third version, and what its first two turn into.

use annals::prelude::*;

/// What happens to a shipment.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[event(retired("ShipmentWeighed"))]
pub enum ShipmentEvent {
    /// It was announced to us.
    #[event(version = 3, upcast(1 => RegisteredV1, 2 => RegisteredV2))]
    #[undo(never)]
    Registered { recipient: String, grams: u32, service: Service },
    #[undo(Downgraded)]
    Upgraded,
    #[undo(Upgraded)]
    Downgraded,
    #[undo(Redirected { from: to, to: from })]
    Redirected { from: String, to: String },
    #[event(alias = "ShipmentHandedOver")]
    #[undo(never)]
    Delivered { signature: String },
}

/// How fast it travels.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq)]
pub enum Service {
    #[default]
    Standard,
    Express,
}

/// The shape of the first release.
#[derive(Deserialize)]
struct RegisteredV1 {
    to: String,
    kilograms: f64,
}

/// The shape of the second release.
#[derive(Deserialize)]
struct RegisteredV2 {
    recipient: String,
    grams: u32,
}

impl TryFrom<RegisteredV1> for RegisteredV2 {
    type Error = String;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    fn try_from(old: RegisteredV1) -> Result<Self, String> {
        let grams = (old.kilograms * 1_000.0).round();
        if (0.0..=f64::from(u32::MAX)).contains(&grams) {
            Ok(Self { recipient: old.to, grams: grams as u32 })
        } else {
            Err(format!("{} kg is no weight of a shipment", old.kilograms))
        }
    }
}

impl From<RegisteredV2> for ShipmentEvent {
    fn from(old: RegisteredV2) -> Self {
        let RegisteredV2 { recipient, grams } = old;
        Self::Registered { recipient, grams, service: Service::Standard }
    }
}

/// A shipment as commands see it. Every second event or more, its state is kept as a snapshot.
#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(event = ShipmentEvent, snapshot(every = 2))]
pub struct Shipment {
    #[on(Registered { recipient, .. })]
    #[on(Redirected { to, .. } => to.clone())]
    recipient: String,
    #[on(Registered { grams, .. })]
    grams: u32,
    #[on(Registered { service, .. })]
    #[on(Upgraded => Service::Express)]
    #[on(Downgraded => Service::Standard)]
    service: Service,
    #[on(Delivered { .. } => true)]
    delivered: bool,
}

#[derive(Command, Clone, Debug)]
#[command(shipment: Shipment)]
pub enum ShipmentCommand {
    #[command(creates)]
    #[emit(Registered { recipient, grams, service })]
    Register { recipient: String, grams: u32, service: Service },

    #[skip_if(shipment.delivered || shipment.service == Service::Express)]
    #[emit(Upgraded)]
    Upgrade,
}

/// A row of a list of shipments.
#[derive(Projection, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[projection(name = "shipments", events(ShipmentEvent), ignore(Delivered))]
pub struct ShipmentList {
    #[key]
    pub id: String,
    #[on(Registered { recipient, .. })]
    #[on(Redirected { to, .. } => to.clone())]
    pub recipient: String,
    #[on(Registered { grams, .. })]
    pub grams: u32,
    #[on(Registered { service, .. })]
    #[on(Upgraded => Service::Express)]
    #[on(Downgraded => Service::Standard)]
    pub service: Service,
}
