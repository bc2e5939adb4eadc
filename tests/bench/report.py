"""Targets, and the results as a table.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import statistics


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def ratio(rounds, others):
    """Of each round, for the machine may differ from one round to the next."""
    return statistics.median(x["rate"] / y["rate"] for x, y in zip(rounds, others))


def medians_of(rounds, key):
    names = rounds[0][key]
    return {n: statistics.median(r[key].get(n, 0) for r in rounds) for n in names}


class Report:
    """Rows of (what, value, target, verdict), under headings."""

    def __init__(self):
        self.sections = []
        self.missed = 0

    def section(self, title):
        self.sections.append((title, []))

    def row(self, what, value, target="", held=None):
        if held is False:
            self.missed += 1
        verdict = {None: "", True: "pass", False: "miss"}[held]
        self.sections[-1][1].append((what, value, target, verdict))

    def at_least(self, what, value, limit, form="{:.2f}"):
        self.row(what, form.format(value), "≥ " + form.format(limit), value >= limit)

    def at_most(self, what, value, limit, form="{:.1f}"):
        self.row(what, form.format(value), "≤ " + form.format(limit), value <= limit)

    def text(self):
        lines = []
        for title, rows in self.sections:
            lines += ["", title]
            lines += [f"  {what:<46} {value:>24}  {target:<12} {verdict}".rstrip()
                      for what, value, target, verdict in rows]
        return "\n".join(lines)

    def markdown(self, facts):
        today = datetime.date.today().isoformat()
        lines = [f"## {today}", ""]
        lines += [f"- {what}: {value}" for what, value in facts]
        for title, rows in self.sections:
            lines += ["", f"### {title}", "", "| | measured | target | |", "|---|---:|---|---|"]
            lines += [f"| {what} | {value} | {target} | {verdict} |"
                      for what, value, target, verdict in rows]
        return "\n".join(lines) + "\n"


def speed(report, rounds):
    if not any(rounds[case] for case in "abcdf"):
        return
    report.section("Deliveries a second (medians of the rounds)")
    way = rounds["a"][0]["loop"] if rounds["a"] else ""
    names = {"a": f"(a) bare libcurl loop ({way})", "b": "(b) end to end, everysec",
             "c": "(c) end to end, fsync always", "d": "(d) one event to ten webhooks",
             "f": "(f) BullMQ and undici"}
    for case, name in names.items():
        if rounds.get(case):
            report.row(name, f"{median(rounds[case], 'rate'):,.0f}/s")
    limits = (("b / a", "b", "a", 0.9), ("c / a", "c", "a", 0.75), ("b / f", "b", "f", 4.0))
    for name, x, y, limit in limits:
        if rounds.get(x) and rounds.get(y):
            report.at_least(name, ratio(rounds[x], rounds[y]), limit)


def cpu(report, rounds):
    if not any(rounds[case] for case in "abcdf"):
        return
    report.section("CPU a delivery, µs")
    if rounds.get("b"):
        report.at_most("(b) outside the sender", median(rounds["b"], "outside_us"), 15.0)
    for case in "abcdf":
        if rounds.get(case):
            parts = medians_of(rounds[case], "cpu_us")
            report.row(f"({case}) all", f"{sum(parts.values()):.1f}")
            for name, us in sorted(parts.items(), key=lambda x: -x[1]):
                if us >= 0.05:
                    report.row(f"({case}) {name}", f"{us:.1f}")


def latency(report, rounds):
    e = rounds.get("e")
    if not e:
        return
    report.section(f"Latency at {median(e, 'rate'):,.0f} events/s, ms")
    middle = {w: {p: statistics.median(r[w][p] for r in e) for p in ("p50", "p99", "p999")}
              for w in ("accept", "receipt")}
    for p in ("p50", "p99", "p999"):
        report.row(f"accept {p}", f"{middle['accept'][p]:.2f}")
    report.at_most("publish to receipt p50", middle["receipt"]["p50"], 2.0, "{:.2f}")
    report.at_most("publish to receipt p99", middle["receipt"]["p99"], 10.0, "{:.2f}")
    report.row("publish to receipt p999", f"{middle['receipt']['p999']:.2f}")


def authorized(report, rounds):
    if not rounds:
        return
    report.section("OAuth 2.0 beside a custom header (medians of the rounds)")
    report.row("(k) with an access token", f"{median(rounds, 'rate'):,.0f}/s")
    report.row("(k) with the same header as a custom one",
               f"{median(rounds, 'plain_rate'):,.0f}/s")
    report.at_least("(k) the one / the other",
                    statistics.median(r["rate"] / r["plain_rate"] for r in rounds), 0.95)
    report.row("(k) token requests a round", f"{median(rounds, 'asked'):.0f}")
    for key, what in (("cpu_us", "with a token"), ("plain_cpu_us", "with the header")):
        sender = statistics.median(r[key].get("sender", 0) for r in rounds)
        report.row(f"(k) sender, µs a delivery, {what}", f"{sender:.1f}")


def matching(report, found):
    if not found:
        return
    report.section("Matching an event of 1 KiB, µs (medians of the rounds)")
    first = found[0]
    report.at_most(f"(j) {first['webhooks']:,} webhooks with filters, {first['matching']:,} match",
                   median(found, "filtered_us"), 20.0, "{:.2f}")
    report.row("(j) as many with filters that only order", f"{median(found, 'ordered_us'):.1f}")
    report.row(f"(j) {first['webhooks']:,} webhooks without", f"{median(found, 'plain_us'):.2f}")
    report.row("(j) one webhook with a filter", f"{median(found, 'one_filtered_us'):.2f}")
    report.row("(j) one webhook without", f"{median(found, 'one_us'):.2f}")
    report.row("(j) a change in a project of that size, ms", f"{median(found, 'change_ms'):.2f}")


def memory(report, idle, waiting):
    if idle:
        report.section("Idle: proportional set size, MiB")
        report.at_most("all processes, Redis included", sum(idle.values()), 40.0)
        for name, mib in sorted(idle.items()):
            report.row(name, f"{mib:.1f}")
    if waiting:
        report.section(f"{waiting['count']:,} waiting retries: resident memory, MiB")
        for name, mib in sorted(waiting["rss_mib"].items()):
            if name == "redis":
                report.row(name, f"{mib:.1f}")
            else:
                report.at_most(name, mib, 64.0 if name == "router" else 32.0)
        report.row("Redis, bytes a delivery", f"{waiting['redis_bytes']:.0f}")
        report.row("deliveries tried and put back",
                   f"{waiting['count'] / waiting['seconds']:,.0f}/s")
