//! Everything that this program tells to `tracing`, kept as text.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

static TOLD: Mutex<String> = Mutex::new(String::new());

/// Listens, from the first call on, to all levels and all tests of this program.
pub(crate) fn listen() {
    static LISTENING: OnceLock<()> = OnceLock::new();
    LISTENING.get_or_init(|| {
        tracing::subscriber::set_global_default(Listener).expect("nobody else listens in this program");
    });
}

/// All that was told so far.
pub(crate) fn told() -> String {
    lock().clone()
}

fn lock() -> MutexGuard<'static, String> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Listener;

/// Writes fields down, a line each.
struct Pen<'a>(&'a mut String);

impl Visit for Pen<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.extend([field.name(), "=", value, "\n"]);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Pen(&mut lock()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Pen(&mut lock()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Pen(&mut lock()));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
