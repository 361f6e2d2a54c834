const _: () = {
    #[automatically_derived]
    impl ::annals::Event for OrderEvent {
        const DESCRIPTOR: &'static ::annals::EventDescriptor = &::annals::EventDescriptor::new(
            "OrderEvent",
            &[
                ::annals::VariantDescriptor::new("Created", "OrderPlaced")
                    .with_aliases(&["OrderMade"])
                    .with_schema_version(3)
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
                ::annals::VariantDescriptor::new("LineAdded", "OrderLineAdded").with_fields(
                    ::annals::Shape::Struct,
                    &[
                        ::annals::FieldDescriptor::new("sku", "String"),
                        ::annals::FieldDescriptor::new("quantity", "u32"),
                        ::annals::FieldDescriptor::new("price", "f64"),
                    ],
                ),
                ::annals::VariantDescriptor::new("Refunded", "OrderRefunded")
                    .with_fields(::annals::Shape::Newtype, &[::annals::FieldDescriptor::new("0", "u64")]),
                ::annals::VariantDescriptor::new("LineRemoved", "OrderLineRemoved").with_fields(
                    ::annals::Shape::Struct,
                    &[
                        ::annals::FieldDescriptor::new("sku", "String"),
                        ::annals::FieldDescriptor::new("note", "String"),
                    ],
                ),
                ::annals::VariantDescriptor::new("Confirmed", "OrderConfirmed"),
                ::annals::VariantDescriptor::new("Unknown", "")
                    .with_fields(::annals::Shape::Newtype, &[::annals::FieldDescriptor::new("0", "UnknownEvent")]),
            ],
        )
        .with_doc("What happens to an order.")
        .with_retired(&["OrderPromised"])
        .with_unknown(6);
        fn variant_index(&self) -> ::core::primitive::usize {
            match *self {
                Self::Created { .. } => 0,
                Self::Paid { .. } => 1,
                Self::LineAdded { .. } => 2,
                Self::Refunded { .. } => 3,
                Self::LineRemoved { .. } => 4,
                Self::Confirmed { .. } => 5,
                Self::Unknown { .. } => 6,
            }
        }
        fn upcast(__old: ::annals::codec::Old<'_>) -> ::core::result::Result<Self, ::annals::codec::DecodeReason> {
            match __old.variant() {
                0 => {
                    let __shape = __old.first::<old::PlacedV1>(1)?;
                    let __shape = __old.then::<old::PlacedV1, PlacedV2>(__shape, 2)?;
                    __old.event::<PlacedV2, Self>(__shape)
                }
                _ => ::core::result::Result::Err(__old.unexpected()),
            }
        }
        fn from_unknown(__event: ::annals::UnknownEvent) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self::Unknown(__event))
        }
        fn undo(self) -> ::annals::Undo<Self> {
            match self {
                Self::Created { .. } => ::annals::Undo::Never,
                Self::Paid(payload) => ::annals::__private::undo::<Self, 1>([Self::Refunded(payload.cents)]),
                Self::LineAdded { sku: sku, quantity: quantity, .. } => ::annals::__private::undo::<Self, 2>([
                    Self::LineRemoved { sku, note: format!("{quantity}") },
                    Self::Confirmed,
                ]),
                _ => ::annals::Undo::Unsaid,
            }
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<Payment> for OrderEvent {
        fn from(__payload: Payment) -> Self {
            Self::Paid(__payload)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<u64> for OrderEvent {
        fn from(__payload: u64) -> Self {
            Self::Refunded(__payload)
        }
    }
};
