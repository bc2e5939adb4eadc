"""Templates: thousands of them, rendered here and by the handlebars package.

SPDX-License-Identifier: Apache-2.0

The seed of a run is printed when it fails; HANDLEBARS_SEED sets it, HANDLEBARS_COUNT how
many there are.
"""
import json
import os
import random
import subprocess

import pytest

from harness.process import binary

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = int(os.environ.get("HANDLEBARS_SEED", random.SystemRandom().randrange(1 << 32)))
COUNT = int(os.environ.get("HANDLEBARS_COUNT", "1500"))

NAMES = ["a", "b", "c", "list", "things", "deep", "x-y", "ünï", "none", "__proto__", "zero",
         "no", "yes", "text"]
WORDS = ["one", "<b>", "it's", "\"q\"", "a&b", "`=`", "", "ß", "日本", "x" * 20, "\t", "}}", "{"]
SPACES = ["", "", "", " ", "\n", "  ", " \n ", "\n\n", "\r\n", "\t\n"]


class Maker:
    """Random templates of the whole syntax, and contexts that they find things in."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.params, self.partials = [], []

    def value(self, depth=0):
        pick = self.r.randrange(10)
        if depth < 3 and pick < 2:
            return {self.r.choice(NAMES[:9]): self.value(depth + 1)
                    for _ in range(self.r.randrange(4))}
        if depth < 3 and pick < 4:
            return self.items(depth)
        return self.r.choice([self.r.choice(WORDS), self.r.choice(WORDS), 0, 1, -7, 3.5, 1000000,
                              True, False, None])

    def items(self, depth=0, count=None):
        """There nulls in a list become contexts that print as objects, and a list of one
        equals what is in it."""
        made = (self.value(depth + 1) for _ in range(count or self.r.choice([0, 2, 3])))
        return [0 if v is None else v for v in made]

    def context(self):
        # Copied for a partial, a __proto__ of one's own would become the prototype there.
        made = {name: self.value() for name in NAMES
                if name != "__proto__" and self.r.random() < 0.7}
        made.update({"list": self.items(0, 3), "zero": 0, "no": False,
                     "yes": True, "text": "some <text>",
                     "things": [{"a": 1, "b": [1, 2]}, {"a": "two", "deep": {"a": None}}],
                     "deep": {"a": {"b": {"c": "end"}}, "list": ["p", "q"]}})
        return made

    def name(self):
        name = self.r.choice(NAMES)
        return f"[{name}]" if not name.isascii() or self.r.random() < 0.1 else name

    def path(self):
        pick = self.r.randrange(12)
        if pick == 0:
            return self.r.choice(["@index", "@key", "@first", "@last", "@root", "@root.text",
                                  "@../index", "@../key", "@root.deep.a.b.c"])
        if pick == 1:
            return self.r.choice(["this", ".", "..", "../..", "this.a", "./b", "../a", "../../c"])
        if pick == 2 and self.params:
            return self.r.choice(self.params) + self.r.choice(["", ".a", ".deep"])
        up = "../" * self.r.choice([0, 0, 0, 0, 1])
        return up + self.r.choice([".", "/", "."]).join(
            self.name() for _ in range(self.r.choice([1, 1, 1, 2, 3])))

    def literal(self):
        return self.r.choice(["\"a\"", "'list'", "0", "1", "-2.5", "true", "false", "null",
                              "undefined", "\"it's\"", "'say \"a\"'", "'it\\'s'"])

    def param(self, depth=0):
        pick = self.r.randrange(8)
        if pick == 0:
            return self.literal()
        if pick == 1 and depth < 2:
            return f"(lookup {self.param(depth + 1)} {self.param(depth + 1)})"
        return self.path()

    def tag(self, inside, left="{{", right="}}"):
        tilde = lambda: "~" if self.r.random() < 0.12 else ""
        return left + tilde() + inside + tilde() + right

    def text(self):
        return self.r.choice(SPACES) + self.r.choice(WORDS[:8] + ["", "", "text"]) + \
            self.r.choice(SPACES)

    def output(self):
        pick = self.r.randrange(8)
        if pick == 0:
            return self.tag(f" lookup {self.param()} {self.param()} ")
        if pick == 1:
            return "|{{{" + self.path() + "}}}"  # there false and 0 are added as numbers
        if pick == 2:
            return "|" + self.tag("& " + self.path())
        return self.tag(self.r.choice(["", " "]) + self.path() + self.r.choice(["", " "]))

    def inner(self, depth, params=()):
        self.params.extend(params)
        made = self.program(depth + 1)
        del self.params[len(self.params) - len(params):]
        return made

    def block(self, depth):
        kind = self.r.choice(["if", "if", "unless", "each", "each", "with", "section", "inverse"])
        if kind == "inverse":
            path = self.path()
            middle = self.tag("else") + self.inner(depth) if self.r.random() < 0.3 else ""
            return self.tag("^" + path) + self.inner(depth) + middle + self.tag("/" + path)
        params = ()
        head = self.path() if kind == "section" else f"{kind} {self.param()}"
        close = head if kind == "section" else kind
        if kind == "if" and self.r.random() < 0.2:
            head += " includeZero=" + self.r.choice(["true", "false", "yes"])
        if kind in ("each", "with") and self.r.random() < 0.4:
            params = ("p", "k") if kind == "each" and self.r.random() < 0.6 else ("p",)
            head += " as |" + " ".join(params) + "|"
        made = self.tag("#" + head) + self.inner(depth, params)
        if self.r.random() < 0.3:
            made += self.tag(f"else if {self.param()}") + self.inner(depth)
            if self.r.random() < 0.3:
                made += self.tag(f"else unless {self.param()}") + self.inner(depth)
        if self.r.random() < 0.4:
            made += self.tag(self.r.choice(["else", "^", " else "])) + self.inner(depth)
        return made + self.tag("/" + close)

    def partial(self, depth):
        if not self.partials or self.r.random() < 0.3:
            name = f"p{len(self.partials)}"
            made = self.tag(f"#*inline \"{name}\"") + self.inner(depth) + self.tag("/inline")
            if depth == 0:
                self.partials.append(name)
            return made
        name = self.r.choice(self.partials)
        extra = self.r.choice(["", "", " this", " @root.deep", " a=" + self.param(),
                               " @root.deep b=1"])
        return self.r.choice(SPACES) + self.tag("> " + name + extra) + self.r.choice(SPACES)

    def other(self):
        return self.r.choice([
            self.tag("! a comment "), self.tag("!-- {{a}} --"), "\\{{" + self.path() + "}}",
            "\\\\{{" + self.path() + "}}", "{{{{raw}}}}{{" + self.path() + "}} {{{{/raw}}}}"])

    def program(self, depth=0):
        parts = []
        for _ in range(self.r.randrange(1, 5)):
            pick = self.r.randrange(12)
            if pick < 3:
                parts.append(self.text())
            elif pick < 7:
                parts.append(self.output())
            elif pick < 10 and depth < 4:
                parts.append(self.text() + self.block(depth) + self.text())
            elif pick == 10 and depth < 2:
                parts.append(self.partial(depth))
            else:
                parts.append(self.other())
        return "".join(parts)

    def case(self):
        self.params, self.partials = [], []
        return {"template": self.program(), "context": self.context(), "mode": "html"}


def answers(command, cases):
    text = "".join(json.dumps(c) + "\n" for c in cases)
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120,
                          check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def ours(cases):
    return answers([binary("template_render")], cases)


def theirs(cases):
    return answers(["node", os.path.join(HERE, "handlebars.mjs")], cases)


def outcome(answer):
    return answer.get("output", "an error")


def test_the_same_as_handlebars():
    maker = Maker(SEED)
    cases = [maker.case() for _ in range(COUNT)]
    found = list(zip(cases, ours(cases), theirs(cases)))
    assert len(found) == COUNT
    rendered = sum("output" in there for _, _, there in found)
    assert rendered > COUNT / 2, "too few templates are good to prove anything"
    for case, here, there in found:
        assert outcome(here) == outcome(there), \
            f"seed {SEED}: {json.dumps(case)}\nhere {here}\nthere {there}"


BAD = [
    ("{{", 1, 1), ("a\n  {{#if x}}", 2, 3), ("{{/if}}", 1, 1), ("{{#if a}}{{/with}}", 1, 13),
    ("{{nohelper 1}}", 1, 3), ("{{a..b}}", 1, 3), ("{{(a)}}", 1, 3), ("{{#if}}{{/if}}", 1, 1),
    ("{{else}}", 1, 1), ("{{a 'b}}", 1, 5), ("{{!-- x", 1, 1), ("{{{a}}", 1, 5),
    ("{{#each a as |b}}{{/each}}", 1, 16), ("{{> missing}}", 1, 1),
]


@pytest.mark.parametrize("template,line,column", BAD, ids=[repr(b[0]) for b in BAD])
def test_what_is_wrong_has_a_place(template, line, column):
    answer = ours([{"template": template, "context": {}, "mode": "html"}])[0]
    assert answer.get("error"), answer
    assert (answer["line"], answer["column"]) == (line, column), answer
