//! What tests need of the network of this machine: an address, and a question to a server there.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// An address of this machine that nobody listens at.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

/// The JSON that a small server on this machine answers.
pub fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it answers");
    let (host, length) = ("localhost", body.len());
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("it answers");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    // What stands around it may be the lengths of chunks.
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    let (from, to) = (body.find(['{', '[']), body.rfind(['}', ']']));
    body[from.expect("JSON")..=to.expect("JSON")].to_owned()
}
