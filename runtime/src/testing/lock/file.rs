//! The text of `annals.lock`, and what it says.

use crate::codec::{shape::Shape, shortened};
use std::{
    collections::BTreeMap,
    fmt::{self, Display, Formatter},
    str::FromStr,
};

const HEAD: &str = "\
# annals.lock: how this crate has stored its events, a block for each type and schema version.
#
# `derive(Event)` compares the events with it while it compiles, and a generated test reads every sample with the code
# of today. So what was stored once stays readable, or it does not build. Keep this file under version control.
#
# It is written by  ANNALS_LOCK=write cargo test annals_lock  which adds what is new and changes what may change; only
# these lines at the top are written anew each time.
#
# Merging: keep the blocks of both sides, then run that command. Two that changed one block in two ways cannot both be
# right: one of the changes needs a schema version of its own.
#
# To take back what was never stored anywhere, delete its block, or its section, and run the command.
#
# A `sample` is one payload of that version, invented where there was none. A real one says more: put it in its place,
# on one line. It is never overwritten. A `?` asks for one, since none could be invented.
";

/// All that is locked.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LockFile {
    pub(crate) sections: BTreeMap<String, Section>,
}

/// What is locked of one event enum.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Section {
    /// The file that the enum stands in, relative to the crate; empty where it is not one of the crate's.
    pub(crate) file: String,
    /// By type and schema version.
    pub(crate) blocks: BTreeMap<(String, u32), Block>,
}

/// What is locked of one type in one schema version.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Block {
    /// Made and understood by the derive alone.
    pub(crate) fields: Vec<String>,
    pub(crate) shape: Option<Shape>,
    /// A payload; `None` where none could be invented.
    pub(crate) sample: Option<String>,
}

/// A lock that does not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of annals.lock does not read: {problem}\nhelp: {help}")]
pub(crate) struct Fault {
    line: usize,
    problem: String,
    help: &'static str,
}

const TAKE_BACK: &str = "take the line back from version control";
const REMOVE_ONE: &str =
    "remove one of the two; where a merge has left both and they differ, one of the changes needs a version of its own";
const FINISH: &str = "keep the blocks of both sides, and remove the lines that mark the conflict";

impl FromStr for LockFile {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let mut reader = Reader::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let meaning = line.trim();
            if !meaning.is_empty() && !meaning.starts_with('#') {
                reader.take(&Line { number: index + 1, text: meaning, is_indented: line.starts_with([' ', '\t']) })?;
            }
        }
        Ok(reader.lock)
    }
}

struct Line<'a> {
    number: usize,
    text: &'a str,
    is_indented: bool,
}

impl Line<'_> {
    fn fault(&self, problem: String, help: &'static str) -> Fault {
        Fault { line: self.number, problem, help }
    }

    fn unexpected(&self, expected: &str) -> Fault {
        self.fault(format!("expected {expected}, found `{}`", shortened(self.text)), TAKE_BACK)
    }
}

/// What was read so far, and which block the next line belongs to.
#[derive(Default)]
struct Reader {
    lock: LockFile,
    section: Option<String>,
    block: Option<(String, u32)>,
    has_sample: bool,
}

impl Reader {
    fn take(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.text.starts_with(mark)) {
            return Err(line.fault("a merge is not finished here".to_owned(), FINISH));
        }
        if line.is_indented {
            return self.take_part(line);
        }
        if line.text.starts_with('[') {
            return self.take_section(line);
        }
        self.take_block(line)
    }

    fn take_section(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let parts = line.text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let (name, file) = match parts {
            Some((name, file)) if !name.trim().is_empty() => (name.trim().to_owned(), file.trim().to_owned()),
            _ => return Err(line.unexpected("a section as in `[OrderEvent] src/orders.rs`")),
        };
        if self.lock.sections.contains_key(&name) {
            return Err(line.fault(format!("section `{name}` is there twice"), REMOVE_ONE));
        }
        self.lock.sections.insert(name.clone(), Section { file, blocks: BTreeMap::new() });
        (self.section, self.block) = (Some(name), None);
        Ok(())
    }

    fn take_block(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let Some(section) = self.section.as_ref().and_then(|name| self.lock.sections.get_mut(name)) else {
            return Err(line.unexpected("a section as in `[OrderEvent] src/orders.rs`"));
        };
        let key = match line.text.split_whitespace().collect::<Vec<_>>().as_slice() {
            [event_type, version] => version.parse().ok().map(|version: u32| ((*event_type).to_owned(), version)),
            _ => None,
        };
        let Some(key) = key.filter(|(_, version)| *version > 0) else {
            return Err(line.unexpected("a block as in `OrderCreated 1`"));
        };
        if section.blocks.contains_key(&key) {
            return Err(line.fault(format!("block `{} {}` is there twice", key.0, key.1), REMOVE_ONE));
        }
        section.blocks.insert(key.clone(), Block::default());
        (self.block, self.has_sample) = (Some(key), false);
        Ok(())
    }

    fn take_part(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let section = self.section.as_ref().and_then(|name| self.lock.sections.get_mut(name));
        let block = section.and_then(|section| section.blocks.get_mut(self.block.as_ref()?));
        let Some(block) = block else { return Err(line.unexpected("a block as in `OrderCreated 1`")) };
        let (key, value) = line.text.split_once(char::is_whitespace).unwrap_or((line.text, ""));
        let value = value.trim_start();
        match key {
            "field" if !value.is_empty() => block.fields.push(value.to_owned()),
            "shape" if block.shape.is_some() => {
                return Err(line.fault("a block has one `shape`, and this is its second".to_owned(), REMOVE_ONE));
            }
            "shape" => {
                let shape = value.parse().map_err(|error| line.fault(format!("in the shape: {error}"), TAKE_BACK))?;
                block.shape = Some(shape);
            }
            "sample" if self.has_sample => {
                return Err(line.fault("a block has one `sample`, and this is its second".to_owned(), REMOVE_ONE));
            }
            "sample" if !value.is_empty() => {
                self.has_sample = true;
                block.sample = (value != "?").then(|| value.to_owned());
            }
            _ => return Err(line.unexpected("`field`, `shape` or `sample`, each with its text on the same line")),
        }
        Ok(())
    }
}

impl Display for LockFile {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        for (name, section) in &self.sections {
            write!(f, "\n[{name}]")?;
            if !section.file.is_empty() {
                write!(f, " {}", section.file)?;
            }
            f.write_str("\n")?;
            for ((event_type, version), block) in &section.blocks {
                writeln!(f, "\n{event_type} {version}")?;
                for field in &block.fields {
                    writeln!(f, "  field {field}")?;
                }
                if let Some(shape) = &block.shape {
                    writeln!(f, "  shape {shape}")?;
                }
                writeln!(f, "  sample {}", block.sample.as_deref().unwrap_or("?"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "\u{feff}# annals.lock: what it is.\n\
        \n\
        [shop.StockEvent] src/stock.rs\r\n\
        \r\n\
        [OrderEvent] src/orders.rs\n\
        OrderCreated 2\n\tshape {\"user-id\": string}\n\tsample ?\n\
        OrderCreated 1\n\
        \u{20}   field user_id: String\n\
        \u{20} # Said by hand.\n\
        \u{20} field #[serde(default)] note: String\n\
        \u{20} shape {user_id: string, note?: string}\n\
        \u{20} sample {\"user_id\":\"[text] # 1\"}\n\
        [Nowhere]\n";

    #[test]
    fn a_lock_is_written_sorted_under_a_head_that_says_what_it_is() {
        let lock: LockFile = LOCK.parse().unwrap();
        let body = "\n\
            [Nowhere]\n\
            \n\
            [OrderEvent] src/orders.rs\n\
            \n\
            OrderCreated 1\n\
            \u{20} field user_id: String\n\
            \u{20} field #[serde(default)] note: String\n\
            \u{20} shape {note?: string, user_id: string}\n\
            \u{20} sample {\"user_id\":\"[text] # 1\"}\n\
            \n\
            OrderCreated 2\n\
            \u{20} shape {\"user-id\": string}\n\
            \u{20} sample ?\n\
            \n\
            [shop.StockEvent] src/stock.rs\n";
        assert_eq!(lock.to_string(), format!("{HEAD}{body}"));
        assert_eq!(lock.to_string().parse(), Ok(lock));
        for told in ["version control", "ANNALS_LOCK=write cargo test annals_lock", "Merging", "take back", "real one"]
        {
            assert!(HEAD.contains(told), "{told}");
        }
        assert!(HEAD.lines().all(|line| line.starts_with('#') && line.len() <= 120));
    }

    #[test]
    fn a_line_that_does_not_read_is_told_by_its_number() {
        let section = "expected a section as in `[OrderEvent] src/orders.rs`";
        let block = "expected a block as in `OrderCreated 1`";
        let part = "expected `field`, `shape` or `sample`, each with its text on the same line";
        for (text, line, problem, help) in [
            ("A 1\n", 1, format!("{section}, found `A 1`"), TAKE_BACK),
            ("\n[E\nA 1", 2, format!("{section}, found `[E`"), TAKE_BACK),
            ("[E] a\n[ ] b", 2, format!("{section}, found `[ ] b`"), TAKE_BACK),
            ("[E] a\n\n  field a: u8", 3, format!("{block}, found `field a: u8`"), TAKE_BACK),
            ("[E] a\nA 0", 2, format!("{block}, found `A 0`"), TAKE_BACK),
            ("[E] a\nA", 2, format!("{block}, found `A`"), TAKE_BACK),
            ("[E] a\nA 1 2", 2, format!("{block}, found `A 1 2`"), TAKE_BACK),
            ("[E] a\nA one", 2, format!("{block}, found `A one`"), TAKE_BACK),
            ("[E] a\nA 1\n  fild a: u8", 3, format!("{part}, found `fild a: u8`"), TAKE_BACK),
            ("[E] a\nA 1\n  field", 3, format!("{part}, found `field`"), TAKE_BACK),
            ("[E] a\nA 1\n  sample", 3, format!("{part}, found `sample`"), TAKE_BACK),
            ("[E] a\nA 1\n  shape {a u8}", 3, "in the shape: expected `:`, found `u8}`".to_owned(), TAKE_BACK),
            (
                "[E]\nA 1\n shape {}\n shape {}",
                4,
                "a block has one `shape`, and this is its second".to_owned(),
                REMOVE_ONE,
            ),
            (
                "[E]\nA 1\n sample {}\n sample ?",
                4,
                "a block has one `sample`, and this is its second".to_owned(),
                REMOVE_ONE,
            ),
            ("[E] a\nA 1\nA 1", 3, "block `A 1` is there twice".to_owned(), REMOVE_ONE),
            ("[E] a\n[E] b", 2, "section `E` is there twice".to_owned(), REMOVE_ONE),
            ("[E] a\n<<<<<<< ours", 2, "a merge is not finished here".to_owned(), FINISH),
        ] {
            let fault = text.parse::<LockFile>().unwrap_err();
            assert_eq!(fault.to_string(), format!("line {line} of annals.lock does not read: {problem}\nhelp: {help}"));
        }
    }
}
