//! The rules of the workspace that no compiler checks, read from its manifests and sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What each crate may depend on, of ours. A crate that is not here has no place in the picture yet.
const ALLOWED: [(&str, &[&str]); 6] = [
    ("engine", &[]),
    ("strategies", &["engine"]),
    ("data", &["engine"]),
    ("replays", &["engine", "strategies", "data"]),
    ("dashboard", &["engine", "strategies", "data", "replays"]),
    ("tickfold", &["engine", "strategies", "data", "replays", "dashboard"]),
];
/// A file is one idea; a longer one is two.
const MAX_LINES: usize = 500;
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = ["util", "utils", "common", "helper", "helpers", "types", "manager", "misc"];
/// Folders of one machine. In parts, as this file is searched as well.
const FOREIGN_PATHS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

fn manifest(dir: &Path) -> toml::Table {
    read(&dir.join("Cargo.toml")).parse().unwrap_or_else(|error| panic!("{}: {error}", dir.display()))
}

/// Every crate of the workspace, the root included: its name, folder and manifest.
fn crates() -> BTreeMap<String, (PathBuf, toml::Table)> {
    let members = manifest(root())["workspace"]["members"].as_array().expect("a list").clone();
    let dirs = members.iter().map(|member| root().join(member.as_str().expect("a folder"))).chain([root().to_owned()]);
    let crates: BTreeMap<_, _> = dirs
        .map(|dir| {
            let manifest = manifest(&dir);
            (manifest["package"]["name"].as_str().expect("a name").to_owned(), (dir, manifest))
        })
        .collect();
    assert!(crates.len() >= 5, "found only {:?}", crates.keys());
    crates
}

/// Files that git knows; all files, except what a build makes, where the sources lie outside of git.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let mut files: Vec<PathBuf> = match listed {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => String::from_utf8(output.stdout)
            .expect("names are UTF-8")
            .split_terminator('\0')
            .map(|name| root().join(name))
            .filter(|path| path.is_file())
            .collect(),
        _ => walk(root()),
    };
    files.sort();
    assert!(files.iter().any(|path| path.ends_with("engine/src/lib.rs")), "found only {files:?}");
    files
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("cannot list {}: {error}", dir.display()));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let built = |path: &PathBuf| ["target", "runs", ".git"].iter().any(|name| path.ends_with(name));
    paths.filter(|path| !built(path)).flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn sources() -> Vec<PathBuf> {
    files().into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn crates_depend_only_downwards() {
    let crates = crates();
    let allowed = BTreeMap::from(ALLOWED);
    let mut wrong = Vec::new();
    for (name, (_, manifest)) in &crates {
        let Some(allowed) = allowed.get(name.as_str()) else {
            wrong.push(format!("{name} is not in the list of this test: say what it may depend on"));
            continue;
        };
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for dependency in manifest.get(section).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys) {
                if crates.contains_key(dependency) && !allowed.contains(&dependency.as_str()) {
                    wrong.push(format!("{name} must not depend on {dependency} ({section})"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_engine_has_no_standard_library() {
    let source = read(&root().join("engine/src/lib.rs"));
    assert!(source.lines().any(|line| line == "#![no_std]"), "engine/src/lib.rs must say #![no_std]");
    let shared = manifest(root());
    for (name, own) in manifest(&root().join("engine"))["dependencies"].as_table().expect("a table") {
        assert_eq!(own.get("workspace").and_then(toml::Value::as_bool), Some(true), "engine: {name} comes from the workspace");
        let features = own.get("features").and_then(toml::Value::as_array).into_iter().flatten();
        assert!(features.into_iter().all(|feature| feature.as_str() != Some("std")), "engine: {name} must stay without std");
        let default = shared["workspace"]["dependencies"][name].get("default-features").and_then(toml::Value::as_bool);
        assert_eq!(default, Some(false), "engine: {name} must come without its default features, which bring std");
    }
}

#[test]
fn a_file_is_one_idea() {
    let long: Vec<String> = sources()
        .iter()
        .map(|path| (read(path).lines().count(), shown(path)))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, path)| format!("{path} has {lines} lines, and {MAX_LINES} is the most: split it by role"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn names_say_what_is_inside() {
    let empty: Vec<String> = sources()
        .iter()
        .filter(|path| {
            let parts = path.strip_prefix(root()).unwrap_or(path).with_extension("");
            parts.iter().any(|part| EMPTY_NAMES.iter().any(|name| part == *name))
        })
        .map(|path| format!("{} is named by no idea", shown(path)))
        .collect();
    assert!(empty.is_empty(), "{}", empty.join("\n"));
}

#[test]
fn every_crate_and_module_says_what_it_is() {
    let silent: Vec<String> = sources()
        .iter()
        .filter(|path| {
            // A sentence, not the name again. A file of unit tests is told by the module that it tests.
            let first = read(path).lines().next().unwrap_or_default().to_owned();
            let speaks = first.starts_with("#![doc = include_str!(") || (first.starts_with("//! ") && first.len() >= 20);
            path.file_name().is_some_and(|name| name != "tests.rs") && !speaks
        })
        .map(|path| format!("{} must begin with a line of //! that says what it is", shown(path)))
        .collect();
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    let mut found = Vec::new();
    for path in files() {
        // What is not UTF-8 is data, and no one follows a path in it.
        let Ok(text) = String::from_utf8(fs::read(&path).expect("a tracked file")) else { continue };
        for (index, line) in text.lines().enumerate() {
            if FOREIGN_PATHS.iter().any(|foreign| line.contains(foreign)) {
                found.push(format!("{}:{}: {line}", shown(&path), index + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
