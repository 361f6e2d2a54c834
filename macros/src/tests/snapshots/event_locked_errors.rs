::core::compile_error! { "field `amount` in version 1 of `OrderCreated` was stored as `f32`, now as `String`\nhelp: if both are stored alike, write `field amount: String` in line 24 of `annals.lock`; `cargo test annals_lock` then checks it\nhelp: if the change is meant, write on `Created`\n\n    #[event(version = 2, upcast(1 => CreatedV1))]\n\nand beside `OrderEvent`\n\n    /// `OrderCreated` as version 1 stored it.\n    #[derive(serde::Deserialize)]\n    struct CreatedV1 {\n        user_id: String,\n        amount: f32,\n    }\n\n    impl From<CreatedV1> for OrderEvent {\n        fn from(old: CreatedV1) -> Self {\n            Self::Created { user: old.user_id, amount: todo!() }\n        }\n    }\n\nhelp: if nothing was ever stored as version 1, delete its block from `annals.lock` (line 22)" }
::core::compile_error! { "version 1 of `OrderCreated` was stored with a field `user_id: String`, which nothing reads any more; was it renamed to `user`?\nhelp: if so, keep its stored name, `#[serde(rename = \"user_id\")]`, or read both: `#[serde(alias = \"user_id\")]`\nhelp: if the change is meant, the new version of `Created` that is shown above mends it too" }
::core::compile_error! { "`OrderPromised` is stored, but no variant of `OrderEvent` reads it any more\nhelp: if it was renamed, write `#[event(alias = \"OrderPromised\")]` on the variant that it is now\nhelp: if it happens no more, write `#[event(retired(\"OrderPromised\"))]` on the enum: what is stored of it is then passed over\nhelp: if nothing was ever stored of it, delete its block from `annals.lock` (line 33)" }
const _: () = {
    #[automatically_derived]
    impl ::annals::Event for OrderEvent
    where
        for<'__stub> Self: ::annals::__private::Serialize
            + ::annals::__private::DeserializeOwned
            + ::core::marker::Send
            + ::core::marker::Sync
            + 'static,
    {
        const DESCRIPTOR: &'static ::annals::EventDescriptor = &::annals::EventDescriptor::new("", &[]);
        fn variant_index(&self) -> ::core::primitive::usize {
            ::core::unreachable!()
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<Payment> for OrderEvent {
        fn from(__payload: Payment) -> Self {
            ::core::unreachable!()
        }
    }
};
