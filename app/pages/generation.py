"""What pages say of a generation: its release, its size, and a notice if it is no published release."""

from typing import NamedTuple

from app.engine.port import Generation

_NOTICES = {
    "sample": "This register is a sample to try the software out: {count} organisations, "
    "some of them invented.",
    "synthesise": "This register is synthetic: none of its organisations is real.",
    "organisations": "This register is not a published release: its organisations were made for a test.",
}
"""By what made the release (`made_by` of the report, see `Generation`); without it, it is a published one."""


class Shown(NamedTuple):
    """A generation as pages show it; `notice` is a sentence, or empty for a published release."""

    name: str
    release: str
    loaded: str
    organisations: int
    notice: str


def shown(generation: Generation) -> Shown:
    """Return what pages show of a generation."""
    count = generation.report.get("organisations", 0)
    return Shown(
        generation.name, generation.release, generation.loaded.isoformat(), count, _notice(generation)
    )


def _notice(generation: Generation) -> str:
    """Say that the register is the sample, or was made by a program (lookup 6)."""
    notice = _NOTICES.get(generation.report.get("made_by", ""), "")
    return notice.format(count=f"{generation.report['organisations']:,}")
