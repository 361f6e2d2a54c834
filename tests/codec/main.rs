//! Events to stored text and back: what survives, what is refused, and that nothing breaks the reader.

mod arbitrary;
mod events;
mod floats;
mod invented;
mod refusing_to_decode;
mod refusing_to_encode;
mod round_trip;
mod stored_form;
