"""The reference of manifests lists every word there is, with what holds when it is left out."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from erplink.erp.rest import words as rest
from erplink.erp.soap import words as soap
from erplink.facade.manifest import load_manifest
from erplink.manifest import auth, head, judging, paging, verbs, words
from erplink.manifest.filters import FILTERS
from erplink.manifest.settings import Limits
from erplink.mapping.times import FORMS
from tests.docs.tables import tables
from tests.documents import blocks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "manifest.md"
PARTS: dict[str, type[BaseModel]] = {
    "The head": head.Head,
    "server of a rest manifest": rest.Server,
    "server of a soap manifest": soap.Server,
    "auth of kind none": auth.NoAuth,
    "auth of kind basic": auth.Basic,
    "auth of kind bearer": auth.Bearer,
    "auth of kind api_key": auth.ApiKey,
    "auth of kind oauth2": auth.OAuth2,
    "auth of kind signed": auth.Signed,
    "auth of kind login": auth.Login,
    "auth of kind wsse": soap.Wsse,
    "sign": auth.Sign,
    "limits": Limits,
    "errors": judging.ErrorRule,
    "when": judging.When,
    "entities": rest.RestEntity,
    "A field": words.FieldWords,
    "A case": words.Case,
    "lines": words.LinesWords,
    "A request of a rest manifest": rest.Request,
    "A request of a soap manifest": soap.Request,
    "list": verbs.ListWords,
    "paging": paging.PagingWords,
    "get and detail": verbs.GetWords,
    "create": verbs.CreateWords,
    "update": verbs.UpdateWords,
    "actions": verbs.ActionWords,
    "stock": rest.RestStock,
}
FOUND = tables(PAGE)


def told(field: FieldInfo, said: str) -> bool:
    """Whether a page says truly what holds when a word is left out."""
    if field.is_required():
        return said == "required"
    default = field.default
    if default is PydanticUndefined or default in (None, "", ()) or isinstance(default, BaseModel):
        return said != "required" and not said.startswith("`")
    spelled = {True: "true", False: "false"}.get(default, str(default)) if isinstance(default, bool) else str(default)
    return said in {f"`{spelled}`", "by the verb"}


@pytest.mark.parametrize("title", PARTS)
def test_every_word_is_listed_with_its_default(title: str) -> None:
    fields = PARTS[title].model_fields
    rows = {row[0]: row for row in FOUND[title]}
    assert list(rows) == [f"`{field.alias or name}`" for name, field in fields.items()]
    wrong = {
        name: rows[f"`{field.alias or name}`"][1]
        for name, field in fields.items()
        if not told(field, rows[f"`{field.alias or name}`"][1])
    }
    assert wrong == {}


def test_every_filter_every_form_and_every_meaning_is_listed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [row[0].strip("`") for row in FOUND["Templates"]] == list(FILTERS)
    assert [row[0].strip("`") for row in FOUND["Times"]] == list(FORMS)
    assert all(f"| `{meaning}` |" in text for meaning in get_args(judging.Meaning))
    assert all(f"| `{kind}` |" in text for kind in get_args(paging.Kind))


def test_the_manifests_of_the_page_are_good(tmp_path: Path) -> None:
    shown = [block for block in blocks(PAGE) if block.language == "toml"]
    assert shown
    for block in shown:
        (tmp_path / "erp.toml").write_text(block.text, encoding="utf-8")
        load_manifest(tmp_path / "erp.toml", secrets={"token": "t"})


@pytest.mark.parametrize("kind", ["rest", "soap"])
def test_a_starter_is_a_good_manifest(tmp_path: Path, kind: str) -> None:
    from erplink.facade.manifest import secrets_of, starter

    (tmp_path / "erp.toml").write_text(starter(kind), encoding="utf-8")
    secrets = dict.fromkeys(secrets_of(tmp_path / "erp.toml"), "s")
    assert "our-erp" in repr(load_manifest(tmp_path / "erp.toml", secrets=secrets))
