//! A certificate authority of a test's own, and the certificates of a server on this machine and of its clients.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What the certificates may be used for. That of a server must not be one of an authority.
const SETTINGS: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
CN = annals test
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[server]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
[elsewhere]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:elsewhere.example
[client]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = clientAuth
[ca]
default_ca = register
[register]
database = register.txt
serial = serial.txt
new_certs_dir = .
default_md = sha256
policy = policy
[policy]
commonName = supplied
";

/// What is to be seen of a server that speaks TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// A certificate that is good for `localhost` and 127.0.0.1.
    #[default]
    Valid,
    /// One that was good some years ago.
    Expired,
    /// One for another host.
    Elsewhere,
    /// A good one; and it wants to see one of its clients too, that of [`client`](crate::RedisServer::client_certificate).
    Mutual,
}

/// Keys and certificates, in files.
#[derive(Debug)]
pub(crate) struct Certificates {
    folder: PathBuf,
    tls: Tls,
}

impl Certificates {
    /// Makes them in this folder, with the `openssl` command line.
    pub(crate) fn new(folder: &Path, tls: Tls) -> Self {
        const SIGNED: [&str; 4] = ["-CA", "authority.crt", "-CAkey", "authority.key"];
        for (name, text) in [("openssl.cnf", SETTINGS), ("register.txt", ""), ("serial.txt", "01")] {
            fs::write(folder.join(name), text).expect("a file can be written in a temporary folder");
        }
        let certificates = Self { folder: folder.to_owned(), tls };
        certificates.make("authority", "authority", &[]);
        certificates.make("server", if tls == Tls::Elsewhere { "elsewhere" } else { "server" }, &SIGNED);
        match tls {
            Tls::Mutual => certificates.make("client", "client", &SIGNED),
            Tls::Expired => certificates.let_expire(),
            Tls::Valid | Tls::Elsewhere => {}
        }
        certificates
    }

    /// The certificate of the authority.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("authority.crt")
    }

    /// What tells a server to speak TLS on this port.
    pub(crate) fn arguments(&self, port: u16) -> Vec<String> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        [
            ["--tls-port", &port.to_string()],
            ["--tls-cert-file", &path("server.crt")],
            ["--tls-key-file", &path("server.key")],
            ["--tls-ca-cert-file", &path("authority.crt")],
            ["--tls-auth-clients", if self.tls == Tls::Mutual { "yes" } else { "no" }],
        ]
        .as_flattened()
        .iter()
        .map(|argument| (*argument).to_owned())
        .collect()
    }

    /// The certificate of a client, and its key.
    pub(crate) fn client(&self) -> [PathBuf; 2] {
        ["client.crt", "client.key"].map(|name| self.folder.join(name))
    }

    fn make(&self, name: &str, extensions: &str, signer: &[&str]) {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
        let files = ["-keyout", &key, "-out", &certificate];
        let request = ["req", "-x509", "-config", "openssl.cnf", "-extensions", extensions, "-days", "2", "-nodes"];
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
        self.openssl(&[&request, &curve as &[&str], &files, signer].concat());
    }

    /// Puts a certificate in place of the server's that is good for a month that is long past.
    fn let_expire(&self) {
        self.openssl(&["req", "-new", "-config", "openssl.cnf", "-key", "server.key", "-out", "server.csr"]);
        let sign = ["ca", "-batch", "-config", "openssl.cnf", "-extensions", "server", "-notext"];
        let signer = ["-cert", "authority.crt", "-keyfile", "authority.key", "-in", "server.csr", "-out", "server.crt"];
        let month = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"];
        self.openssl(&[&sign as &[&str], &signer, &month].concat());
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl").args(arguments).current_dir(&self.folder).stdin(Stdio::null()).output();
        match output {
            Ok(output) if output.status.success() => {}
            Ok(output) => panic!("openssl makes no certificate:\n{}", String::from_utf8_lossy(&output.stderr)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("this test needs openssl, and there is none; run `tests/run`, or `apt-get install openssl`")
            }
            Err(error) => panic!("openssl cannot be started: {error}"),
        }
    }
}
