::core::compile_error! { "versions start at 1" }
::core::compile_error! { "unknown `index` key `rnge` on a field\nhelp: did you mean `range`?" }
::core::compile_error! { "the row has no field `usr_id`\nhelp: did you mean `user_id`?" }
::core::compile_error! { "`order_id` is the key, by which a row is got anyway\nhelp: remove `#[index]`, or write `#[index(range)]` for ranges of keys" }
const _: () = {
    #[automatically_derived]
    impl ::annals::Projection for OrderSummary
    where
        for<'__stub> Self: ::core::default::Default
            + ::annals::__private::Serialize
            + ::annals::__private::DeserializeOwned
            + ::core::marker::Send
            + ::core::marker::Sync
            + 'static,
    {
        type Events = OrderEvent;
        type Key = String;
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
    impl OrderSummary {
        # [doc = :: core :: concat ! ("The rows with this `" , "order_id" , "`.")]
        #[must_use]
        pub(crate) fn by_order_id(_: impl ::annals::index::IntoIndexed<String>) -> ::annals::index::Query<Self> {
            ::core::unreachable!()
        }
        # [doc = :: core :: concat ! ("The rows with this `" , "user_id" , "`.")]
        #[must_use]
        pub(crate) fn by_user_id(_: impl ::annals::index::IntoIndexed<UserId>) -> ::annals::index::Query<Self> {
            ::core::unreachable!()
        }
        # [doc = :: core :: concat ! ("The rows with this `" , "user_id" , "` and with `" , "amount" , "` in this range.")]
        #[must_use]
        pub(crate) fn by_user_id_and_amount(
            _: impl ::annals::index::IntoIndexed<UserId>,
            _: impl ::annals::index::IntoRange<f64>,
        ) -> ::annals::index::Query<Self> {
            ::core::unreachable!()
        }
    }
};
