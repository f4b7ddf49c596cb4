"""What a run of tests came to, read from where Odoo and pytest say it."""
import re
from collections import deque
from dataclasses import dataclass, field
from xml.etree import ElementTree

from .paths import ADDON


@dataclass
class Outcome:
    """The result of one run: of one kind of tests on one host."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: list = field(default_factory=list)  # "test: reason"
    failures: list = field(default_factory=list)  # the names of the tests that failed
    complaints: list = field(default_factory=list)  # what counts as failed beside the tests themselves
    output: str = ""

    def complain(self, text):
        self.complaints.append(text)
        self.failed += 1

    def __str__(self):
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        return f"{self.name}: {self.passed} passed, {self.failed} failed{skipped}"


class OdooLog:
    """Reads the log of an Odoo that runs tests, line by line."""

    LINE = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): (?P<text>.*)")
    STARTING = re.compile(r"Starting (?P<test>\w+\.\w+)")
    SKIPPED = re.compile(r"skipped (?P<test>.*?) : (?P<reason>.*)")
    SUMMARY = re.compile(r"(?P<failed>\d+) failed, (?P<errors>\d+) error\(s\) of (?P<run>\d+) tests when loading")
    FAILED = re.compile(r"(FAIL|ERROR): (?P<test>(Subtest )?\w+\.\w+.*)")
    OUTSIDE = re.compile(r"ERROR: (setUp|tearDown)(Class|Module)")
    # What ends a series of tests: of those at install, and of those after it.
    TESTS_END = re.compile(r"Module \w+ loaded in|\d+ post-tests in")

    def __init__(self, name):
        self.outcome = Outcome(name)
        self.started = 0
        self.current = ""  # the test that runs
        self._in_tests = False
        self._summary = None
        # Of the tests that Odoo counts as run; what befalls a whole class is an error or a skip, but no test.
        self._skipped = 0
        self._errors_outside = 0
        self._recent = deque(maxlen=60)
        self._failures = []
        self._in_failure = False

    def feed(self, line):
        found = self.LINE.match(line)
        self._recent.append(line)
        if not found:  # a further line of the entry before, of a traceback for instance
            if self._in_failure:
                self._failures.append(line)
            return
        level, text = found["level"], found["text"]
        self._in_failure = level in ("ERROR", "CRITICAL") or (level == "WARNING" and not self._in_tests)
        if self._in_failure:
            self._failures.append(line)
        if failed := self.FAILED.match(text):
            self.outcome.failures.append(failed["test"])
        if started := self.STARTING.match(text):
            self._in_tests = True
            self.started += 1
            self.current = started["test"]
        elif self.TESTS_END.search(text):
            self._in_tests = False
        elif skipped := self.SKIPPED.match(text):
            self.outcome.skipped.append(f"{skipped['test']}: {skipped['reason'].rstrip()}")
            self._skipped += skipped["test"] == self.current
        elif self.OUTSIDE.match(text):
            self._errors_outside += 1
        elif summary := self.SUMMARY.match(text):
            self._summary = {name: int(number) for name, number in summary.groupdict().items()}
        elif self._in_failure and not self._in_tests and not self._is_about_tests(found) and not self._is_of_the_host(text):
            # A test may provoke a warning; installing may not.
            self.outcome.complain(line)

    @staticmethod
    def _is_about_tests(found):
        """Failures that the summary counts already."""
        return ".tests." in found["logger"] or found["logger"] == "odoo.tests.result" or "test failed" in found["text"] \
            or "failures" in found["text"] and "tests" in found["text"]

    @staticmethod
    def _is_of_the_host(text):
        """Debian's Odoo leaves out scripts that are not free, and its stylesheets and scripts go on naming them."""
        return text.startswith("'Could not get content for ") and ADDON not in text

    def end(self, code):
        """The outcome, once the process has ended with this code."""
        outcome = self.outcome
        if self._summary:
            bad = self._summary["failed"] + self._summary["errors"]
            outcome.failed += bad
            bad_tests = bad - self._errors_outside
            outcome.passed = max(self._summary["run"] - bad_tests - self._skipped, 0)  # a test can fail more than once
        if code and not outcome.failed:
            outcome.complain(f"Odoo ended with exit code {code}")
        elif not self._summary:
            outcome.complain("Odoo ended without a summary of its tests")
        elif not self._summary["run"]:
            outcome.complain("Odoo ran no test")
        if outcome.failed:
            outcome.output = "\n".join(self._failures or self._recent)
        return outcome


def read_pytest(name, code, report, output, may_be_empty=False):
    """The outcome of a pytest from its JUnit report."""
    outcome = Outcome(name, output=output)
    cases = ElementTree.parse(report).iter("testcase") if report.exists() else ()
    for case in cases:
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
            outcome.failures.append(_name(case))
        elif skipped is not None:
            outcome.skipped.append(f"{_name(case)}: {skipped.get('message')}")
        else:
            outcome.passed += 1
    nothing_chosen = code == 5 and may_be_empty
    if code and not outcome.failed and not nothing_chosen:
        outcome.complain(f"pytest ended with exit code {code}")
    return outcome


def _name(case):
    return f"{case.get('classname')}.{case.get('name')}"
