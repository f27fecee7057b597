//! cargo-deb wants a package to have something to compile.
