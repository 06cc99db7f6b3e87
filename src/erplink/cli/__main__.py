"""``python -m erplink.cli``: the command line without the script that pip makes."""

from __future__ import annotations

from erplink.cli import main

main()
