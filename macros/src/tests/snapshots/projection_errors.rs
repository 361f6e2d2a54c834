::core::compile_error! { "a projection needs a name that never changes, its rows are stored under it\nhelp: write `#[projection(name = \"order-summary\", events(…))]`" }
::core::compile_error! { "no field is marked as the key\nhelp: put `#[key]` on the field that rows are found by, or `single` on the struct where there is one row" }
::core::compile_error! { "`OrderEvent` is listed twice" }
const _: () = {
    #[automatically_derived]
    impl ::annals::Projection for Journey
    where
        for<'__stub> Self: ::core::default::Default
            + ::annals::__private::Serialize
            + ::annals::__private::DeserializeOwned
            + ::core::marker::Send
            + ::core::marker::Sync
            + 'static,
    {
        type Events = ::annals::Or<OrderEvent, OrderEvent>;
        type Key = ::annals::Single;
        const NAME: &'static ::core::primitive::str = "";
        fn keys(
            _: &Self::Events,
            _: &::annals::Metadata,
        ) -> ::core::result::Result<::annals::Keys<Self::Key>, ::annals::__private::String> {
            ::core::unreachable!()
        }
        fn open(_: &Self::Key) -> Self {
            ::core::unreachable!()
        }
        fn apply(&mut self, _: &Self::Events, _: &::annals::Metadata) -> ::annals::Fold {
            ::core::unreachable!()
        }
    }
};
