//! Requests and responses on the wire: paths, parameters, accepted forms, bodies.

pub(crate) mod accept;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod parameters;
pub(crate) mod path;
pub(crate) mod pieces;
mod protobuf;

#[cfg(test)]
mod tests {
    use super::{accept, parameters, path};
    use crate::fuzz::texts;

    #[test]
    fn no_text_breaks_what_reads_it() {
        texts("/apisv1%2fnamespaces\u{e9}?", 20_000, |text| {
            let _any_route = path::route(text);
        });
        texts("watch=&%+limit1\u{e9}", 20_000, |text| {
            let read = parameters::Parameters::read(text);
            let _any_number = (read.number("limit"), read.flag("watch"), read.dry_run());
        });
        texts("application/json;as=Table;g=meta.k8s.io,*v1 ", 20_000, |text| {
            let _any_form = accept::form(Some(text));
        });
    }
}
