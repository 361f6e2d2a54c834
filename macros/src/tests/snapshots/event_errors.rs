::core::compile_error! { "unknown `event` key `nme` on an event enum\nhelp: did you mean `name`, which belongs on a variant?" }
::core::compile_error! { "`Moved` has 2 fields without names, which would be stored by their place\nhelp: name them: `Moved { … }`" }
::core::compile_error! { "event name `order placed` contains a space\nhelp: write `order-placed`" }
::core::compile_error! { "the type name is stored by `Event` itself\nhelp: remove `#[serde(tag)]`" }
const _: () = {
    #[automatically_derived]
    impl<T> ::annals::Event for OrderEvent<T>
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
    impl<T> ::core::convert::From<Payment> for OrderEvent<T> {
        fn from(__payload: Payment) -> Self {
            ::core::unreachable!()
        }
    }
};
