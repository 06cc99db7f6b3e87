"""Three-way merge: laws, and two systems that show writes late and in forms of their own, in any order of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from erplink.model.documents import Scalar
from erplink.sync.threeway import Agreed, Both, Master, Merged, Shown, follow, merge

VALUES: st.SearchStrategy[Scalar] = st.sampled_from(["", "a", "b", "c", 1, True])
NAMES = ("name", "phone", "tier")
SIDES = st.fixed_dictionaries(dict.fromkeys(NAMES, VALUES))
BASES = st.dictionaries(st.sampled_from(NAMES), st.builds(Both, VALUES, VALUES))
MASTERS: st.SearchStrategy[Mapping[str, Master]] = st.fixed_dictionaries(
    dict.fromkeys(NAMES, st.sampled_from(["left", "right", ""]))
)
OPPOSITE: Mapping[Master, Master] = {"left": "right", "right": "left", "": ""}


def turned(both: Mapping[str, Both]) -> dict[str, Both]:
    return {name: Both(one.right, one.left) for name, one in both.items()}


@given(BASES, SIDES, SIDES, MASTERS)
def test_left_and_right_are_only_names(
    base: dict[str, Both], left: dict[str, Scalar], right: dict[str, Scalar], masters: Mapping[str, Master]
) -> None:
    one = merge(base, left, right, masters)
    other = merge(turned(base), right, left, {name: OPPOSITE[master] for name, master in masters.items()})
    assert other == Merged(one.to_right, one.to_left, turned(one.agreed), turned(one.conflicts))


@given(BASES, SIDES, SIDES, MASTERS)
def test_what_was_written_is_not_written_again(
    base: dict[str, Both], left: dict[str, Scalar], right: dict[str, Scalar], masters: Mapping[str, Master]
) -> None:
    first = merge(base, left, right, masters)
    second = merge(first.agreed, {**left, **first.to_left}, {**right, **first.to_right}, masters)
    assert second == Merged({}, {}, first.agreed, first.conflicts)


@given(BASES, SIDES, SIDES, MASTERS)
def test_only_what_the_other_side_shows_is_written_and_only_over_what_it_may_replace(
    base: dict[str, Both], left: dict[str, Scalar], right: dict[str, Scalar], masters: Mapping[str, Master]
) -> None:
    merged = merge(base, left, right, masters)
    for name in NAMES:
        now, known = Both(left[name], right[name]), base.get(name)
        moved = [side for side, there in (("left", merged.to_right), ("right", merged.to_left)) if name in there]
        changed = {
            side
            for side, value, agreed in (
                ("left", now.left, None if known is None else known.left),
                ("right", now.right, None if known is None else known.right),
            )
            if (value != agreed if known is not None else value != "")
        }
        if now.left == now.right or not changed:
            expected = []
        elif len(changed) == 1:
            expected = [*changed]
        else:
            expected = [masters[name]] if masters[name] else []
        assert moved == expected
        assert (name in merged.conflicts) == (now.left != now.right and len(changed) == 2 and not masters[name])
        if moved:
            assert {**merged.to_right, **merged.to_left}[name] == (now.left if moved == ["left"] else now.right)


Form = Callable[[str], str]


@define
class System:
    """A system as it is, as it was last read, what is on its way to it, and which writes have been read back."""

    form: Form
    value: str
    kept: str = ""
    wanted: list[str] = field(factory=list)
    written: list[str] = field(factory=list)
    read_back: list[str] = field(factory=list)

    def pull(self) -> None:
        self.kept = self.value
        self.read_back += self.written
        self.written.clear()

    def push(self) -> None:
        if self.wanted:
            self.value = self.form(self.wanted[-1])
            self.written.append(self.wanted[-1])
            self.wanted.clear()


@define
class Business:
    """Two systems that share one field, and what is remembered between runs."""

    left: System
    right: System
    master: Master
    known: Mapping[str, Agreed] = field(factory=dict)
    conflict: bool = False

    def mirror(self) -> int:
        base = self.known.get("name")
        shown = Shown(
            {"name": self.left.kept},
            {"name": self.right.kept},
            {"name"} if base and base.both.left in self.left.read_back else (),
            {"name"} if base and base.both.right in self.right.read_back else (),
        )
        self.left.read_back.clear()
        self.right.read_back.clear()
        outcome = follow(self.known, shown, {"name": self.master})
        self.known, self.conflict = outcome.agreed, bool(outcome.conflicts)
        for system, wanted in ((self.left, outcome.to_left), (self.right, outcome.to_right)):
            system.wanted += [str(value) for value in wanted.values()]
        return len(outcome.to_left) + len(outcome.to_right)

    def act(self, action: tuple[str, str]) -> None:
        what, detail = action
        system = self.left if what.startswith("left") else self.right
        if what == "mirror":
            self.mirror()
        elif what.endswith("edit"):
            system.value = system.form(detail)
        elif what.endswith("pull"):
            system.pull()
        else:
            system.push()

    def rest(self) -> bool:
        """Let everything come through with nobody at work; whether it comes to rest."""
        for _ in range(12):
            for system in (self.left, self.right):
                system.pull()
            if not self.mirror() and not self.left.wanted and not self.right.wanted:
                return True
            for system in (self.left, self.right):
                system.push()
        return False


FORMS: Mapping[str, Form] = {
    "as it is": lambda text: text,
    "upper": str.upper,
    "trimmed": str.strip,
    "lower": lambda text: text.lower() + " ",
}
STRANGE: Mapping[str, Form] = {
    **FORMS,
    "prefixed": lambda text: text if text.startswith("+86 ") else f"+86 {text}",
    "bare": lambda text: text.removeprefix("+86 "),
}
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from([
            "left edit", "right edit", "left pull", "right pull", "left push", "right push", "mirror", "mirror"
        ]),
        st.sampled_from(["Ann", "Bob", " Cid", "Dora"]),
    ),
    max_size=40,
)  # fmt: skip
MASTER: st.SearchStrategy[Master] = st.sampled_from(["left", "right", ""])


@settings(max_examples=500)
@given(st.sampled_from([*STRANGE]), st.sampled_from([*STRANGE]), MASTER, ACTIONS)
def test_two_sides_come_to_rest_and_agree_unless_a_person_has_to_say(
    one: str, other: str, master: Master, actions: list[tuple[str, str]]
) -> None:
    left, right = System(STRANGE[one], STRANGE[one]("Ann")), System(STRANGE[other], STRANGE[other]("Ann"))
    left.pull()
    right.pull()
    business = Business(left, right, master)
    for action in actions:
        business.act(action)
    assert business.rest()
    bare = [" ".join(system.value.removeprefix("+86 ").split()).casefold() for system in (left, right)]
    assert business.conflict or bare[0] == bare[1]


@given(st.sampled_from([*FORMS]), st.sampled_from([*FORMS]), MASTER, ACTIONS)
def test_an_edit_that_nobody_contradicts_arrives(
    one: str, other: str, master: Master, actions: list[tuple[str, str]]
) -> None:
    left, right = System(FORMS[one], FORMS[one]("Ann")), System(FORMS[other], FORMS[other]("Ann"))
    business = Business(left, right, master)
    for action in actions:
        business.act(action)
    business.left.value = business.right.value = "Same"
    business.rest()
    business.left.value = left.form("Eve")
    assert business.rest()
    assert right.value == right.form(left.value)
    assert not business.conflict


@settings(max_examples=500)
@given(st.sampled_from([*FORMS]), st.sampled_from([*FORMS]), st.sampled_from(["right", ""]), ACTIONS)
def test_an_edit_made_while_writes_are_on_their_way_is_not_lost(
    one: str, other: str, master: Master, actions: list[tuple[str, str]]
) -> None:
    left, right = System(FORMS[one], FORMS[one]("Ann")), System(FORMS[other], FORMS[other]("Ann"))
    business = Business(left, right, master)
    for action in actions:
        business.act(action)
    right.value = right.form("Eve")
    assert business.rest()
    assert business.conflict or {" ".join(left.value.split()), " ".join(right.value.split())} <= {"Eve", "EVE", "eve"}


def test_a_form_of_its_own_is_agreed_and_a_later_edit_of_it_goes_over() -> None:
    business = Business(System(FORMS["as it is"], "ann"), System(FORMS["upper"], ""), "")
    business.rest()
    assert (business.left.value, business.right.value) == ("ann", "ANN")
    business.right.value = "AN"
    business.rest()
    assert (business.left.value, business.right.value) == ("AN", "AN")


def test_two_sides_that_keep_undoing_each_other_are_left_alone_and_listed() -> None:
    business = Business(System(STRANGE["bare"], "Ann"), System(STRANGE["prefixed"], ""), "")
    assert business.rest()
    assert business.conflict
    assert (business.left.value, business.right.value) == ("Ann", "+86 Ann")
    business.left.value = "Bob"
    business.rest()
    assert business.right.value == "+86 Bob"


def test_what_is_on_its_way_does_not_overtake_what_somebody_typed_there() -> None:
    business = Business(System(FORMS["as it is"], "a"), System(FORMS["as it is"], "a"), "right")
    business.rest()
    business.left.value = "b"
    business.left.pull()
    business.mirror()
    business.right.value = "c"
    business.right.pull()
    business.mirror()
    business.rest()
    assert (business.left.value, business.right.value) == ("c", "c")
