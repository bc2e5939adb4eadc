"""Paths, against another implementation of RFC 9535: npm's json-p3.

Thousands of generated paths and documents; JSONPATH_SEED repeats a run.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import random
import subprocess

from harness.process import ROOT, binary

CASES = 6000
NAMES = ["a", "b", "c", "é", "a b", "0", "x'y", '"', "☺"]
STRINGS = ["", "a", "ab", "abc", "bca", "b", "a.c", "é", "héé", "1", "x-y"]
NUMBERS = [0, 1, 2, 3, -1, 1.5, 10, 100, -0.25, 2 ** 53 - 1]
PATTERNS = ["a", "a.*", ".b?c", "[ab]+", "[^a]*", "(a|b){2}", "\\\\p{Ll}+", "x-y|1", "a\\\\.c",
            ".", "", "é+", "[a-c]{1,3}", "h.{2}"]


class Maker:
    """Documents, and paths that have something to find there."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.filters = 0  # around: in the second json-p3 takes another value for $
        self.inside = 0  # of a function's arguments, where json-p3 takes no lists of selectors

    def pick(self, what):
        return self.random.choice(what)

    def scalar(self):
        return self.pick([None, True, False, self.pick(STRINGS), self.pick(NUMBERS)])

    def document(self, depth=4):
        if depth == 0 or self.random.random() < 0.15:
            return self.scalar()
        size = self.random.randrange(5)
        if self.random.random() < 0.5:
            return [self.document(depth - 1) for _ in range(size)]
        # A number as a name would come first in JavaScript.
        names = self.random.sample([n for n in NAMES if n != "0"], size)
        return {name: self.document(depth - 1) for name in names}

    def quoted(self, text):
        if self.random.random() < 0.1:
            return '"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"'
        quote = self.pick("'\"")
        return quote + text.replace(quote, "\\" + quote) + quote

    def space(self):
        return self.pick(["", "", "", " ", "  ", "\n"])

    def integer(self):
        return str(self.random.randrange(-4, 5))

    def range(self):
        some = lambda: self.pick(["", self.integer()])  # noqa: E731
        return self.space().join([some(), ":", some(), *self.pick([[], [":", some()]])])

    def selector(self, depth):
        kind = self.random.randrange(10)
        if kind < 3:
            return self.quoted(self.pick(NAMES))
        if kind < 5:
            return self.integer()
        if kind == 5:
            return self.range()
        if kind == 6 or depth == 0:
            return "*"
        self.filters += 1
        condition = self.condition(depth - 1)
        self.filters -= 1
        return "?" + self.space() + condition

    def root(self):
        return self.pick("@@@$" if self.filters == 1 else "@")

    def segment(self, depth):
        dots = self.pick(["", "", "", ".."])
        kind = self.random.randrange(5)
        if kind < 2:
            return (dots or ".") + self.pick(["a", "b", "c", "é", "☺", "*"])
        count = 1 if self.inside else self.pick([1, 1, 1, 2, 3])
        comma = self.space() + "," + self.space()
        selectors = comma.join(self.selector(depth) for _ in range(count))
        return f"{dots}[{self.space()}{selectors}{self.space()}]"

    def query(self, depth, root):
        count = self.pick([0, 1, 1, 2, 3])
        return root + "".join(self.segment(depth) for _ in range(count))

    def singular(self):
        root, parts = self.root(), self.pick([0, 1, 1, 2])
        steps = [f".{self.pick('abc')}", f"[{self.integer()}]",
                 f"[{self.quoted(self.pick(NAMES))}]"]
        return root + "".join(self.pick(steps) for _ in range(parts))

    def literal(self):
        value = self.scalar()
        return self.quoted(value) if isinstance(value, str) else json.dumps(value)

    def value(self, depth):
        kind = self.random.randrange(8)
        if kind < 3:
            return self.singular()
        if kind < 6:
            return self.literal()
        if kind == 6:
            return f"length({self.pick([self.singular(), self.literal()])})"
        self.inside += 1
        query = self.query(depth, self.root())
        self.inside -= 1
        return f"{self.pick(['count', 'value'])}({query})"

    def test(self, depth):
        if self.random.random() < 0.6:
            return self.query(depth, self.root())
        pattern = "'" + self.pick(PATTERNS) + "'"
        return f"{self.pick(['match', 'search'])}({self.singular()},{self.space()}{pattern})"

    def condition(self, depth):
        kind, gap = self.random.randrange(10), self.space()
        if kind < 2 and depth > 0:
            joint = self.pick(["&&", "||"])
            return self.condition(depth - 1) + gap + joint + gap + self.condition(depth - 1)
        if kind == 2 and depth > 0:
            return f"{self.pick(['', '!'])}({gap}{self.condition(depth - 1)}{gap})"
        if kind < 5:
            return self.pick(["", "!"]) + self.test(depth)
        sign = self.pick(["==", "!=", "<", "<=", ">", ">="])
        return self.value(depth) + gap + sign + gap + self.value(depth)

    def path(self):
        while True:
            text = self.query(2, "$")
            if len(text.encode()) < 512:
                return text

    def spoilt(self, text):
        """One byte more, less or other: most of what comes out is no path."""
        at = self.random.randrange(len(text) + 1)
        return text[:at] + self.pick(["", *"$@.[]()?*,:!&|='\"\\ 0-a"]) + text[at + self.pick([0, 1]):]

    def case(self):
        path, spoilt = self.path(), self.random.random() < 0.15
        if spoilt:
            path = self.spoilt(path)
        return {"path": path, "document": self.document(), "spoilt": spoilt}


def run(command, questions):
    out = subprocess.run(command, input=questions, text=True, capture_output=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def agree(case, a, b):
    """Whether both find the same; true is not 1. json-p3 knows no limit, and takes some of
    what is no path."""
    if a.get("error") == "limit" or case["spoilt"] and ("error" in a or "error" in b):
        return True
    return json.dumps(plain(a), sort_keys=True) == json.dumps(plain(b), sort_keys=True)


def plain(value):
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def test_paths_as_others_follow_them():
    seed = int(os.environ.get("JSONPATH_SEED") or random.SystemRandom().randrange(2 ** 32))
    print(f"JSONPATH_SEED={seed}")
    maker = Maker(seed)
    cases = [maker.case() for _ in range(CASES)]
    questions = "".join(json.dumps(c, ensure_ascii=False) + "\n" for c in cases)
    ours = run([binary("jsonpath_query")], questions)
    theirs = run(["node", os.path.join(ROOT, "tests", "system", "jsonpath.mjs")], questions)
    assert len(ours) == len(theirs) == CASES
    wrong = [(case, a, b) for case, a, b in zip(cases, ours, theirs) if not agree(case, a, b)]
    for case, a, b in wrong[:20]:
        print(json.dumps(case, ensure_ascii=False), "ours:", a, "theirs:", b, sep="\n  ")
    assert not wrong, f"{len(wrong)} of {CASES} differ"
    assert sum(bool(a.get("values")) for a in ours) > CASES // 4
    assert sum(a.get("error") == "limit" for a in ours) < CASES // 100
    # It also refuses names with \u0008, which only a stray byte makes.
    assert sum("error" in b and "error" not in a for a, b in zip(ours, theirs)) < CASES // 500
