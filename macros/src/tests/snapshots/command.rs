const _: () = {
    type __Event = <Order as ::annals::Aggregate>::Event;
    #[automatically_derived]
    impl ::annals::Command for OrderCommand {
        type Aggregate = Order;
        type Error = OrderError;
        fn existence(&self) -> ::annals::Existence {
            match *self {
                Self::Create { .. } => ::annals::Existence::New,
                Self::Confirm { .. } => ::annals::Existence::Existing,
                Self::Cancel { .. } => ::annals::Existence::Any,
            }
        }
        fn decide(
            self,
            order: &Order,
            cx: &Context,
        ) -> ::core::result::Result<::annals::__private::Decided<<Order as ::annals::Aggregate>::Event>, OrderError>
        {
            match self {
                Self::Create { id: id, user_id: user_id, amount: amount } => {
                    if (amount > 0.0) {
                    } else {
                        let __rejection: OrderError = OrderError::NothingToPay;
                        return ::core::result::Result::Err(__rejection);
                    }
                    let __holds_1 = if (amount > 100.0) { true } else { false };
                    let mut __events = ::annals::__private::Decided::with_capacity(2);
                    let __event: <Order as ::annals::Aggregate>::Event = __Event::Created { user_id, amount };
                    ::annals::__private::Decided::push(&mut __events, __event);
                    if __holds_1 {
                        let __event: <Order as ::annals::Aggregate>::Event = __Event::Noted(cx.now());
                        ::annals::__private::Decided::push(&mut __events, __event);
                    }
                    ::core::result::Result::Ok(__events)
                }
                Self::Confirm { id: id } => {
                    if (order.status == Status::Confirmed) {
                        return ::core::result::Result::Ok(::annals::__private::Decided::new());
                    }
                    if (order.status == Status::Open) {
                    } else {
                        let __rejection: OrderError = OrderError::NotOpen;
                        return ::core::result::Result::Err(__rejection);
                    }
                    let mut __events = ::annals::__private::Decided::with_capacity(1);
                    let __event: <Order as ::annals::Aggregate>::Event = __Event::Confirmed;
                    ::annals::__private::Decided::push(&mut __events, __event);
                    ::core::result::Result::Ok(__events)
                }
                Self::Cancel { id: id, reason: reason } => {
                    let __handler: fn(&Order, &Context, u64, String) -> _ = Order::cancel;
                    ::annals::__private::decision::<<Order as ::annals::Aggregate>::Event, OrderError>(__handler(
                        order, cx, id, reason,
                    ))
                }
            }
        }
    }
    #[automatically_derived]
    impl ::annals::Targeted for OrderCommand {
        fn target(&self) -> <Order as ::annals::Aggregate>::Id {
            match *self {
                Self::Create { id: ref __id, .. } => {
                    let __id: &<Order as ::annals::Aggregate>::Id = __id;
                    ::core::clone::Clone::clone(__id)
                }
                Self::Confirm { id: ref __id, .. } => {
                    let __id: &<Order as ::annals::Aggregate>::Id = __id;
                    ::core::clone::Clone::clone(__id)
                }
                Self::Cancel { id: ref __id, .. } => {
                    let __id: &<Order as ::annals::Aggregate>::Id = __id;
                    ::core::clone::Clone::clone(__id)
                }
            }
        }
    }
    const _: () = ::annals::__private::assert_variant(
        <__Event as ::annals::Event>::DESCRIPTOR,
        "Created",
        "the event of `Order` has no variant `Created`",
    );
};
