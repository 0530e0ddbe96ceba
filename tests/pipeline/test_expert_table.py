"""The table of experts says what each backend needs and may be used for."""

from typing import ClassVar

from fakes import FakeExpert

from auricle.experts.catalogue import EXPERTS
from auricle.pipeline.expert_table import expert_table
from auricle.schemas.annotation import Events


def test_every_backend_has_a_row_with_its_licence_and_what_it_is() -> None:
    rows = expert_table()
    pairs = [(role, backend) for role, backends in EXPERTS.items() for backend in backends]
    assert [(row.role, row.backend) for row in rows] == pairs
    assert all(row.code and row.about and row.memory for row in rows)


def test_a_profile_uses_its_own_backends_and_what_auto_may_take() -> None:
    used = {(row.role, row.backend) for row in expert_table() if "lite" in row.profiles}
    assert {("signal", "dsp"), ("tags", "yamnet"), ("tags", "events"), ("vad", "silero")} <= used
    assert ("transcript", "whisper-large-v3") not in used


def test_packages_name_the_extra_that_brings_them_and_what_none_brings(monkeypatch) -> None:
    class Needy(FakeExpert):
        """Hears everything."""

        packages: ClassVar[tuple[str, ...]] = ("scipy", "onnxruntime", "torch", "no_such_thing")
        record: ClassVar[type[Events]] = Events

    monkeypatch.setitem(EXPERTS["events"], "fake", Needy)
    (row,) = [row for row in expert_table() if row.backend == "fake"]
    assert (row.extra, row.by_hand) == ("full", ("no_such_thing",))
    assert (row.about, row.profiles) == ("Hears everything.", ())


def test_weights_without_commercial_use_are_told_apart() -> None:
    told = {weights for row in expert_table() for weights in row.weights}
    assert "whisper-base (MIT)" in told
    assert any("NC" in weights and "no commercial use" in weights for weights in told)
