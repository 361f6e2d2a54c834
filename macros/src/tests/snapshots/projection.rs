const _: () = {
    #[automatically_derived]
    impl<T> ::annals::Projection for Journey<T>
    where
        Self: ::core::default::Default
            + ::annals::__private::Serialize
            + ::annals::__private::DeserializeOwned
            + ::core::marker::Send
            + ::core::marker::Sync
            + 'static,
    {
        type Events = ::annals::Or<OrderEvent, ::annals::Or<PaymentEvent, ShippingEvent>>;
        type Key = String;
        const NAME: &'static ::core::primitive::str = "journeys";
        const FOLD: ::core::primitive::u64 = 15970152885864386985u64;
        fn keys(
            __event: &::annals::Or<OrderEvent, ::annals::Or<PaymentEvent, ShippingEvent>>,
            __metadata: &::annals::Metadata,
        ) -> ::core::result::Result<::annals::Keys<String>, ::annals::__private::String> {
            match __event {
                ::annals::Or::Second(::annals::Or::First(PaymentEvent::Received { order, .. })) => {
                    ::core::result::Result::Ok(::annals::__private::keys::<String, _>(order))
                }
                ::annals::Or::First(OrderEvent::Viewed { .. }) => ::core::result::Result::Ok(::annals::Keys::none()),
                _ => ::core::result::Result::map(
                    ::annals::__private::key_of_aggregate::<String>(__metadata),
                    ::annals::Keys::one,
                ),
            }
        }
        fn open(__key: &String) -> Self {
            let mut __row = ::annals::__private::new_row::<Self>();
            __row.order = ::core::clone::Clone::clone(__key);
            __row
        }
        fn apply(
            &mut self,
            __event: &::annals::Or<OrderEvent, ::annals::Or<PaymentEvent, ShippingEvent>>,
            __metadata: &::annals::Metadata,
        ) -> ::annals::Fold {
            match __event {
                ::annals::Or::First(__event) => match __event {
                    OrderEvent::Created { .. } | OrderEvent::Noted { .. } | OrderEvent::Viewed { .. } => {}
                },
                ::annals::Or::Second(::annals::Or::First(__event)) => match __event {
                    PaymentEvent::Received { .. } | PaymentEvent::Refunded => {}
                },
                ::annals::Or::Second(::annals::Or::Second(__event)) => match __event {
                    ShippingEvent::Lost => {}
                },
            }
            match __event {
                ::annals::Or::First(OrderEvent::Created { .. }) => {
                    (self.steps) += 1;
                }
                _ => {}
            }
            match __event {
                ::annals::Or::First(OrderEvent::Noted { note })
                | ::annals::Or::Second(::annals::Or::First(PaymentEvent::Received { note, .. })) => {
                    (self.note) = ::core::clone::Clone::clone(note);
                }
                _ => {}
            }
            match __event {
                ::annals::Or::Second(
                    ::annals::Or::First(PaymentEvent::Refunded) | ::annals::Or::Second(ShippingEvent::Lost),
                ) => ::annals::Fold::Remove,
                _ => ::annals::Fold::Keep,
            }
        }
    }
    const _: () = {
        ::annals::__private::assert_disjoint(
            <OrderEvent as ::annals::Event>::DESCRIPTOR,
            <PaymentEvent as ::annals::Event>::DESCRIPTOR,
        );
        ::annals::__private::assert_disjoint(
            <OrderEvent as ::annals::Event>::DESCRIPTOR,
            <ShippingEvent as ::annals::Event>::DESCRIPTOR,
        );
        ::annals::__private::assert_disjoint(
            <PaymentEvent as ::annals::Event>::DESCRIPTOR,
            <ShippingEvent as ::annals::Event>::DESCRIPTOR,
        );
    };
};
