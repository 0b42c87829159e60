//! Counts every request to the API server, by verb and by how it was answered.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Method, Request, Response};
use replank_engine::metrics;
use tower_layer::Layer;
use tower_service::Service;

/// Counts what goes through it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counting;

/// A service whose requests are counted.
#[derive(Clone, Debug)]
pub(crate) struct Counted<S>(S);

impl<S> Layer<S> for Counting {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted(inner)
    }
}

impl<S, B, R> Service<Request<B>> for Counted<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let call = verb(request.method(), request.uri().query());
        let answer = self.0.call(request);
        Box::pin(async move {
            let answered = answer.await;
            let code = answered.as_ref().map_or_else(|_| String::new(), |it| it.status().as_str().to_owned());
            metrics::api_request("cluster", call, &code);
            answered
        })
    }
}

/// The verb as the API server's own metrics have it, as far as method and query tell.
fn verb(method: &Method, query: Option<&str>) -> &'static str {
    let watches =
        |query: &str| query.split('&').any(|part| part.starts_with("watch=") && !part.ends_with("false"));
    match *method {
        Method::GET if query.is_some_and(watches) => "watch",
        Method::GET => "get",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_is_told_from_a_list() {
        assert_eq!(verb(&Method::GET, None), "get");
        assert_eq!(verb(&Method::GET, Some("limit=1")), "get");
        assert_eq!(verb(&Method::GET, Some("limit=1&watch=true")), "watch");
        assert_eq!(verb(&Method::GET, Some("watch=false")), "get");
        assert_eq!(verb(&Method::PATCH, Some("fieldManager=replank")), "patch");
    }
}
