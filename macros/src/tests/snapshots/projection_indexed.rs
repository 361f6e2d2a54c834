const _: () = {
    #[automatically_derived]
    impl ::annals::Projection for OrderSummary {
        type Events = OrderEvent;
        type Key = String;
        const NAME: &'static ::core::primitive::str = "order-summary";
        const VERSION: ::core::primitive::u32 = 2u32;
        const FOLD: ::core::primitive::u64 = 1123729842892791539u64;
        const INDEXES: &'static [::annals::index::IndexDescriptor] = &[
            ::annals::index::IndexDescriptor::new("order_id", 1usize),
            ::annals::index::IndexDescriptor::new("user_id", 1usize),
            ::annals::index::IndexDescriptor::new("amount", 1usize),
            ::annals::index::IndexDescriptor::new("user_id.amount", 2usize),
        ];
        fn index(
            &self,
            __entries: &mut ::annals::index::IndexEntries,
        ) -> ::core::result::Result<(), ::annals::index::NotIndexable> {
            ::annals::index::IndexEntries::add(
                __entries,
                "order_id",
                &[::annals::__private::indexed::<String>(&self.order_id)],
            )?;
            ::annals::index::IndexEntries::add(
                __entries,
                "user_id",
                &[::annals::__private::indexed::<Option<UserId>>(&self.user_id)],
            )?;
            ::annals::index::IndexEntries::add(
                __entries,
                "amount",
                &[::annals::__private::indexed::<f64>(&self.amount)],
            )?;
            ::annals::index::IndexEntries::add(
                __entries,
                "user_id.amount",
                &[
                    ::annals::__private::indexed::<Option<UserId>>(&self.user_id),
                    ::annals::__private::indexed::<f64>(&self.amount),
                ],
            )?;
            ::core::result::Result::Ok(())
        }
        fn keys(
            __event: &OrderEvent,
            __metadata: &::annals::Metadata,
        ) -> ::core::result::Result<::annals::Keys<String>, ::annals::__private::String> {
            match __event {
                _ => ::core::result::Result::map(
                    ::annals::__private::key_of_aggregate::<String>(__metadata),
                    ::annals::Keys::one,
                ),
            }
        }
        fn key_of_unread(__metadata: &::annals::Metadata) -> ::core::option::Option<String> {
            ::core::result::Result::ok(::annals::__private::key_of_aggregate::<String>(__metadata))
        }
        fn open(__key: &String) -> Self {
            let mut __row = ::annals::__private::new_row::<Self>();
            __row.order_id = ::core::clone::Clone::clone(__key);
            __row
        }
        fn apply(&mut self, __event: &OrderEvent, __metadata: &::annals::Metadata) -> ::annals::Fold {
            match __event {
                OrderEvent::Created { .. } => {}
            }
            match __event {
                OrderEvent::Created { user_id, .. } => {
                    (self.user_id) = ::core::clone::Clone::clone(user_id);
                }
                _ => {}
            }
            match __event {
                OrderEvent::Created { amount, .. } => {
                    (self.amount) = ::core::clone::Clone::clone(amount);
                }
                _ => {}
            }
            ::annals::Fold::Keep
        }
    }
    impl OrderSummary {
        # [doc = :: core :: concat ! ("The rows with `" , "order_id" , "` in this range.")]
        #[must_use]
        pub fn by_order_id(order_id: impl ::annals::index::IntoRange<String>) -> ::annals::index::Query<Self> {
            ::annals::__private::range("order_id", order_id, ::annals::__private::indexed::<String>)
        }
        # [doc = :: core :: concat ! ("The rows with this `" , "user_id" , "`.")]
        #[must_use]
        pub fn by_user_id(user_id: impl ::annals::index::IntoIndexed<Option<UserId>>) -> ::annals::index::Query<Self> {
            ::annals::__private::exact("user_id", user_id, ::annals::__private::indexed::<Option<UserId>>)
        }
        # [doc = :: core :: concat ! ("The rows with `" , "amount" , "` in this range.")]
        #[must_use]
        pub fn by_amount(amount: impl ::annals::index::IntoRange<f64>) -> ::annals::index::Query<Self> {
            ::annals::__private::range("amount", amount, ::annals::__private::indexed::<f64>)
        }
        # [doc = :: core :: concat ! ("The rows with this `" , "user_id" , "` and with `" , "amount" , "` in this range.")]
        #[must_use]
        pub fn by_user_id_and_amount(
            user_id: impl ::annals::index::IntoIndexed<Option<UserId>>,
            amount: impl ::annals::index::IntoRange<f64>,
        ) -> ::annals::index::Query<Self> {
            ::annals::__private::range_per(
                "user_id.amount",
                user_id,
                ::annals::__private::indexed::<Option<UserId>>,
                amount,
                ::annals::__private::indexed::<f64>,
            )
        }
    }
};
