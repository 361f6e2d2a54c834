const _: () = {
    #[automatically_derived]
    impl ::annals::Aggregate for Order {
        type Id = OrderId;
        type Event = OrderEvent;
        const NAME: &'static ::core::primitive::str = "order";
        const SNAPSHOTS: ::core::option::Option<::annals::Snapshots<Self>> =
            ::core::option::Option::Some(::annals::__private::snapshots::<Self>(100u32, 1356150212627679349u64));
        fn apply(&mut self, __event: &OrderEvent, __metadata: &::annals::Metadata) {
            match __event {
                OrderEvent::Created { .. }
                | OrderEvent::Confirmed
                | OrderEvent::Paid(..)
                | OrderEvent::LineAdded { .. }
                | OrderEvent::Cancelled { .. }
                | OrderEvent::Viewed { .. } => {}
            }
            match __event {
                OrderEvent::Created { user_id, .. } => {
                    (self.user_id) = ::core::clone::Clone::clone(user_id);
                }
                _ => {}
            }
            match __event {
                OrderEvent::Created { .. } => {
                    (self.status) = Status::Open;
                }
                OrderEvent::Confirmed | OrderEvent::Paid(_) => {
                    (self.status) = Status::Confirmed;
                }
                _ => {}
            }
            match __event {
                OrderEvent::Created { amount, .. }
                    if {
                        let meta = __metadata;
                        meta.version.number() == 1
                    } =>
                {
                    let meta = __metadata;
                    (self.total) = *amount;
                }
                OrderEvent::LineAdded { price, quantity, .. } => {
                    (self.total) += price * f64::from(*quantity);
                }
                _ => {}
            }
            match __event {
                OrderEvent::LineAdded { sku, quantity, .. } => {
                    (self.lines).insert(sku.clone(), *quantity);
                }
                _ => {}
            }
            match __event {
                OrderEvent::Cancelled { .. } => self.lines.clear(),
                _ => {}
            }
        }
    }
};
