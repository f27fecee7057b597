//! Manual pages and completions are written from the command line's own definition, so that a package cannot tell of
//! options that are not there. They are kept in `packaging/`: the program does not have to carry what makes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use tracemeter::cli::Cli;

/// The files that should be in `packaging/`, by their path there.
fn pages_and_completions() -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut command = Cli::command();
    command.build();
    add_pages(&command, &mut files);
    for (shell, name) in
        [(Shell::Bash, "tracemeter.bash"), (Shell::Zsh, "_tracemeter"), (Shell::Fish, "tracemeter.fish")]
    {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command.clone(), "tracemeter", &mut text);
        files.insert(Path::new("completions").join(name), text);
    }
    files
}

/// `tracemeter.1`, `tracemeter-serve.1`, ...; `help` needs no page.
fn add_pages(command: &Command, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let page = clap_mangen::Man::new(command.clone());
    let mut text = Vec::new();
    page.render(&mut text).expect("memory takes everything");
    files.insert(Path::new("man").join(page.get_filename()), text);
    for below in command.get_subcommands().filter(|below| below.get_name() != "help" && !below.is_hide_set()) {
        add_pages(below, files);
    }
}

/// What is in the folders, by path below `packaging/`.
fn kept(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["man", "completions"] {
        for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten() {
            let name = Path::new(folder).join(entry.expect("a file").file_name());
            let text = std::fs::read(root.join(&name)).expect("can read it");
            files.insert(name, text);
        }
    }
    files
}

#[test]
fn pages_and_completions_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging");
    let expected = pages_and_completions();
    if std::env::var_os("UPDATE_PACKAGING").is_some() {
        for name in kept(&root).keys() {
            std::fs::remove_file(root.join(name)).expect("can remove it");
        }
        for (name, text) in &expected {
            std::fs::create_dir_all(root.join(name).parent().expect("has one")).expect("can make the folder");
            std::fs::write(root.join(name), text).expect("can write it");
        }
    }
    let found = kept(&root);
    let stale: Vec<_> =
        expected.keys().chain(found.keys()).filter(|name| expected.get(*name) != found.get(*name)).collect();
    assert!(
        stale.is_empty(),
        "{stale:?} in packaging/ are not what the command line says: run \
         `UPDATE_PACKAGING=1 cargo test --test it pages_and_completions`"
    );
}

#[test]
fn every_command_has_a_page_that_names_its_options() {
    let files = pages_and_completions();
    let page = |name: &str| {
        let text = files.get(Path::new("man").join(name).as_path()).expect("a page");
        String::from_utf8_lossy(text).replace("\\-", "-")
    };
    assert!(page("tracemeter-serve.1").contains("--config"), "{}", page("tracemeter-serve.1"));
    assert!(page("tracemeter.1").contains("tracemeter-backup(1)"), "{}", page("tracemeter.1"));
}
