const _: () = {
    #[automatically_derived]
    impl ::annals::Indexed for Status {
        fn write(
            &self,
            __value: &mut ::annals::index::IndexValue,
        ) -> ::core::result::Result<(), ::annals::index::NotIndexable> {
            ::annals::index::IndexValue::unsigned(
                __value,
                match self {
                    Self::Open { .. } => 0u128,
                    Self::Confirmed { .. } => 1u128,
                    Self::Cancelled { .. } => 2u128,
                },
            );
            ::core::result::Result::Ok(())
        }
    }
};
