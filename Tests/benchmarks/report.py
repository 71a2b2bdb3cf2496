"""What was measured: printed as it comes, kept for --json and --table."""

import datetime
import json
import math
import os
import platform
import re


def percentile(samples, share):
    """The nearest rank."""
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]


class Report:
    def __init__(self, backend):
        self._backend = backend
        self._benchmark = None
        self._measured = []
        self._goals = []
        self.regressed = []

    def begin(self, benchmark):
        self._benchmark = benchmark
        print(f"\n== {benchmark} ({self._backend})", flush=True)

    def times(self, what, seconds):
        """Percentiles of samples. Returns the median in seconds."""
        p50, p99 = percentile(seconds, 0.5), percentile(seconds, 0.99)
        self.number(f"{what}, p50", round(p50 * 1000, 3), "ms")
        self.number(f"{what}, p99 of {len(seconds)}", round(p99 * 1000, 3), "ms")
        return p50

    def number(self, what, value, unit):
        self._measured.append({"benchmark": self._benchmark, "what": what, "value": value, "unit": unit})
        print(f"{what}: {value:g} {unit}", flush=True)

    def goal(self, what, value, *, at_most=None, at_least=None, unit=""):
        """A number with a goal. Exactly one of the bounds."""
        met = value <= at_most if at_most is not None else value >= at_least
        goal = f"≤ {at_most:g}" if at_most is not None else f"≥ {at_least:g}"
        goal += f" {unit}" if unit else ""
        self._goals.append(
            {"benchmark": self._benchmark, "what": what, "value": value, "unit": unit, "goal": goal, "met": met})
        print(f"{what}: {value:.3g} {unit}{' ' if unit else ''}(goal {goal}: {'met' if met else 'MISSED'})", flush=True)

    def gate(self, what, value, *, recorded):
        """A number that may be at most a tenth larger than the recorded one."""
        if value > recorded * 1.1:
            self.regressed.append(what)
        self.goal(what, value, at_most=recorded * 1.1)

    def json(self):
        return json.dumps(
            {"machine": self._machine(), "date": self._date(), "backend": self._backend, "measured": self._measured,
             "goals": self._goals}, indent=1, ensure_ascii=False) + "\n"

    def table(self):
        rows = "".join(
            f"| {row['benchmark']} | {row['what']} | {row['goal']} | {row['value']:.3g} {row['unit']} "
            f"| {'yes' if row['met'] else 'no'} |\n" for row in self._goals)
        return (
            f"{self._heading()}\n\nMeasured {self._date()} on {self._machine()}.\n\n"
            "| benchmark | what | goal | measured | met |\n|---|---|---|---|---|\n" + rows)

    def put_table(self, path):
        """In a Markdown file, in the place of the section for this backend; the file's other sections stay."""
        sections = re.split(r"(?m)^(?=## )", path.read_text()) if path.exists() else [""]
        others = [section.rstrip("\n") for section in sections if not section.startswith(f"{self._heading()}\n")]
        others.insert(1, self.table().rstrip("\n"))
        path.write_text("\n\n".join(others).lstrip("\n") + "\n")

    def _heading(self):
        return f"## Backend `{self._backend}`"

    @staticmethod
    def _machine():
        return f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}, {os.cpu_count()} cores"

    @staticmethod
    def _date():
        return datetime.date.today().isoformat()
