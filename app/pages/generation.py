"""What pages say of a generation: its release, its size, and a notice if it is no published release."""

from typing import NamedTuple

from app.engine.port import Generation

_SAMPLE = "39f9fe1c94d38a2e70f0622b96a5f28788647097ba9d29adaad422495df86e97"
"""SHA-256 of the full file in the bundled sample release."""

_PUBLISHER = "HSCIC"
"""PublicationSource in the Manifest of every release that NHS England publishes (hscorgrefdata 2)."""


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
    report = generation.report
    if any(file["sha256"] == _SAMPLE for file in report.get("files", ())):
        return (
            f"This register is a sample to try the software out: {report['organisations']:,} organisations, "
            "some of them invented."
        )
    if report.get("source", _PUBLISHER) != _PUBLISHER:
        return "This register is not a published release: its organisations were made for a test."
    return ""
