//! The pages of a run for a browser on the same machine: files of the run's folder, read only.
//!
//! A browser that opens the files from the disk shows the same; this is for reports that are packed, and for machines
//! on which only a port can be forwarded. It listens on the loopback interface alone, answers one request after the
//! other on each connection and keeps nothing open.

use super::BatchError;
use super::files::read_compressed;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Bytes of a request's first line and of its headers together.
const LONGEST: u64 = 16 << 10;

/// Connections at the same time.
const MOST: usize = 32;

/// How long a browser may take to ask.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is served, by the ending of the name.
const TYPES: [(&str, &str); 7] = [
    ("html", "text/html; charset=utf-8"),
    ("json", "application/json"),
    ("ndjson", "application/x-ndjson"),
    ("csv", "text/csv; charset=utf-8"),
    ("parquet", "application/vnd.apache.parquet"),
    ("svg", "image/svg+xml"),
    ("gz", "application/gzip"),
];

/// A listener on the loopback interface, for one run.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    folder: PathBuf,
}

impl Server {
    /// Listens on `port`, or on any that is free for 0.
    ///
    /// # Errors
    /// There is no run with pages, or the port is taken.
    pub fn bind(folder: &Path, port: u16) -> Result<Self, BatchError> {
        super::run::record(folder)?;
        let index = folder.join("index.html");
        if !index.is_file() {
            return Err(BatchError::usage(format!(
                "{}: the run has not come to its end",
                folder.display()
            )));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .map_err(|e| BatchError::usage(format!("port {port}: {e}")))?;
        Ok(Self {
            listener,
            folder: folder.to_owned(),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the process ends.
    pub fn run(&self) {
        let port = self.address().map_or(0, |address| address.port());
        let open = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for stream in self.listener.incoming().flatten() {
                if open.load(Ordering::Relaxed) >= MOST {
                    continue;
                }
                open.fetch_add(1, Ordering::Relaxed);
                let open = &open;
                scope.spawn(move || {
                    // A browser that goes away is no trouble.
                    let _ = answer(&stream, &self.folder, port);
                    open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
    }
}

fn answer(mut stream: &TcpStream, folder: &Path, port: u16) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut lines = BufReader::new(stream.take(LONGEST)).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut host = None;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("host")
        {
            host = Some(value.trim().to_owned());
        }
    }
    // Another name than ours is another site's, which points at this machine to read what it serves.
    let ours = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let is_ours = host.is_some_and(|host| ours.contains(&host));
    let mut words = first.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let (status, kind, body) = match (method, is_ours) {
        (_, false) => ("403 Forbidden", "text/plain", b"wrong host\n".to_vec()),
        ("GET" | "HEAD", true) => match find(folder, target) {
            Some((kind, body)) => ("200 OK", kind, body),
            None => ("404 Not Found", "text/plain", b"not found\n".to_vec()),
        },
        _ => (
            "405 Method Not Allowed",
            "text/plain",
            b"only GET\n".to_vec(),
        ),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n\r\n",
        body.len()
    )?;
    if method != "HEAD" {
        stream.write_all(&body)?;
    }
    stream.flush()
}

/// The file that a target names. A report that is packed is found under its plain name too.
fn find(folder: &Path, target: &str) -> Option<(&'static str, Vec<u8>)> {
    let path = target.split(['?', '#']).next()?;
    let path = decoded(path.strip_prefix('/')?)?;
    let path = if path.is_empty() {
        "index.html".into()
    } else {
        PathBuf::from(path)
    };
    // No step upwards, no root, nothing hidden.
    let is_plain = |part: Component<'_>| match part {
        Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
        _ => false,
    };
    if !path.components().all(is_plain) {
        return None;
    }
    let full = folder.join(&path);
    let extension = path.extension()?.to_str()?;
    let (_, kind) = TYPES.iter().find(|(ending, _)| *ending == extension)?;
    let bytes = if full.is_file() && !full.is_symlink() {
        std::fs::read(&full).ok()?
    } else {
        read_compressed(&super::files::with(&full, ".gz")).ok()?
    };
    Some((kind, bytes))
}

/// Percent-decoding (RFC 3986, section 2.1); `None` for what is malformed.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            let digits = std::str::from_utf8(digits).ok()?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
