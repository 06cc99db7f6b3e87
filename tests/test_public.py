"""The front door: what `erplink` exports, and that opening it costs nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType

import erplink


def fresh(program: str) -> object:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    return json.loads(done.stdout)


def test_every_exported_name_exists() -> None:
    missing = [name for name in erplink.__all__ if not hasattr(erplink, name)]
    assert erplink.__all__
    assert missing == []


def test_names_are_exported_once_and_listed_by_dir() -> None:
    assert len(erplink.__all__) == len(set(erplink.__all__))
    assert set(erplink.__all__) <= set(dir(erplink))


def test_nothing_public_is_left_out() -> None:
    public = {
        name
        for name, value in vars(erplink).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and name not in {"annotations", "TYPE_CHECKING"}
    }
    assert public <= set(erplink.__all__)


def test_every_exported_name_is_explained() -> None:
    silent = [
        name
        for name in erplink.__all__
        if not name.startswith("__") and callable(value := getattr(erplink, name)) and not (value.__doc__ or "").strip()
    ]
    assert silent == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(erplink, "no_such_name")


def test_import_loads_no_third_party_module() -> None:
    loaded = fresh(
        "import sys, json; before = set(sys.modules); import erplink; "
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(json.dumps(sorted(new - set(sys.stdlib_module_names) - {'erplink'})))"
    )
    assert loaded == []


def test_import_starts_and_configures_nothing() -> None:
    state = fresh(
        "import json, logging, signal, threading, warnings; "
        "look = lambda: [threading.active_count(), len(logging.root.handlers), logging.root.level, "
        "repr(warnings.filters), str(signal.getsignal(signal.SIGTERM))]; "
        "before = look(); import erplink; print(json.dumps([before, look()]))"
    )
    assert isinstance(state, list)
    before, after = state
    assert before == after
