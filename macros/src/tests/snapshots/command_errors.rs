::core::compile_error! { "unknown `command` key `eror` on a command enum\nhelp: did you mean `error`?" }
::core::compile_error! { "`creates` and `any` exclude each other\nhelp: `any` also takes an aggregate that is new" }
::core::compile_error! { "expected the error to reject with, after the condition\nhelp: write for example `#[require(amount > 0.0, OrderError::NothingToPay)]`" }
::core::compile_error! { "`Confirm` has no field with `#[command(id)]`, but `Create` has one\nhelp: mark the field that names the aggregate in every variant, or in none" }
::core::compile_error! { "`Confirm` emits nothing and has no handler\nhelp: write `#[emit(Event { … })]` or `#[handler(path)]`" }
const _: () = {
    #[automatically_derived]
    impl<T: Payload> ::annals::Command for OrderCommand<T>
    where
        for<'__stub> Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        type Aggregate = Order;
        type Error = OrderError;
        fn existence(&self) -> ::annals::Existence {
            ::core::unreachable!()
        }
        fn decide(
            self,
            order: &Order,
            _: &::annals::Context,
        ) -> ::core::result::Result<::annals::__private::Decided<<Order as ::annals::Aggregate>::Event>, OrderError>
        {
            ::core::unreachable!()
        }
    }
    #[automatically_derived]
    impl<T: Payload> ::annals::Targeted for OrderCommand<T>
    where
        for<'__stub> Self: ::core::clone::Clone + ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        fn target(&self) -> <Order as ::annals::Aggregate>::Id {
            ::core::unreachable!()
        }
    }
};
