//! The examples of annals: each folder beside this file is one.
