"""What the benchmark starts: nginx, a plain Redis, and the system itself.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import redis

import machine
from harness.http import request
from harness.process import Process, binary, children_of, free_port
from harness.system import Up
from harness.wait import wait_until

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_body_buffer_size 64k;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
{listen}
        location / {{ return 204; }}
    }}
}}
"""


class Nginx:
    """The receiver: answers 204 to everything, on ten addresses."""

    HOSTS = 10

    def __init__(self, folder):
        self.port = free_port()
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="ascii") as f:
            listen = "\n".join(f"        listen 127.0.0.{i + 1}:{self.port} backlog=4096;"
                               for i in range(self.HOSTS))
            f.write(NGINX.format(folder=folder, listen=listen))
        self.process = Process("nginx", ["nginx", "-c", config], dict(os.environ),
                               os.path.join(folder, "nginx.log"))
        wait_until(self._answers, 10, "nginx answers")

    def _answers(self):
        try:
            return request("POST", self.url("/"), b"x").status == 204
        except OSError:
            return False

    def url(self, path, host=0):
        return f"http://127.0.0.{host % self.HOSTS + 1}:{self.port}{path}"

    def cpu_s(self):
        pids = [self.process.pid, *children_of(self.process.pid)]
        return sum(machine.cpu_s(p) for p in pids)

    def close(self):
        self.process.stop()


class TokenServer:
    """Gives everyone the same access token."""

    TOKEN = "a-token-of-the-benchmark-" + "x" * 40

    def __init__(self):
        self.asked = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                server.asked += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                body = json.dumps({"access_token": server.TOKEN, "token_type": "Bearer",
                                   "expires_in": 3600}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        return Handler

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Redis:
    """As `postrider up` starts its own."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "redis")
        os.makedirs(self.folder)
        self.socket = os.path.join(self.folder, "redis.sock")
        argv = ["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", self.folder,
                "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
                "--maxmemory-policy", "noeviction", "--loglevel", "warning"]
        self.process = Process("redis", argv, dict(os.environ), os.path.join(folder, "redis.log"))
        self.client = redis.Redis(unix_socket_path=self.socket)
        wait_until(self._answers, 10, "Redis answers")

    def _answers(self):
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def close(self):
        self.client.close()
        self.process.stop()


class System(Up):
    """The system, with one sender, and what the cases ask of it."""

    PARTITIONS = 4

    def __init__(self, settings=None):
        self.sockets = tempfile.mkdtemp(prefix="pr-")
        super().__init__({
            "PARTITIONS": str(self.PARTITIONS),
            "LOG_LEVEL": "warn",
            # As `up` has them by default, but for the numbers of the ports.
            "ROUTER_SENDER_BIND": self._both("senders"),
            "ROUTER_INGEST_BIND": self._both("ingest"),
            **(settings or {}),
        })
        self.client = redis.Redis(unix_socket_path=self.redis_path)
        self.admin = self.api

    def _both(self, name):
        return f"ipc://{self.sockets}/{name}.sock,tcp://127.0.0.1:{free_port()}"

    @property
    def redis_path(self):
        return os.path.join(self.data, "run", "redis.sock")

    def pids(self):
        """{name: pid} of every process, the supervisor and Redis included."""
        found = {"supervisor": self.up.pid}
        for pid, name in children_of(self.up.pid).items():
            # Redis forks to rewrite its file; that ends up in its own time.
            if not name.startswith("redis-aof") and not name.startswith("redis-rdb"):
                found[name.replace("postrider-", "").replace("redis-server", "redis")] = pid
        return found

    def cpu(self):
        return {name: machine.cpu_s(pid) for name, pid in self.pids().items()}

    def project_with(self, name, urls, more=None, **webhook):
        """A project whose events go to each of the urls, known to everyone. more: makes
        further fields of its webhooks, of the name of the project, which is there."""
        answer = self.admin.post("/v1/projects", {"id": name, "name": name})
        assert answer.status == 201, answer
        webhook.update(more(name) if more else {})
        made = []
        for i, url in enumerate(urls):
            document = {"name": f"hook-{i}", "kind": "system", "url": url, "eventNames": ["bench"],
                        "limits": {"concurrency": 64, "ratePerSecond": 0}, **webhook}
            answer = self.admin.post(f"/v1/projects/{name}/webhooks", document)
            assert answer.status == 201, answer
            made.append(answer.json["id"])
        return made

    def forget(self, name):
        self.admin.delete(f"/v1/projects/{name}")

    def _over_partitions(self, command, suffix):
        pipe = self.client.pipeline(transaction=False)
        for p in range(self.PARTITIONS):
            getattr(pipe, command)(f"pr:{{p{p}}}:{suffix}")
        return sum(pipe.execute())

    def open_entries(self):
        """Log entries on which something is outstanding."""
        return self._over_partitions("xlen", "log")

    def waiting(self):
        return self._over_partitions("zcard", "due") + self._over_partitions("zcard", "held")

    def settled(self):
        """Nothing is in the log, nor in a record that is not dead."""
        return (self.open_entries() == 0 and self._over_partitions("scard", "backlogs") == 0
                and self.waiting() == 0)

    def _counter(self, name):
        text = request("GET", self.admin_base("router") + "/metrics").text
        found = re.search("^postrider_router_" + re.escape(name) + r" (\d+)", text, re.M)
        return int(found.group(1)) if found else 0

    def spilled(self):
        """Deliveries that became records for want of room, so far."""
        return self._counter("spilled_total")

    def verdicts(self, verdict):
        return self._counter('attempts_total{verdict="%s"}' % verdict)

    def evidence(self):
        """For a message: what the router counted, why something waits, the logs."""
        counts = {v: self.verdicts(v) for v in ("delivered", "retry", "dead", "requeue")}
        records = []
        for p in range(self.PARTITIONS):
            for name in ("due", "held"):
                for member in self.client.zrange(f"pr:{{p{p}}}:{name}", 0, 2):
                    records.append(self.client.hget(f"pr:{{p{p}}}:delivery", member))
        return f"{counts}, {self.waiting()} waiting, such as {records}\n{self.logs()[-4000:]}"

    def publish(self, project, events, **options):
        """Starts the publisher; its figures come when it ends."""
        argv = [binary("bench_publish"), "--endpoint", self.publish_endpoint, "--project", project,
                "--events", str(events)]
        for name, value in options.items():
            argv += ["--" + name.replace("_", "-"), str(value)]
        return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)

    def finish(self):
        self.client.close()
        try:
            self.up.stop()
        finally:
            self.remove()
            shutil.rmtree(self.sockets, ignore_errors=True)


def figures(child, timeout=600):
    """The last line of what a child printed, as JSON; it must end well."""
    text, _ = child.communicate(timeout=timeout)
    assert child.returncode == 0, f"{child.args[0]} ended with {child.returncode}: {text}"
    return json.loads(text.strip().split("\n")[-1])
