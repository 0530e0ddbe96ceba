"""The profiles: every role has its place, after what it needs, with weights that anyone may use."""

import pytest

from auricle.experts import models
from auricle.experts.catalogue import AUTO, EXPERTS, PROFILES
from auricle.pipeline.licences import remark

OFF = "off"
LINES = [
    (profile, role, backend)
    for profile, chains in PROFILES.items()
    for roles in chains.values()
    for role, backend in roles.items()
]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_role_has_one_place_in_every_profile(profile: str) -> None:
    roles = [role for each, role, _ in LINES if each == profile]
    assert sorted(roles) == sorted(set(EXPERTS) - {"signal"})


@pytest.mark.parametrize(("profile", "role", "backend"), LINES)
def test_a_profile_names_backends_that_there_are(profile: str, role: str, backend: str) -> None:
    choice = AUTO[role] if backend == "auto" else (backend,)
    assert backend == OFF or set(choice) <= set(EXPERTS[role])


@pytest.mark.parametrize("profile", PROFILES)
def test_what_an_expert_needs_was_said_before_it_is_asked(profile: str) -> None:
    said = {"signal"}
    for role, backend in ((r, b) for p, r, b in LINES if p == profile and b != OFF):
        for each in AUTO[role] if backend == "auto" else (backend,):
            assert set(EXPERTS[role][each].needs) <= said, f"{role} ({each})"
        said.add(role)


@pytest.mark.parametrize("role", EXPERTS)
def test_a_gate_opens_by_what_its_expert_is_told(role: str) -> None:
    told = {"none": set(), "speech": {"domain", "vad"}, "music": {"domain"}}
    for kind in EXPERTS[role].values():
        assert told[kind.gate] <= set(kind.needs), kind


@pytest.mark.parametrize(("profile", "role", "backend"), LINES)
def test_no_default_forbids_commercial_use_or_binds_the_code_of_its_user(
    profile: str, role: str, backend: str
) -> None:
    for each in () if backend == OFF else AUTO[role] if backend == "auto" else (backend,):
        expert = EXPERTS[role][each]()
        licences = [models.listing(ref).licence for ref in expert.models]
        assert [remark(licence) for licence in [*licences, expert.code_licence]] == [None] * (
            len(licences) + 1
        ), licences
