//! How serde renames fields: `rename_all` and its rules.

/// A rule of `rename_all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// `lowercase` and `snake_case`, which a field's name is in already.
    Keep,
    Upper,
    Pascal,
    Camel,
    Kebab,
    ScreamingKebab,
}

impl Rule {
    /// The rule of this name; serde itself reports one that it does not know.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "lowercase" | "snake_case" => Self::Keep,
            "UPPERCASE" | "SCREAMING_SNAKE_CASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// The field's name under this rule.
    pub(super) fn apply(self, field: &str) -> String {
        match self {
            Self::Keep => field.to_owned(),
            Self::Upper => field.to_ascii_uppercase(),
            Self::Pascal => pascal_case(field),
            Self::Camel => {
                let pascal = pascal_case(field);
                let mut chars = pascal.chars();
                let first = chars.next().map(|first| first.to_ascii_lowercase());
                first.into_iter().chain(chars).collect()
            }
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

fn pascal_case(field: &str) -> String {
    let mut pascal = String::new();
    let mut begins_word = true;
    for char in field.chars() {
        match char {
            '_' => begins_word = true,
            char if begins_word => {
                pascal.push(char.to_ascii_uppercase());
                begins_word = false;
            }
            char => pascal.push(char),
        }
    }
    pascal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_renames_as_serde_does() {
        // Each field of serde's own table, and what is odd.
        let fields = ["outcome", "very_tasty", "a", "z42", "_x", "a__b", "userID", "straße", "_"];
        for (rule, expected) in [
            ("lowercase", fields),
            ("snake_case", fields),
            ("UPPERCASE", ["OUTCOME", "VERY_TASTY", "A", "Z42", "_X", "A__B", "USERID", "STRAßE", "_"]),
            ("SCREAMING_SNAKE_CASE", ["OUTCOME", "VERY_TASTY", "A", "Z42", "_X", "A__B", "USERID", "STRAßE", "_"]),
            ("PascalCase", ["Outcome", "VeryTasty", "A", "Z42", "X", "AB", "UserID", "Straße", ""]),
            ("camelCase", ["outcome", "veryTasty", "a", "z42", "x", "aB", "userID", "straße", ""]),
            ("kebab-case", ["outcome", "very-tasty", "a", "z42", "-x", "a--b", "userID", "straße", "-"]),
            ("SCREAMING-KEBAB-CASE", ["OUTCOME", "VERY-TASTY", "A", "Z42", "-X", "A--B", "USERID", "STRAßE", "-"]),
        ] {
            let found = Rule::named(rule).unwrap();
            assert_eq!(fields.map(|field| found.apply(field)), expected, "{rule}");
        }
        assert_eq!(Rule::named("Camel"), None);
    }

    /// Serde's own derive is asked, so that the table above is not only believed.
    #[test]
    fn serde_itself_gives_these_names() {
        macro_rules! names {
            ($($rule:literal),*) => {[$({
                #[derive(serde::Deserialize)]
                #[serde(rename_all = $rule)]
                #[allow(dead_code, non_snake_case, reason = "only its names are asked for")]
                struct Asked { outcome: u8, very_tasty: u8, a: u8, z42: u8, _x: u8, a__b: u8, userID: u8 }
                ($rule, <Asked as serde::Deserialize>::deserialize(Names).map(drop))
            }),*]};
        }
        for (rule, answer) in names!(
            "lowercase",
            "snake_case",
            "UPPERCASE",
            "SCREAMING_SNAKE_CASE",
            "PascalCase",
            "camelCase",
            "kebab-case",
            "SCREAMING-KEBAB-CASE"
        ) {
            let found = Rule::named(rule).unwrap();
            let names = ["outcome", "very_tasty", "a", "z42", "_x", "a__b", "userID"].map(|field| found.apply(field));
            assert_eq!(answer.unwrap_err().to_string(), names.join(" "), "{rule}");
        }
    }

    /// A deserializer that answers with the names of the fields that it is asked for.
    struct Names;

    impl<'de> serde::Deserializer<'de> for Names {
        type Error = serde::de::value::Error;

        fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom("no fields were asked for"))
        }

        fn deserialize_struct<V: serde::de::Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Self::Error> {
            Err(serde::de::Error::custom(fields.join(" ")))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
            unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }
}
