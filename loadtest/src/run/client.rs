//! One keep-alive connection that sends a request and waits for its answer.

use std::io::{Result, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::run::answer::{Answer, Reader};

/// How long an answer may take before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// The address behind `http://host:port`, and `host:port`.
///
/// # Errors
/// When it is no such address, or the name is not known.
pub fn resolve(url: &str) -> std::result::Result<(SocketAddr, String), String> {
    let host = url
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'))
        .filter(|host| !host.is_empty() && !host.contains('/'))
        .ok_or_else(|| format!("`{url}` is not an address such as http://127.0.0.1:8080"))?;
    let with_port = if host
        .rsplit(':')
        .next()
        .is_some_and(|port| port.parse::<u16>().is_ok())
    {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let address = with_port
        .to_socket_addrs()
        .map_err(|why| format!("`{host}`: {why}"))?
        .next()
        .ok_or_else(|| format!("`{host}` has no address"))?;
    Ok((address, host.to_owned()))
}

/// A connection, made anew when it breaks.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    reader: Reader,
}

impl Client {
    /// A client that connects with its first request.
    #[must_use]
    pub fn new(address: SocketAddr) -> Client {
        Client {
            address,
            stream: None,
            reader: Reader::default(),
        }
    }

    /// Connects unless it is connected.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(&mut self) -> Result<()> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            self.stream = Some(stream);
            self.reader = Reader::default();
        }
        Ok(())
    }

    /// Sends a whole request and waits for the answer. Never sends twice: whether a request that failed took effect is
    /// the caller's to find out.
    ///
    /// # Errors
    /// When the connection fails; the next call makes a new one.
    pub fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.connect()?;
        let mut stream = self.stream.take().expect("just connected");
        stream.write_all(request)?;
        let answer = self.reader.next_answer(&mut stream)?;
        if !answer.closes {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let (address, host) = resolve("http://127.0.0.1:8080/").expect("an address");
        assert_eq!((address.port(), host.as_str()), (8080, "127.0.0.1:8080"));
        assert_eq!(resolve("http://127.0.0.1").map(|(a, _)| a.port()), Ok(80));
        for bad in [
            "",
            "127.0.0.1:80",
            "https://a",
            "http://",
            "http://127.0.0.1/v1",
        ] {
            assert!(resolve(bad).is_err(), "{bad}");
        }
    }
}
