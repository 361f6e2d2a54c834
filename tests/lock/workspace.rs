//! A cargo workspace of small crates that depend on annals, below the target folder of this one.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A workspace, its crates in folders of their names.
pub(crate) struct Workspace {
    folder: PathBuf,
}

impl Workspace {
    /// An empty workspace, in a folder of this name.
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("Cargo.toml"), "[workspace]\nmembers = [\"*\"]\nresolver = \"3\"\n").unwrap();
        // The versions that this workspace is built with, and so has downloaded.
        fs::copy(project().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        Self { folder }
    }

    /// Adds a crate without any source yet.
    pub(crate) fn add(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        let runtime = project().join("runtime");
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n\
             [dependencies]\nannals = {{ path = '{}', default-features = false, features = [\"macros\"] }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n",
            runtime.display()
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        folder
    }

    /// Takes the crates into `Cargo.lock`; from the net only where they cannot be had otherwise.
    pub(crate) fn resolve(&self) {
        let resolved = self.cargo(&["update", "--workspace", "--offline"]).output().unwrap();
        if !resolved.status.success() {
            let resolved = self.cargo(&["update", "--workspace"]).output().unwrap();
            assert!(resolved.status.success(), "{}", text(&resolved.stderr));
        }
    }

    /// Cargo with these arguments, in this workspace and in no environment of another one.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap());
        cargo.args(arguments).current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("lock-target"));
        cargo.env("CARGO_INCREMENTAL", "0").env("CARGO_TERM_COLOR", "never").env("CARGO_PROFILE_DEV_DEBUG", "0");
        for name in ["ANNALS_LOCK", "CARGO_TARGET_TMPDIR", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            cargo.env_remove(name);
        }
        cargo
    }

    /// What the compiler says of each crate that it says something of.
    pub(crate) fn check(&self, arguments: &[&str]) -> BTreeMap<String, String> {
        self.said(self.cargo(&["check", "--keep-going", "--message-format=json"]).args(arguments))
    }

    /// What the compiler says of each crate in a run of cargo with messages as JSON.
    pub(crate) fn said(&self, cargo: &mut Command) -> BTreeMap<String, String> {
        let output = cargo.output().unwrap();
        let mut said: BTreeMap<String, String> = BTreeMap::new();
        let mut is_finished = false;
        for message in text(&output.stdout).lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            is_finished |= message["reason"] == "build-finished";
            let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
            if message["reason"] == "compiler-message" && manifest.starts_with(&self.folder) {
                let name = manifest.parent().unwrap().file_name().unwrap().to_str().unwrap();
                let rendered = message["message"]["rendered"].as_str().unwrap();
                // The sum at the end says no more.
                if !rendered.starts_with("error: aborting due to") {
                    said.entry(name.to_owned()).or_default().push_str(&self.without_paths(rendered));
                }
            }
        }
        assert!(is_finished, "cargo did not come to its end: {}", told(&output));
        said
    }

    fn without_paths(&self, text: &str) -> String {
        let project = project().display().to_string();
        let text = text.replace(&format!("{}/", self.folder.display()), "").replace(&project, "$ANNALS");
        text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

/// The root of this project.
fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// All that a run has printed.
pub(crate) fn told(output: &Output) -> String {
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
