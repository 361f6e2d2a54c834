//! What nobody may do: without a right, without a certificate, with odd texts, or beyond a limit; and what is never told.

mod encryption;
mod ground;
mod hostile;
mod limits;
mod listener;
mod rights;
mod rot;
mod secrecy;
