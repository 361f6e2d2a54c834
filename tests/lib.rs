//! The tests of annals; see the folders beside this file.
