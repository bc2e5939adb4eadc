"""An HTTP server whose end is the end of its connections.

Python's own leaves the threads of open connections alive: a sender that keeps such a
connection, and meets a later server of another test on the same port, would go on
talking to the one that is gone.

SPDX-License-Identifier: Apache-2.0
"""
import http.server
import os
import socket
import threading


class HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, address, handler):
        self._open, self._lock = {}, threading.Lock()
        super().__init__(address, handler)

    def start(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def process_request(self, request, client_address):
        # A second descriptor: TLS takes the first one away from its socket.
        with self._lock:
            self._open[request] = socket.socket(fileno=os.dup(request.fileno()))
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with self._lock:
            self._open.pop(request).close()
        super().shutdown_request(request)

    def stop(self):
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open.values():
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
