//! A certificate authority of a test's own, and the certificate of a server on this machine.

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
";

/// Keys and certificates, in files.
#[derive(Debug)]
pub(crate) struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes them in this folder, with the `openssl` command line.
    pub(crate) fn new(folder: &Path) -> Self {
        fs::write(folder.join("openssl.cnf"), SETTINGS).expect("a file can be written in a temporary folder");
        let certificates = Self { folder: folder.to_owned() };
        certificates.make("authority", &[]);
        certificates.make("server", &["-CA", "authority.crt", "-CAkey", "authority.key"]);
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
            ["--tls-auth-clients", "no"],
        ]
        .as_flattened()
        .iter()
        .map(|argument| (*argument).to_owned())
        .collect()
    }

    fn make(&self, name: &str, signer: &[&str]) {
        let output = Command::new("openssl")
            .args(["req", "-x509", "-config", "openssl.cnf", "-extensions", name, "-days", "2", "-nodes"])
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.crt")])
            .args(signer)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output();
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
