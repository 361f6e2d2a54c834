const _: () = {
    const _: ::core::option::Option<&::core::primitive::str> = ::core::option_env!("ANNALS_LOCK");
    const _: &[::core::primitive::u8] =
        ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/annals.lock"));
    #[automatically_derived]
    impl ::annals::Event for SaleEvent {
        const DESCRIPTOR: &'static ::annals::EventDescriptor = &::annals::EventDescriptor::new(
            "SaleEvent",
            &[
                ::annals::VariantDescriptor::new("Placed", "OrderPlaced")
                    .with_aliases(&["OrderCreated"])
                    .with_schema_version(3)
                    .with_fields(
                        ::annals::Shape::Struct,
                        &[
                            ::annals::FieldDescriptor::new("user_id", "String"),
                            ::annals::FieldDescriptor::new("type", "Vec<u8>"),
                        ],
                    ),
                ::annals::VariantDescriptor::new("Paid", "OrderPaid")
                    .with_fields(::annals::Shape::Newtype, &[::annals::FieldDescriptor::new("0", "Payment")]),
                ::annals::VariantDescriptor::new("Confirmed", "OrderConfirmed"),
                ::annals::VariantDescriptor::new("Unknown", "")
                    .with_fields(::annals::Shape::Newtype, &[::annals::FieldDescriptor::new("0", "UnknownEvent")]),
            ],
        )
        .with_retired(&["OrderPromised"])
        .with_unknown(3);
        fn variant_index(&self) -> ::core::primitive::usize {
            match *self {
                Self::Placed { .. } => 0,
                Self::Paid { .. } => 1,
                Self::Confirmed { .. } => 2,
                Self::Unknown { .. } => 3,
            }
        }
        fn upcast(__old: ::annals::codec::Old<'_>) -> ::core::result::Result<Self, ::annals::codec::DecodeReason> {
            match __old.variant() {
                0 => {
                    let __shape = __old.first::<PlacedV1>(1)?;
                    let __shape = __old.then::<PlacedV1, old::PlacedV2>(__shape, 2)?;
                    __old.event::<old::PlacedV2, Self>(__shape)
                }
                _ => ::core::result::Result::Err(__old.unexpected()),
            }
        }
        fn from_unknown(__event: ::annals::UnknownEvent) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self::Unknown(__event))
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<Payment> for SaleEvent {
        fn from(__payload: Payment) -> Self {
            Self::Paid(__payload)
        }
    }
};
#[cfg(test)]
#[::core::prelude::v1::test]
fn annals_lock_sale_event() {
    ::annals::__private::lock::<SaleEvent>(&::annals::__private::Locked {
        crate_dir: ::core::env!("CARGO_MANIFEST_DIR"),
        file: ::core::file!(),
        section: "OrderEvent",
        retired: &["OrderPromised"],
        variants: &[
            ::annals::__private::LockedVariant {
                event_type: "OrderPlaced",
                version: 3,
                aliases: &["OrderCreated"],
                fields: &["\"user-id\": String", "#[serde(default)] type: Vec<u8>"],
                old: &[
                    (1, ::annals::__private::shape_of::<PlacedV1>),
                    (2, ::annals::__private::shape_of::<old::PlacedV2>),
                ],
            },
            ::annals::__private::LockedVariant {
                event_type: "OrderPaid",
                version: 1,
                aliases: &[],
                fields: &["0: Payment"],
                old: &[],
            },
            ::annals::__private::LockedVariant {
                event_type: "OrderConfirmed",
                version: 1,
                aliases: &[],
                fields: &[],
                old: &[],
            },
        ],
    });
}
