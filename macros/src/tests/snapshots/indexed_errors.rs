::core::compile_error! { "a struct of 2 fields has no one order\nhelp: index each as a field of the row, or write `impl Indexed` by hand" }
const _: () = {
    #[automatically_derived]
    impl<T> ::annals::Indexed for Money<T> {
        fn write(
            &self,
            _: &mut ::annals::index::IndexValue,
        ) -> ::core::result::Result<(), ::annals::index::NotIndexable> {
            ::core::unreachable!()
        }
    }
};
