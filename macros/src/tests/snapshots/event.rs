const _: () = {
    #[automatically_derived]
    impl ::annals::Event for OrderEvent {
        const DESCRIPTOR: &'static ::annals::EventDescriptor = &::annals::EventDescriptor::new(
            "OrderEvent",
            &[
                ::annals::VariantDescriptor::new("Created", "OrderPlaced")
                    .with_aliases(&["OrderMade"])
                    .with_doc("The customer has ordered.")
                    .with_fields(
                        ::annals::Shape::Struct,
                        &[
                            ::annals::FieldDescriptor::new("user_id", "String").with_doc("Who ordered."),
                            ::annals::FieldDescriptor::new("amount", "f64"),
                        ],
                    ),
                ::annals::VariantDescriptor::new("Paid", "OrderPaid")
                    .with_fields(::annals::Shape::Newtype, &[::annals::FieldDescriptor::new("0", "Payment")]),
                ::annals::VariantDescriptor::new("Confirmed", "OrderConfirmed"),
            ],
        )
        .with_doc("What happens to an order.");
        fn variant_index(&self) -> ::core::primitive::usize {
            match *self {
                Self::Created { .. } => 0,
                Self::Paid { .. } => 1,
                Self::Confirmed { .. } => 2,
            }
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<Payment> for OrderEvent {
        fn from(__payload: Payment) -> Self {
            Self::Paid(__payload)
        }
    }
};
