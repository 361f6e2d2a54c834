//! One field as the lock keeps it, to the text behind `field ` and back.

use std::fmt::{self, Display, Formatter};

/// A field of a stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) serde: Serde,
    pub(crate) name: Name,
    /// The type as it is written.
    pub(crate) ty: String,
}

/// Where a field stands in the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Name {
    /// It is the whole payload: the field of `Paid(Payment)`.
    Payload,
    /// It is stored under this name.
    Named(String),
}

/// What `#[serde(…)]` says of a field and changes what is stored or read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Serde {
    pub(crate) default: bool,
    /// Other names that are read, sorted.
    pub(crate) aliases: Vec<String>,
    pub(crate) flatten: bool,
    pub(crate) with: Option<String>,
    pub(crate) serialize_with: Option<String>,
    pub(crate) deserialize_with: Option<String>,
    pub(crate) skip_serializing: bool,
    pub(crate) skip_serializing_if: Option<String>,
}

impl Field {
    /// Reads what stands behind `field `; otherwise says what was expected.
    pub(crate) fn read(text: &str) -> Result<Self, &'static str> {
        const NAME: &str = "a field as in `user_id: String`";
        let mut rest = Rest(text);
        let serde = if rest.takes("#") { Serde::read(&mut rest)? } else { Serde::default() };
        let name = match rest.string() {
            Some(name) => Name::Named(name),
            None => match rest.word() {
                "0" => Name::Payload,
                name if is_identifier(name) => Name::Named(name.to_owned()),
                _ => return Err(NAME),
            },
        };
        let ty = if rest.takes(":") { rest.0.trim() } else { "" };
        if ty.is_empty() || ty.starts_with(':') { Err(NAME) } else { Ok(Self { serde, name, ty: ty.to_owned() }) }
    }
}

impl Serde {
    fn read(rest: &mut Rest<'_>) -> Result<Self, &'static str> {
        const ATTRIBUTES: &str = "serde's attributes as in `#[serde(default, alias = \"name\")]`";
        let mut serde = Self::default();
        if !["[", "serde", "("].iter().all(|token| rest.takes(token)) {
            return Err(ATTRIBUTES);
        }
        while !rest.takes(")") {
            let key = rest.word();
            let value = if rest.takes("=") { Some(rest.string().ok_or(ATTRIBUTES)?) } else { None };
            match (key, value) {
                ("default", None) => serde.default = true,
                ("flatten", None) => serde.flatten = true,
                ("skip_serializing", None) => serde.skip_serializing = true,
                ("alias", Some(name)) => serde.aliases.push(name),
                ("with", value @ Some(_)) => serde.with = value,
                ("serialize_with", value @ Some(_)) => serde.serialize_with = value,
                ("deserialize_with", value @ Some(_)) => serde.deserialize_with = value,
                ("skip_serializing_if", value @ Some(_)) => serde.skip_serializing_if = value,
                _ => return Err(ATTRIBUTES),
            }
            if !rest.takes(",") && !rest.0.trim_start().starts_with(')') {
                return Err(ATTRIBUTES);
            }
        }
        if rest.takes("]") { Ok(serde) } else { Err(ATTRIBUTES) }
    }

    /// The attributes one by one, as one writes them.
    fn parts(&self, is_read_only: bool) -> Vec<String> {
        let flag = |is_there: bool, key: &str| is_there.then(|| key.to_owned());
        let path = |key: &str, path: &Option<String>| path.as_ref().map(|path| format!("{key} = {path:?}"));
        let mut parts: Vec<_> = flag(self.default, "default").into_iter().collect();
        parts.extend(self.aliases.iter().map(|alias| format!("alias = {alias:?}")));
        parts.extend(flag(self.flatten, "flatten"));
        parts.extend(path("with", &self.with));
        if !is_read_only {
            parts.extend(path("serialize_with", &self.serialize_with));
        }
        parts.extend(path("deserialize_with", &self.deserialize_with));
        if !is_read_only {
            parts.extend(flag(self.skip_serializing, "skip_serializing"));
            parts.extend(path("skip_serializing_if", &self.skip_serializing_if));
        }
        parts
    }

    /// What a type that is only read needs of it, with a name that differs from the field's own in front.
    pub(crate) fn for_reading(&self, rename: Option<&str>) -> String {
        let rename = rename.map(|name| format!("rename = {name:?}"));
        in_attribute(&rename.into_iter().chain(self.parts(true)).collect::<Vec<_>>())
    }
}

/// `#[serde(…)]` of these parts, or nothing.
fn in_attribute(parts: &[String]) -> String {
    if parts.is_empty() { String::new() } else { format!("#[serde({})]", parts.join(", ")) }
}

impl Display for Field {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let attribute = in_attribute(&self.serde.parts(false));
        let space = if attribute.is_empty() { "" } else { " " };
        write!(formatter, "{attribute}{space}{}: {}", self.name, self.ty)
    }
}

impl Display for Name {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payload => formatter.write_str("0"),
            Self::Named(name) if is_identifier(name) => formatter.write_str(name),
            Self::Named(name) => write!(formatter, "{name:?}"),
        }
    }
}

/// Whether the name needs no quotes.
pub(crate) fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// What is still to be read.
struct Rest<'t>(&'t str);

impl<'t> Rest<'t> {
    /// Takes this token, if it comes next.
    fn takes(&mut self, token: &str) -> bool {
        let found = self.0.trim_start().strip_prefix(token);
        self.0 = found.unwrap_or(self.0);
        found.is_some()
    }

    /// Takes the letters, digits and underscores that come next.
    fn word(&mut self) -> &'t str {
        let text = self.0.trim_start();
        let end = text.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        word
    }

    /// Takes a string in quotes, if one comes next.
    fn string(&mut self) -> Option<String> {
        let mut chars = self.0.trim_start().strip_prefix('"')?.chars();
        let mut text = String::new();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => text.push(match chars.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '0' => '\0',
                    'u' => {
                        let (code, rest) = chars.as_str().strip_prefix('{')?.split_once('}')?;
                        chars = rest.chars();
                        char::from_u32(u32::from_str_radix(code, 16).ok()?)?
                    }
                    char => char,
                }),
                char => text.push(char),
            }
        }
        self.0 = chars.as_str();
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_as_it_was_written() {
        for line in [
            "user_id: String",
            "0: Payment",
            "\"0\": u8",
            "\"user-id\": Vec<u8>",
            "\"a\\\"\\\\\\n\\u{1}ö\": (u8, u16)",
            "\"\": a::B",
            "type: u8",
            "#[serde(default)] note: String",
            "#[serde(default, alias = \"a\", alias = \"b c\", flatten, with = \"p::q\", serialize_with = \"s\", \
             deserialize_with = \"d\", skip_serializing, skip_serializing_if = \"Option::is_none\")] x: u8",
        ] {
            assert_eq!(Field::read(line).map(|field| field.to_string()), Ok(line.to_owned()));
        }
        let spaced = "  #[ serde( default ,alias=\"a\" , )]x:u8  ";
        let field = Field::read(spaced).unwrap();
        assert_eq!(field.to_string(), "#[serde(default, alias = \"a\")] x: u8");
        assert_eq!((field.name, field.serde.aliases), (Name::Named("x".to_owned()), vec!["a".to_owned()]));
    }

    #[test]
    fn a_line_that_does_not_read_says_what_was_expected() {
        for line in ["", "x", "x:", ": u8", "x::y", "1: u8", "ö: u8", "\"x: u8", "x y: u8", "\"\\", "\"\\u{d800}\": u8"]
        {
            assert_eq!(Field::read(line), Err("a field as in `user_id: String`"), "{line}");
        }
        for line in [
            "# x: u8",
            "#[x] x: u8",
            "#[serde] x: u8",
            "#[serde(default",
            "#[serde(default)",
            "#[serde(default) x: u8",
            "#[serde(default flatten)] x: u8",
            "#[serde(default = \"p\")] x: u8",
            "#[serde(alias)] x: u8",
            "#[serde(alias = x)] x: u8",
            "#[serde(rename = \"y\")] x: u8",
        ] {
            let expected = "serde's attributes as in `#[serde(default, alias = \"name\")]`";
            assert_eq!(Field::read(line), Err(expected), "{line}");
        }
    }

    #[test]
    fn a_type_that_is_only_read_needs_no_attribute_for_writing() {
        let line = "#[serde(default, alias = \"a\", with = \"p\", serialize_with = \"s\", deserialize_with = \"d\", \
                    skip_serializing, skip_serializing_if = \"i\")] x: u8";
        let serde = Field::read(line).unwrap().serde;
        let reading = "default, alias = \"a\", with = \"p\", deserialize_with = \"d\")]";
        assert_eq!(serde.for_reading(None), format!("#[serde({reading}"));
        assert_eq!(serde.for_reading(Some("x-y")), format!("#[serde(rename = \"x-y\", {reading}"));
        assert_eq!(Serde::default().for_reading(None), "");
    }
}
