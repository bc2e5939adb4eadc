"""A system of single processes for one test, with a sink and a project.

SPDX-License-Identifier: Apache-2.0
"""
from .sink import Sink
from .system import Parts


class Scene:
    """Takes what Parts takes."""

    def __init__(self, sink_flags=(), **parts):
        self.system = Parts(**parts)
        self.sink = Sink(self.system.folder, *sink_flags)
        self.project = self.system.project("scene")
        self.project.wait_known()

    def close(self):
        self.project.close()
        self.system.kill_all()
        self.system.close_probe()
        self.sink.stop()
        self.system.remove()
