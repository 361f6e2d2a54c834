::core::compile_error! { "`#[aggregate(event = …)]` is missing\nhelp: write `#[aggregate(event = OrderEvent)]` on the struct" }
::core::compile_error! { "aggregate name `order-line` contains `-`, which separates the aggregate from its id\nhelp: write `order_line`" }
::core::compile_error! { "an aggregate must name what it ignores\nhelp: list the variants: `ignore(Viewed, Printed)`" }
const _: () = {
    #[automatically_derived]
    impl<const N: usize> ::annals::Aggregate for Order<N>
    where
        for<'__stub> Self: ::core::default::Default + ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        type Id = ::annals::__private::String;
        type Event = ::annals::__private::NoEvent;
        const NAME: &'static ::core::primitive::str = "";
        fn apply(&mut self, _: &Self::Event, _: &::annals::Metadata) {
            ::core::unreachable!()
        }
    }
};
