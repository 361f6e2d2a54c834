//! The lines of `annals.lock` to its sections and blocks, each with the number of its line.

use super::Field;
use std::fmt::{self, Display, Formatter};

/// All of a lock.
#[derive(Debug, Default)]
pub(crate) struct Sections {
    sections: Vec<Section>,
    /// The first line that does not read before the first section, or that begins none.
    fault: Option<Fault>,
}

/// What is locked of one enum.
#[derive(Debug, Default)]
pub(crate) struct Section {
    name: String,
    /// The file that the enum stood in when this was written, from the crate's folder on; empty where nobody knows.
    pub(crate) file: String,
    pub(crate) blocks: Vec<Block>,
    /// The first line of it that does not read.
    fault: Option<Fault>,
}

/// What one event was stored like under one schema version.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) event_type: String,
    pub(crate) version: u32,
    /// Where the block begins.
    pub(crate) line: usize,
    pub(crate) fields: Vec<Locked>,
}

/// A field, and the line that it stands in.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(crate) line: usize,
    pub(crate) field: Field,
}

/// A line that does not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    line: usize,
    problem: String,
    help: &'static str,
}

impl Display for Fault {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { line, problem, help } = self;
        write!(formatter, "line {line} of `annals.lock` does not read: {problem}\nhelp: {help}")
    }
}

const SECTION: &str = "a section as in `[OrderEvent] src/orders.rs`";
const BLOCK: &str = "a block as in `OrderCreated 1`";
const TAKE_BACK: &str = "take the line back from version control";
const REMOVE_ONE: &str =
    "remove one of the two; where a merge has left both and they differ, one of the changes needs a version of its own";

impl Sections {
    /// Reads the text of a lock.
    pub(crate) fn read(text: &str) -> Self {
        let mut lock = Self::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let meaning = line.trim();
            if meaning.is_empty() || meaning.starts_with('#') {
                continue;
            }
            let line = Line { number: index + 1, text: meaning, is_indented: line.starts_with([' ', '\t']) };
            lock.take(&line);
        }
        lock
    }

    /// What is locked of the enum with this name, if anything; or what does not read of it, be it that the section
    /// may have been lost that way.
    pub(crate) fn of(&self, name: &str) -> Result<Option<&Section>, &Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault);
        }
        let found = self.sections.iter().find(|section| section.name == name);
        let fault = match found {
            Some(section) => section.fault.as_ref(),
            None => self.sections.iter().find_map(|section| section.fault.as_ref()),
        };
        fault.map_or(Ok(found), Err)
    }

    /// The section that holds this event, if one does.
    pub(crate) fn holding(&self, event_type: &str) -> Option<&str> {
        let holds = |section: &&Section| section.blocks.iter().any(|block| block.event_type == event_type);
        self.sections.iter().find(holds).map(|section| section.name.as_str())
    }

    fn take(&mut self, line: &Line<'_>) {
        if !line.is_indented && line.text.starts_with('[') {
            // Whose section it is that does not begin nobody knows.
            if let Err(fault) = self.begin_section(line) {
                self.fault.get_or_insert(fault);
            }
        } else if let Some(section) = self.sections.last_mut() {
            if let Err(fault) = section.take(line) {
                section.fault.get_or_insert(fault);
            }
        } else {
            let fault = line.conflict().err();
            self.fault.get_or_insert(fault.unwrap_or_else(|| line.unexpected(SECTION)));
        }
    }

    fn begin_section(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let halves = line.text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let halves = halves.map(|(name, file)| (name.trim(), file.trim())).filter(|(name, _)| !name.is_empty());
        let (name, file) = halves.ok_or_else(|| line.unexpected(SECTION))?;
        if self.sections.iter().any(|section| section.name == name) {
            let help = "put their blocks together; of two enums with one name, one needs `#[event(lock = \"…\")]`";
            return Err(line.fault(&format!("section `{name}` is there twice"), help));
        }
        self.sections.push(Section { name: name.to_owned(), file: file.to_owned(), ..Section::default() });
        Ok(())
    }
}

impl Section {
    /// The name of the enum, as it was when it got the section.
    pub(crate) fn enum_name(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    fn take(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        line.conflict()?;
        if !line.is_indented {
            return self.begin_block(line);
        }
        self.blocks.last_mut().ok_or_else(|| line.unexpected(BLOCK))?.take(line)
    }

    fn begin_block(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let mut words = line.text.split_whitespace();
        let (event_type, version) = (words.next().unwrap_or_default(), words.next().and_then(|word| word.parse().ok()));
        let version = version.filter(|version| *version > 0 && words.next().is_none());
        let version = version.ok_or_else(|| line.unexpected(BLOCK))?;
        if self.blocks.iter().any(|block| block.event_type == event_type && block.version == version) {
            return Err(line.fault(&format!("block `{event_type} {version}` is there twice"), REMOVE_ONE));
        }
        self.blocks.push(Block { event_type: event_type.to_owned(), version, line: line.number, fields: Vec::new() });
        Ok(())
    }
}

impl Block {
    fn take(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let (key, value) = line.text.split_once(char::is_whitespace).unwrap_or((line.text, ""));
        match key {
            "field" => {
                let field = Field::read(value).map_err(|expected| line.unexpected(expected))?;
                if self.fields.iter().any(|other| other.field.name == field.name) {
                    return Err(line.fault(&format!("field `{}` is there twice", field.name), REMOVE_ONE));
                }
                self.fields.push(Locked { line: line.number, field });
                Ok(())
            }
            // The generated test reads these.
            "shape" | "sample" => Ok(()),
            _ => Err(line.unexpected("`field`, `shape` or `sample`")),
        }
    }
}

/// A line that means something.
struct Line<'t> {
    number: usize,
    text: &'t str,
    is_indented: bool,
}

impl Line<'_> {
    fn fault(&self, problem: &str, help: &'static str) -> Fault {
        Fault { line: self.number, problem: problem.to_owned(), help }
    }

    /// Refuses the marks that a merge leaves where both sides have changed the same lines.
    fn conflict(&self) -> Result<(), Fault> {
        let is_mark = ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| self.text.starts_with(mark));
        let help = "keep the blocks of both sides, and remove the lines that mark the conflict";
        if is_mark { Err(self.fault("a merge is not finished here", help)) } else { Ok(()) }
    }

    fn unexpected(&self, expected: &str) -> Fault {
        self.fault(&format!("expected {expected}, found `{}`", self.text), TAKE_BACK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "\u{feff}# annals.lock: what it is.\n\
        \n\
        [OrderEvent] src/orders.rs\r\n\
        \r\n\
        OrderConfirmed 1\n  shape {}\n  sample {}\n\
        OrderCreated 1\n\
        \tfield user_id: String\n\
        \u{20}  # Said by hand.\n\
        \u{20}field #[serde(default)] note: String\n  shape {user_id: string}\n  sample {\"user_id\":\"[text] # 1\"}\n\
        OrderCreated 2\n  field \"user-id\": String\n\n\
        [shop.StockEvent] src/stock.rs\n\
        [Empty]\n";

    #[test]
    fn sections_and_blocks_are_read_with_their_lines() {
        let lock = Sections::read(LOCK);
        let section = lock.of("OrderEvent").unwrap().unwrap();
        let blocks: Vec<_> =
            section.blocks.iter().map(|block| (&*block.event_type, block.version, block.line)).collect();
        assert_eq!(blocks, [("OrderConfirmed", 1, 5), ("OrderCreated", 1, 8), ("OrderCreated", 2, 14)]);
        let fields = |index: usize| -> Vec<_> {
            section.blocks[index].fields.iter().map(|locked| (locked.line, locked.field.to_string())).collect()
        };
        assert_eq!(fields(0), []);
        assert_eq!(fields(1), [(9, "user_id: String".to_owned()), (11, "#[serde(default)] note: String".to_owned())]);
        assert_eq!(fields(2), [(15, "\"user-id\": String".to_owned())]);
        assert!(lock.of("shop.StockEvent").unwrap().unwrap().blocks.is_empty());
        assert!(lock.of("Empty").unwrap().is_some());
        assert!(lock.of("StockEvent").unwrap().is_none());
        assert_eq!((lock.holding("OrderCreated"), lock.holding("OrderLost")), (Some("OrderEvent"), None));
        assert!(Sections::read("").of("E").unwrap().is_none());
    }

    /// What is said to an enum `E` of this lock.
    fn told(text: &str) -> String {
        Sections::read(text).of("E").map_or_else(ToString::to_string, |section| format!("{section:?}"))
    }

    #[test]
    fn a_line_that_does_not_read_is_told_by_its_number() {
        let take_back = "\nhelp: take the line back from version control";
        for (text, line, problem) in [
            ("A 1\n", 1, "expected a section as in `[OrderEvent] src/orders.rs`, found `A 1`"),
            ("\n[E\nA 1", 2, "expected a section as in `[OrderEvent] src/orders.rs`, found `[E`"),
            ("[E] a\n[] b", 2, "expected a section as in `[OrderEvent] src/orders.rs`, found `[] b`"),
            ("[E] a\n  field a: u8", 2, "expected a block as in `OrderCreated 1`, found `field a: u8`"),
            ("[E] a\nA", 2, "expected a block as in `OrderCreated 1`, found `A`"),
            ("[E] a\nA 0", 2, "expected a block as in `OrderCreated 1`, found `A 0`"),
            ("[E] a\nA -1", 2, "expected a block as in `OrderCreated 1`, found `A -1`"),
            ("[E] a\nA 1 2", 2, "expected a block as in `OrderCreated 1`, found `A 1 2`"),
            ("[E] a\nA 1\n  fild a: u8", 3, "expected `field`, `shape` or `sample`, found `fild a: u8`"),
            ("[E] a\nA 1\n field", 3, "expected a field as in `user_id: String`, found `field`"),
            (
                "[E] a\nA 1\n field #[serde(a)] a: u8",
                3,
                "expected serde's attributes as in `#[serde(default, alias = \"name\")]`, found `field #[serde(a)] a: u8`",
            ),
        ] {
            assert_eq!(told(text), format!("line {line} of `annals.lock` does not read: {problem}{take_back}"));
        }
        for (text, line, problem) in [
            ("[E] a\nA 1\nB 1\nA 1", 4, "block `A 1` is there twice"),
            ("[E] a\nA 1\n field a: u8\n field \"a\": u16", 4, "field `a` is there twice"),
        ] {
            let expected = format!("line {line} of `annals.lock` does not read: {problem}\nhelp: {REMOVE_ONE}");
            assert_eq!(told(text), expected);
        }
        let twice = told("[E] a\n[E] b");
        assert!(twice.starts_with("line 2 of `annals.lock` does not read: section `E` is there twice"), "{twice}");
        for mark in ["<<<<<<< HEAD", "=======", ">>>>>>> theirs", "||||||| base"] {
            let told = told(&format!("[E] a\n{mark}\nA 1\n"));
            assert!(told.contains("line 2 of `annals.lock` does not read: a merge is not finished here"), "{told}");
        }
    }

    #[test]
    fn a_fault_is_told_where_it_may_matter_and_nowhere_else() {
        let lock = Sections::read("[A] a\nX 1\n[B] b\nY one\nZ two\n[C] c\n");
        assert!(lock.of("A").unwrap().is_some() && lock.of("C").unwrap().is_some());
        assert!(lock.of("B").unwrap_err().to_string().starts_with("line 4 "));
        // It may be the section that does not read.
        assert!(lock.of("D").unwrap_err().to_string().starts_with("line 4 "));
        let lock = Sections::read("stray\n[A] a\n");
        assert!(lock.of("A").is_err() && lock.of("B").is_err());
    }

    #[test]
    fn no_text_makes_it_panic_and_no_line_is_passed_over() {
        let line = |seed: usize| LOCK.lines().nth(seed % LOCK.lines().count()).unwrap_or_default();
        let mut seed = 0x9E37_79B9_usize;
        let mut faults = 0;
        for _ in 0..5_000 {
            let mut text: Vec<char> = LOCK.chars().collect();
            for _ in 0..3 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (seed >> 33) % text.len().max(1);
                match (seed >> 20) % 4 {
                    0 if at < text.len() => drop(text.remove(at)),
                    1 => text.insert(at, ['[', ']', '"', '\\', '\n', ' ', '(', ')', 'ö', '\u{0}'][(seed >> 40) % 10]),
                    2 => text.truncate(at.max(1)),
                    _ => text.splice(at..at, line(seed >> 24).chars()).for_each(drop),
                }
            }
            let text: String = text.into_iter().collect();
            let lock = Sections::read(&text);
            faults += usize::from(lock.of("OrderEvent").is_err());
            let (blocks, fields) = (
                lock.sections.iter().map(|section| section.blocks.len()).sum::<usize>(),
                lock.sections.iter().flat_map(|section| &section.blocks).map(|block| block.fields.len()).sum::<usize>(),
            );
            let has_fault = lock.fault.is_some() || lock.sections.iter().any(|section| section.fault.is_some());
            let meant = text.trim_start_matches('\u{feff}').lines().filter(|line| {
                let line = line.trim();
                let is_of_test = line.split_whitespace().next().is_some_and(|key| key == "shape" || key == "sample");
                !line.is_empty() && !line.starts_with('#') && !is_of_test
            });
            assert!(has_fault || meant.count() == lock.sections.len() + blocks + fields, "{text}");
        }
        assert!(faults > 1_000, "only {faults} of the texts had a fault");
    }
}
