//! Reads kubeconfigs as kubectl does. Errors name file, line and column only: any of the content may be a secret, and
//! the libraries quote what they do not understand.

use std::env;
use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig, KubeconfigError, LoadDataError};
use replank_engine::secret::Unreadable;

use crate::connect::ConnectError;

/// The named file, else the merged files of `KUBECONFIG`, else the one in the home directory; `None` when there is
/// none.
pub(crate) fn read(named: Option<&Path>) -> Result<Option<Kubeconfig>, ConnectError> {
    if let Some(path) = named {
        return one(path, format!("the kubeconfig {}", path.display())).map(Some);
    }
    let listed = env::var_os("KUBECONFIG").unwrap_or_default();
    let listed: Vec<PathBuf> =
        env::split_paths(&listed).filter(|path| !path.as_os_str().is_empty()).collect();
    let mut merged: Option<Kubeconfig> = None;
    for (at, path) in listed.iter().enumerate() {
        let next = one(path, entry(path, at + 1))?;
        merged = Some(match merged {
            None => next,
            Some(before) => before.merge(next).map_err(|error| unusable(entry(path, at + 1), &error))?,
        });
    }
    if merged.is_some() {
        return Ok(merged);
    }
    let usual = env::home_dir().map(|home| home.join(".kube/config")).filter(|path| path.exists());
    usual.map(|path| one(&path, format!("the kubeconfig {}", path.display()))).transpose()
}

/// The error for a kubeconfig that was read and cannot be used.
/// Names of the contexts in the kubeconfig that kubectl would read; none where it cannot be read.
pub fn contexts(named: Option<&Path>) -> Vec<String> {
    let read = read(named).ok().flatten();
    read.map(|read| read.contexts.into_iter().map(|context| context.name).collect()).unwrap_or_default()
}

pub(crate) fn unusable(what: String, error: &KubeconfigError) -> ConnectError {
    ConnectError::Unusable { what, why: why(error) }
}

/// How an entry of `KUBECONFIG` is named in errors: by its path if the file exists, else by its number, since it may be
/// the content of a kubeconfig by mistake.
fn entry(path: &Path, number: usize) -> String {
    if path.exists() {
        format!("the kubeconfig {}", path.display())
    } else {
        format!("entry {number} of KUBECONFIG")
    }
}

fn one(path: &Path, what: String) -> Result<Kubeconfig, ConnectError> {
    Kubeconfig::read_from(path).map_err(|error| unusable(what, &error))
}

/// Why a kubeconfig does not work, without any of its content.
pub(crate) fn why(error: &KubeconfigError) -> Unreadable {
    Unreadable::new(match error {
        KubeconfigError::Parse(error) => return yaml(error),
        KubeconfigError::ReadConfig(error, _) => return io(error),
        KubeconfigError::LoadCertificateAuthority(error) => data(error, Of::Authority),
        KubeconfigError::LoadClientCertificate(error) => data(error, Of::Certificate),
        KubeconfigError::LoadClientKey(error) => data(error, Of::Key),
        KubeconfigError::CurrentContextNotSet => "it has no current context",
        KubeconfigError::KindMismatch => "it is of another kind than the one before it",
        KubeconfigError::ApiVersionMismatch => "it is of another version than the one before it",
        KubeconfigError::LoadContext(_) => "the context is not in it, or has nothing in it",
        KubeconfigError::LoadClusterOfContext(_) => "the cluster of the context is not in it",
        KubeconfigError::FindPath => "it is not found",
        KubeconfigError::MissingClusterUrl => "the cluster of the context has no `server`",
        KubeconfigError::ParseClusterUrl(_) => "`server` of the cluster is no URL",
        KubeconfigError::ParseProxyUrl(_) => "`proxy-url` of the cluster, or HTTPS_PROXY, is no URL",
        KubeconfigError::ParseCertificates(_) => "the certificate authority of the cluster is no PEM",
    })
}

fn io(error: &std::io::Error) -> Unreadable {
    use std::io::ErrorKind;
    Unreadable::new(match error.kind() {
        ErrorKind::NotFound => "No such file or directory",
        ErrorKind::PermissionDenied => "Permission denied",
        ErrorKind::IsADirectory => "it is a directory",
        ErrorKind::InvalidData => "it is no text",
        ErrorKind::InvalidFilename => "it is no name of a file",
        _ => "it cannot be read",
    })
}

/// Which data could not be read.
#[derive(Clone, Copy)]
enum Of {
    Authority,
    Certificate,
    Key,
}

fn data(error: &LoadDataError, of: Of) -> &'static str {
    match (error, of) {
        (LoadDataError::DecodeBase64(_), Of::Authority) => "`certificate-authority-data` is no base64",
        (LoadDataError::DecodeBase64(_), Of::Certificate) => "`client-certificate-data` is no base64",
        (LoadDataError::DecodeBase64(_), Of::Key) => "`client-key-data` is no base64",
        (LoadDataError::ReadFile(..), Of::Authority) => "the file of `certificate-authority` cannot be read",
        (LoadDataError::ReadFile(..), Of::Certificate) => "the file of `client-certificate` cannot be read",
        (LoadDataError::ReadFile(..), Of::Key) => "the file of `client-key` cannot be read",
        (LoadDataError::NoBase64DataOrFile, Of::Authority) => "the cluster has no certificate authority",
        (LoadDataError::NoBase64DataOrFile, Of::Certificate) => "the user has a key and no certificate",
        (LoadDataError::NoBase64DataOrFile, Of::Key) => "the user has a certificate and no key",
    }
}

/// What is wrong with a YAML text, and where.
pub(crate) fn yaml(error: &serde_saphyr::Error) -> Unreadable {
    use serde_saphyr::Error;
    let error = match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => return yaml(error),
        error => error,
    };
    let why = match error {
        Error::Eof { .. } => "it ends too early",
        Error::InvalidUtf8Input => "the text is not UTF-8",
        Error::DuplicateMappingKey { .. } => "a key comes twice in one mapping",
        Error::SerdeMissingField { .. } => "a field is missing here",
        Error::UnknownAnchor { .. } => "an alias without its anchor",
        Error::ExternalMessage { .. }
        | Error::ContainerEndMismatch { .. }
        | Error::FoldedBlockScalarMustIndentContent { .. }
        | Error::IndentationError { .. } => "it is no YAML from here on",
        Error::Budget { .. } => "there is too much in it",
        Error::Unexpected { .. }
        | Error::InvalidScalar { .. }
        | Error::NullIntoString { .. }
        | Error::SerdeInvalidType { .. }
        | Error::SerdeInvalidValue { .. }
        | Error::SerdeInvalidLength { .. }
        | Error::SerdeUnknownVariant { .. } => "a value of another kind is expected here",
        // The library has many more, and will have others.
        _ => "it cannot be understood from here on",
    };
    let (line, column) = error.location().map_or((0, 0), |at| (at.line() as usize, at.column() as usize));
    Unreadable::at(line, column, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named_by_place_and_kind() {
        for (text, wanted) in [
            ("clusters: [", "line 1, column 11: it is no YAML from here on"),
            (
                "users:\n- name: a\n  user: {token: x, token: y}\n",
                "line 3, column 20: a key comes twice in one mapping",
            ),
            ("clusters: abc", "line 1, column 11: a value of another kind is expected here"),
            ("contexts:\n- context: {}\n", "line 2, column 12: a field is missing here"),
        ] {
            let said = why(&Kubeconfig::from_yaml(text).unwrap_err()).to_string();
            assert_eq!(said, wanted, "{text}");
        }
    }
}
