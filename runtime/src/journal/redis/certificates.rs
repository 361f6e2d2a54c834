//! Whom a program trusts that speaks TLS, and who it says it is; and what is said where that does not work out.

use redis::{Client, ClientTlsConfig, ConnectionInfo, RedisError, RedisResult, TlsCertificates};
use rustls::{
    AlertDescription, CertificateError,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{error::Error, fmt, io, sync::Arc};

/// Certificates and a key, in PEM. Only which there are is ever shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Certificates {
    authorities: Option<Arc<[u8]>>,
    own: Option<Own>,
}

/// A certificate and its key.
#[derive(Clone, PartialEq, Eq)]
struct Own {
    certificate: Arc<[u8]>,
    key: Arc<[u8]>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = |is_given| if is_given { "given" } else { "none" };
        let (authorities, own) = (given(self.authorities.is_some()), given(self.own.is_some()));
        write!(f, "Certificates(authorities: {authorities}, own: {own})")
    }
}

impl Certificates {
    /// Trusts these authorities, and no others.
    pub(crate) fn trust(&mut self, authorities: &[u8]) {
        self.authorities = Some(authorities.into());
    }

    /// Says by this certificate who it is.
    pub(crate) fn show(&mut self, certificate: &[u8], key: &[u8]) {
        self.own = Some(Own { certificate: certificate.into(), key: key.into() });
    }

    /// What is wrong with them, if so. It repeats nothing of them, since one may be a key.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if self.authorities.as_deref().is_some_and(|pem| !has_certificates(pem)) {
            return Some("the root certificate does not read: expected `-----BEGIN CERTIFICATE-----` and what follows");
        }
        let Own { certificate, key } = self.own.as_ref()?;
        if !has_certificates(certificate) {
            return Some(
                "the client's certificate does not read: expected `-----BEGIN CERTIFICATE-----` and what follows",
            );
        }
        PrivateKeyDer::from_pem_slice(key)
            .is_err()
            .then_some("the client's key does not read: expected `-----BEGIN PRIVATE KEY-----` and what follows")
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A client that uses them.
    pub(super) fn client(&self, info: ConnectionInfo) -> RedisResult<Client> {
        let client_tls = self
            .own
            .as_ref()
            .map(|own| ClientTlsConfig { client_cert: own.certificate.to_vec(), client_key: own.key.to_vec() });
        let root_cert = self.authorities.as_ref().map(|pem| pem.to_vec());
        Client::build_with_tls(info, TlsCertificates { client_tls, root_cert })
    }
}

/// Whether there is at least one, and all of them read.
fn has_certificates(pem: &[u8]) -> bool {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.is_ok_and(|certificates| !certificates.is_empty())
}

/// What to try where a server says nothing to TLS: one without it waits for more.
pub(super) const SILENCE: &str = "it says nothing to TLS; where it is without, write `redis://` in the URL";

/// Why no two can speak TLS with one another, where that is what the error says.
pub(super) fn reason(error: &RedisError) -> Option<String> {
    let shared = error.source()?.downcast_ref::<Arc<dyn Error + Send + Sync>>()?;
    let within = shared.downcast_ref::<io::Error>().and_then(|error| error.get_ref()?.downcast_ref());
    let error: &rustls::Error = within.or_else(|| shared.downcast_ref())?;
    let words = match error {
        // An authority of the same name with another key has not signed it either.
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "its certificate is of an authority that is not trusted here; give that authority's certificate with \
             `root_certificate`, or in the file that `SSL_CERT_FILE` names"
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "its certificate is that of another host; write a name in the URL that the certificate has",
        rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "its certificate has expired; renew it, and look whether the clock of this machine is right"
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => "its certificate is not valid yet; look whether the clock of this machine is right",
        rustls::Error::InvalidMessage(_) => "it does not speak TLS; where that is right, write `redis://` in the URL",
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "it wants to see a certificate of its clients; give one with `client_certificate`"
        }
        rustls::Error::AlertReceived(alert) => return Some(format!("it broke TLS off with the alert {alert:?}")),
        other => return Some(format!("TLS with it fails: {other}")),
    };
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_certificate_or_key_is_shown() {
        let mut certificates = Certificates::default();
        assert_eq!(format!("{certificates:?}"), "Certificates(authorities: none, own: none)");
        certificates.trust(b"secret");
        certificates.show(b"secret", b"secret");
        assert_eq!(format!("{certificates:?}"), "Certificates(authorities: given, own: given)");
        assert!(!certificates.fault().unwrap().contains("secret"));
    }

    #[test]
    fn what_is_no_pem_is_said_to_be_none() {
        let cut = b"-----BEGIN CERTIFICATE-----\nMIIB";
        let mut certificates = Certificates::default();
        assert_eq!(certificates.fault(), None);
        for pem in [
            b"".as_slice(),
            b"hello",
            cut,
            b"\xff\x00",
            b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----",
        ] {
            certificates.trust(pem);
            assert!(certificates.fault().unwrap().starts_with("the root certificate"), "{pem:?}");
            let mut own = Certificates::default();
            own.show(pem, pem);
            assert!(own.fault().unwrap().starts_with("the client's certificate"), "{pem:?}");
        }
        let mut own = Certificates::default();
        own.show(b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", b"-----BEGIN PRIVATE KEY-----secret");
        assert!(own.fault().unwrap().starts_with("the client's key"));
    }
}
