"""A proxy, HTTP CONNECT or SOCKS5, that writes down what it was told.

SPDX-License-Identifier: Apache-2.0
"""
import ipaddress
import socket
import struct
import threading


def _exactly(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            raise OSError("ended")
        data += more
    return data


def _pump(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for sock in (one, other):
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Proxy:
    """reply: bytes to answer with instead of connecting; hang: never answers."""

    def __init__(self, socks=False):
        self.socks, self.reply, self.hang = socks, None, False
        self.told, self.heads, self.users, self.peers = [], [], [], []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, user=""):
        scheme = "socks5" if self.socks else "http"
        return f"{scheme}://{user + '@' if user else ''}127.0.0.1:{self.port}"

    def close(self):
        self.socket.close()

    def _accept(self):
        while True:
            try:
                client, peer = self.socket.accept()
            except OSError:
                return
            self.peers.append(peer[0])
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            where = self._socks(client) if self.socks else self._connect(client)
            if self.hang:
                client.recv(1)
            elif self.reply is not None:
                client.sendall(self.reply)
            else:
                self._tunnel(client, where)
        except OSError:
            pass
        client.close()

    def _tunnel(self, client, where):
        server = socket.create_connection(where, 5)
        client.sendall(b"\5\0\0\1\0\0\0\0\0\0" if self.socks
                       else b"HTTP/1.1 200 Tunnel\r\nwebhook-delivery: disable\r\n\r\n")
        threading.Thread(target=_pump, args=(server, client), daemon=True).start()
        _pump(client, server)
        server.close()

    def _connect(self, client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += _exactly(client, 1)
        self.heads.append(head.decode("latin-1"))
        method, target, _ = self.heads[-1].split(" ", 2)
        host, port = target.rsplit(":", 1)
        self.told.append((method, host.strip("[]"), int(port)))
        return host.strip("[]"), int(port)

    def _socks(self, client):
        methods = _exactly(client, _exactly(client, 2)[1])
        client.sendall(b"\5\2" if 2 in methods else b"\5\0")
        if 2 in methods:
            user = _exactly(client, _exactly(client, 2)[1])
            password = _exactly(client, _exactly(client, 1)[0])
            self.users.append((user.decode(), password.decode()))
            client.sendall(b"\1\0")
        kind = _exactly(client, 4)[3]
        if kind == 3:
            host = _exactly(client, _exactly(client, 1)[0]).decode()
        else:
            host = str(ipaddress.ip_address(_exactly(client, 4 if kind == 1 else 16)))
        port = struct.unpack(">H", _exactly(client, 2))[0]
        self.told.append(({1: "v4", 3: "name", 4: "v6"}[kind], host, port))
        return host, port
