//! What an event takes of the server's memory.

use super::{
    data::{self, Layout, PAYLOAD, PER_STREAM},
    ground::{Durability, Ground},
    report::{Goal, against, heading, line},
};

const STREAMS: usize = 40_000;

pub(crate) async fn run() {
    heading("memory: 200,000 events of 200 bytes, 40,000 aggregates of 5");
    for layout in [Layout::Interleaved, Layout::Runs] {
        let ground = Ground::start(Durability::Memory).await;
        let before = ground.memory("used_memory").await;
        data::fill(&ground, layout, "m", STREAMS, PER_STREAM).await;
        let after = ground.memory("used_memory").await;
        let events = u32::try_from(STREAMS * PER_STREAM).unwrap();
        let each = f64::from(u32::try_from(after - before).unwrap()) / f64::from(events);
        let ratio = against("the payload", each / f64::from(u32::try_from(PAYLOAD).unwrap()), Goal::AtMost(1.65));
        line(&format!("an event, {}", layout.name()), Durability::Memory.name(), &format!("{each:.0} bytes"), &[ratio]);
    }
}
