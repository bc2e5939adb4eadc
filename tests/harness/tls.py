"""Certificates, and receivers that speak TLS in every way, wrong ones too.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import http.server
import ipaddress
import os
import socket
import ssl
import sys
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .http_server import HttpServer

LOOPBACK = "127.0.0.1"


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative(host):
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Identity:
    """A key and its certificate; without an issuer it has signed itself."""

    def __init__(self, name, issuer=None, hosts=(), days=(-1, 30), ca=False,
                 key=None):
        now = datetime.datetime.utcnow()
        self.name, self.issuer = name, issuer
        self.key_pair = key or ec.generate_private_key(ec.SECP256R1())
        builder = (x509.CertificateBuilder()
                   .subject_name(_name(name))
                   .issuer_name(_name(issuer.name if issuer else name))
                   .public_key(self.key_pair.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now + datetime.timedelta(days=days[0]))
                   .not_valid_after(now + datetime.timedelta(days=days[1]))
                   .add_extension(x509.BasicConstraints(ca=ca, path_length=None), True))
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_alternative(h) for h in hosts]), False)
        signer = issuer.key_pair if issuer else self.key_pair
        self.certificate = builder.sign(signer, hashes.SHA256())

    @property
    def cert_pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self):
        return self.encrypted_key_pem(None)

    def encrypted_key_pem(self, passphrase):
        how = (serialization.BestAvailableEncryption(passphrase) if passphrase
               else serialization.NoEncryption())
        return self.key_pair.private_bytes(serialization.Encoding.PEM,
                                           serialization.PrivateFormat.PKCS8, how).decode()

    @property
    def chain_pem(self):
        """Its own certificate and those of its issuers, but not the root's."""
        out, one = "", self
        while one and (one.issuer or one is self):
            out += one.cert_pem
            one = one.issuer
        return out

    def issue(self, name, **options):
        return Identity(name, self, **options)

    def as_client(self, **more):
        """The member "tls" of a webhook that shows this certificate."""
        return {"clientCertificate": self.chain_pem, "clientKey": self.key_pem, **more}


def server_context(identity, clients=None, required=False, versions=None):
    """clients: who issues the certificates of clients; versions: (least, most)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if versions:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version, context.maximum_version = versions
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(identity.key_pem + identity.chain_pem)
        file.flush()
        context.load_cert_chain(file.name)
    if clients:
        context.load_verify_locations(cadata=clients.cert_pem)
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    return context


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        self.request = self.server.context.wrap_socket(
            self.request, server_side=True, do_handshake_on_connect=False)
        try:
            self.request.do_handshake()
        except ssl.SSLError:
            self.linger()
            raise
        super().setup()
        self.server.count()

    def linger(self):
        """The client shall read the alert before its connection is reset."""
        with socket.socket(fileno=os.dup(self.request.fileno())) as raw:
            raw.settimeout(2)
            while raw.recv(4096):
                pass

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        peer = self.request.getpeercert() or {}
        subject = dict(x[0] for x in peer.get("subject", ())).get("commonName")
        self.server.seen.append((self.headers.get("x-who"), subject,
                                 self.headers["webhook-id"], self.request.session_reused))
        self.send_response(204)
        if not self.server.keep_alive:
            self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, *_):
        pass


class TlsServer(HttpServer):
    """seen: (header x-who, the client certificate's name, event id, was the session
    of TLS an old one) of each request."""

    def __init__(self, context, keep_alive=True, host=LOOPBACK):
        super().__init__((host, 0), _Handler)
        self.context, self.keep_alive = context, keep_alive
        self.seen, self.connections, self.failures = [], 0, []
        self.lock = threading.Lock()
        self.start()

    def count(self):
        with self.lock:
            self.connections += 1

    def handle_error(self, request, client_address):
        self.failures.append(str(sys.exc_info()[1]))

    @property
    def url(self):
        return f"https://{LOOPBACK}:{self.server_address[1]}/"

    def ids(self, who=None):
        return {event for name, _, event, _ in self.seen if who in (None, name)}
