"""pytest in a folder of its own, for suites that are meant to fail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET


def run(folder: Path, *arguments: str, path: str = "") -> tuple[int, str, list[ET.Element]]:
    """The exit code of pytest in a folder of its own, what it printed, and its test cases."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=no", "--junit-xml=report.xml"]
    known = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, path])}
    known.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [*command, *arguments, "."], cwd=folder, env=known, capture_output=True, text=True, timeout=240, check=False
    )
    report = folder / "report.xml"
    cases = [*ET.parse(report).iter("testcase")] if report.exists() else []
    return done.returncode, done.stdout + done.stderr, cases


def failures(cases: list[ET.Element]) -> Mapping[str, set[str]]:
    """The tests that failed, by class; one that could not be tried at all is no failure but a mistake of ours."""
    failed: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        assert case.find("error") is None, f"{case.get('name')} could not be tried"
        if case.find("failure") is not None:
            failed[str(case.get("classname")).rpartition(".")[2]].add(str(case.get("name")).partition("[")[0])
    return failed
