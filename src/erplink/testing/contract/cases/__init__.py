"""The promises, one class each. They need pytest."""

from __future__ import annotations
