//! `annals.lock`, where there is one beside the crate's manifest: found and read once an expansion, and passed on as a
//! value, so that a derive stays a function of what it is given.

mod field;
mod memo;
mod parse;
mod place;
mod types;

pub(crate) use field::{Field, Name, Serde, is_identifier};
pub(crate) use parse::{Block, Locked, Section, Sections};
pub(crate) use types::{as_text, is_optional, reads_as, same, unwrapped};

use memo::Memo;
use place::Places;
use proc_macro2::Span;
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    rc::Rc,
};

/// What an expansion knows of the lock.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    /// The file's text, or why it does not read; `None` where there is no file.
    pub(crate) text: Option<Result<String, String>>,
    /// Whether `ANNALS_LOCK` is set, so that the generated test is wanted where there is no file yet.
    pub(crate) wanted: bool,
    /// Whether what is compiled belongs to the crate itself: a documentation's example and an integration test have no
    /// part in the lock.
    pub(crate) belongs: bool,
    /// The text of the file that the input stands in, where it is known.
    pub(crate) around: Option<String>,
    /// The folder of the crate, and the file that the input stands in.
    pub(crate) stands: Option<(PathBuf, PathBuf)>,
}

impl Lock {
    /// What the environment of this expansion says; the input's name stands at `span`.
    pub(crate) fn found(span: Span) -> Self {
        let file = span.unwrap().local_file();
        let is_example = env::var_os("UNSTABLE_RUSTDOC_TEST_PATH").is_some()
            // Examples that rustdoc compiles as one crate are not told by the environment.
            || file.as_deref().is_some_and(is_bundle_of_examples);
        let is_integration_test = env::var_os("CARGO_TARGET_TMPDIR").is_some();
        let Some(folder) = env::var_os("CARGO_MANIFEST_DIR") else { return Self::default() };
        if is_example || is_integration_test {
            return Self::default();
        }
        let text = match fs::read_to_string(Path::new(&folder).join("annals.lock")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            read => Some(read.map_err(|error| error.to_string())),
        };
        let wanted = env::var_os("ANNALS_LOCK").is_some();
        let is_used = text.is_some() || wanted;
        let around = file.as_ref().filter(|_| is_used).and_then(|file| fs::read_to_string(file).ok());
        Self { text, wanted, belongs: true, around, stands: file.map(|file| (folder.into(), file)) }
    }

    /// Where the enum stands that a section is of, if that is another one than the input: in another file, where it still
    /// is. One that is there no more was moved.
    pub(crate) fn home_of_another<'s>(&self, section: &'s Section) -> Option<&'s str> {
        let (folder, here) = self.stands.as_ref()?;
        let (file, name) = (section.file.as_str(), section.enum_name());
        let is_elsewhere = !file.is_empty() && !here.ends_with(file);
        let text = is_elsewhere.then(|| fs::read_to_string(folder.join(file)).ok())??;
        Places::read(&text).has_in_module(name).then_some(file)
    }

    /// A name for the section of an enum that shares its name with another one: that of its module before it.
    pub(crate) fn section_of_its_own(&self, name: &str) -> String {
        let here = self.stands.as_ref().map(|(_, here)| here.with_extension(""));
        let names = here.iter().flat_map(|here| here.iter().rev()).map(|name| name.to_string_lossy());
        let module = names.map(String::from).find(|name| !["mod", "lib", "main", "src"].contains(&name.as_str()));
        format!("{}.{name}", module.unwrap_or_else(|| "other".to_owned()))
    }

    /// Whether an enum of this name can be named from the root of the crate. One in the body of a function cannot, and
    /// rustc runs no test there.
    pub(crate) fn can_be_named(&self, name: &str) -> bool {
        self.places().is_none_or(|places| places.can_be_named(name))
    }

    /// Whether several enums of this name stand in the file of the input.
    pub(crate) fn is_one_of_several(&self, name: &str) -> bool {
        self.places().is_some_and(|places| places.has_several(name))
    }

    /// Where the enums of the file stand that the input stands in.
    fn places(&self) -> Option<Rc<Places>> {
        thread_local! {
            static PLACES: Memo<Places> = const { Memo::new() };
        }
        self.around.as_deref().map(|text| PLACES.with(|last| last.of(text, Places::read)))
    }

    /// What the text of a lock says.
    pub(crate) fn sections(text: &str) -> Rc<Sections> {
        thread_local! {
            static SECTIONS: Memo<Sections> = const { Memo::new() };
        }
        SECTIONS.with(|last| last.of(text, Sections::read))
    }
}

fn is_bundle_of_examples(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("doctest_bundle"))
}
