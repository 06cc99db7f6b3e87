"""A tenant's own fields (F_XXXX_…) put into the mapping of a form."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import SCALAR, TEXT
from erplink.mapping.fields import DocumentMapping, Field


def customised(mapping: DocumentMapping, custom: Mapping[str, str]) -> DocumentMapping:
    """The mapping with a tenant's own keys: known attributes are redirected, other names become custom fields."""
    known = set(mapping.document.__struct_fields__)
    of_line = set(mapping.lines.line.__struct_fields__) if mapping.lines is not None else set[str]()
    for name, key in custom.items():
        if name in known and name != "custom":
            mapping = _redirected(mapping, name, key)
        elif mapping.lines is not None and name in of_line:
            mapping = evolve(
                mapping, lines=evolve(mapping.lines, fields=_with_key(mapping.lines.fields, name, key, writable=False))
            )
        elif "custom" in known:
            mapping = evolve(mapping, custom=(*mapping.custom, Field(key, name, SCALAR, save=key)))
        else:
            raise ConfigInvalid(
                f"{mapping.entity} keep no custom fields, so {name!r} has no place",
                where="Kingdee settings",
                next_step=f"use one of {', '.join(sorted(known))}",
            )
    return mapping


def _redirected(mapping: DocumentMapping, name: str, key: str) -> DocumentMapping:
    if any(fold.attr == name for fold in mapping.folds):
        folds = tuple(evolve(fold, key=key) if fold.attr == name else fold for fold in mapping.folds)
        return evolve(mapping, folds=folds)
    return evolve(mapping, fields=_with_key(mapping.fields, name, key, writable=True))


def _with_key(fields: tuple[Field, ...], name: str, key: str, *, writable: bool) -> tuple[Field, ...]:
    if any(one.attr == name for one in fields):
        return tuple(evolve(one, key=key, save=key if one.save else "") if one.attr == name else one for one in fields)
    return (*fields, Field(key, name, TEXT, save=key if writable else ""))
