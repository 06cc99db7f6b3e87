"""What a user meets who installed nothing but the wheel; run by `.ci/wheel` inside an environment of its own.

`smoke.py bare` tries the wheel with its base dependencies, `smoke.py demo` with the extras of the demo.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from importlib import import_module, metadata, resources
from pathlib import Path

COMMAND = Path(sys.executable).with_name("erplink")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            arguments, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", timeout=300, check=False
        )


class Bare(unittest.TestCase):
    """The wheel alone, without any extra."""

    def test_it_is_the_installed_package(self) -> None:
        place = Path(import_module("erplink").__file__ or "")
        self.assertIn("site-packages", place.parts)

    def test_it_says_that_it_is_typed(self) -> None:
        self.assertTrue(resources.files("erplink").joinpath("py.typed").is_file())

    def test_the_licence_travels_along(self) -> None:
        self.assertEqual(metadata.metadata("erplink")["License-Expression"], "Apache-2.0")

    def test_every_public_name_loads(self) -> None:
        package = import_module("erplink")
        missing = [name for name in package.__all__ if not hasattr(package, name)]
        self.assertEqual(missing, [])

    def test_the_command_line_names_the_extra_it_lacks(self) -> None:
        done = run(str(COMMAND), "demo")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("erplink[", done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertLessEqual(len(done.stderr.strip().splitlines()), 2)


class Demo(unittest.TestCase):
    """The wheel with the extras of the demo."""

    def test_the_command_line_explains_itself(self) -> None:
        done = run(str(COMMAND), "--help")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("demo", done.stdout)

    def test_the_demo_runs(self) -> None:
        done = run(str(COMMAND), "demo")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    chosen = {"bare": Bare, "demo": Demo}[sys.argv.pop(1)]
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(chosen)
    sys.exit(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful())
