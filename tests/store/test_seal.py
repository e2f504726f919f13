"""Sealing one value: what opens it, and what stands for it when nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Meta

from dtv_workflow.domain.fields import Code, Custodial, Medical, Personal, VNumber
from dtv_workflow.store.files import Store
from dtv_workflow.store.seal import FORGOTTEN, SEALED, DamagedSeal, Place, placeholder, seal, unseal

PLACE = Place("case/a", 3, "told.v1", "name")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(value=json_values)
def test_what_was_sealed_opens(store: Store, value: object) -> None:
    sealed = seal(value, *store.keys.key_for("s-1", "identity"), PLACE)
    assert unseal(sealed, Any, store.keys, PLACE) == value
    assert set(sealed) == {"_c", "_k"}


@pytest.mark.parametrize(
    "place",
    [PLACE._replace(stream="case/b"), PLACE._replace(version=4), PLACE._replace(topic="x.v1"), PLACE._replace(field="born")],
)
def test_nowhere_else(store: Store, place: Place) -> None:
    sealed = seal("Test Persoon", *store.keys.key_for("s-1", "identity"), PLACE)
    with pytest.raises(DamagedSeal, match=place.field):
        unseal(sealed, str, store.keys, place)


def test_a_value_that_no_longer_fits_is_not_shown_in_the_error(store: Store) -> None:
    sealed = seal("Test Persoon", *store.keys.key_for("s-1", "identity"), PLACE)
    with pytest.raises(DamagedSeal, match="fits") as caught:
        unseal(sealed, date, store.keys, PLACE)
    assert "Persoon" not in str(caught.value)


def test_the_same_value_is_never_sealed_the_same(store: Store) -> None:
    key = store.keys.key_for("s-1", "identity")
    assert len({seal("Test", *key, PLACE)["_c"] for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("type_", "shown"),
    [
        (str, SEALED),
        (Personal[str], SEALED),
        (Personal[VNumber] | None, SEALED),
        (Annotated[str | None, Meta()], SEALED),
        (Medical[tuple[str, ...]], (SEALED,)),
        (Medical[tuple[Code, ...]] | None, (SEALED,)),
        (Custodial[dict[str, str]], {}),
        (Annotated[Mapping[str, int], Meta()], {}),
        (Personal[date], None),
        (Personal[int] | None, None),
        (tuple[date, ...], None),
        (tuple[str, str], None),
        (str | int, None),
    ],
    ids=str,
)
def test_placeholders(type_: Any, shown: object) -> None:
    assert placeholder(type_, SEALED) == shown


def test_the_placeholders_look_like_this() -> None:
    assert (FORGOTTEN, SEALED) == ("\u2039gewist\u203a", "\u2039verzegeld\u203a")
