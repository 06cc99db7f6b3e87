"""Exit codes: what a script may conclude from how ``erplink`` ended.

| code | meaning | errors |
|---|---|---|
| 0 | it did what was asked | |
| 1 | a defect of erplink; the traceback is on stderr | anything else |
| 2 | change your input, then try again | ``FixError``, wrong options, a missing extra |
| 3 | a person must act before anything is tried again | ``StopError``, a failed check, poor health |
| 4 | this one document cannot go on | ``SkipError`` |
| 5 | wait, then do the same again | ``RetryError`` |
| 130 | interrupted with Ctrl-C | |
"""

from __future__ import annotations

from collections.abc import Mapping

from erplink.errors import ErplinkError, FixError, RetryError, SkipError, StopError

FIX, STOP, SKIP, RETRY = 2, 3, 4, 5
INTERRUPTED = 130

_CODES: Mapping[type[ErplinkError], int] = {FixError: FIX, StopError: STOP, SkipError: SKIP, RetryError: RETRY}


def exit_code(error: ErplinkError) -> int:
    """The code for an error.

    >>> from erplink.errors import Busy, LoginRefused
    >>> exit_code(LoginRefused("wrong secret")), exit_code(Busy("later"))
    (3, 5)
    """
    return next((code for group, code in _CODES.items() if isinstance(error, group)), 1)


def error_of(code: int, sentence: str) -> ErplinkError:
    """The error for a code and a sentence that another erplink process ended with."""
    group = next((group for group, known in _CODES.items() if known == code), StopError)
    return group(sentence)
