use annals::prelude::*;

#[derive(Event, Serialize, Deserialize, Clone)]
#[serde(into = "String")]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

impl From<OrderEvent> for String {
    fn from(event: OrderEvent) -> Self {
        match event {
            OrderEvent::Created { user_id } => user_id,
            OrderEvent::Confirmed => Self::new(),
        }
    }
}

fn main() {}
