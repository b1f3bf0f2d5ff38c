"""Counts the records of a new generation, and collects their roles and warnings."""

from collections import Counter
from collections.abc import Container
from dataclasses import replace

from indexer.convert import Facts
from indexer.release import CodeSystem, Release
from indexer.report import Warnings

_LETTERS = {"OrganisationRole": "RO", "OrganisationRelationship": "RE", "OrganisationRecordClass": "RC"}
"""The letters that codes begin with, by the name of their code system."""


class Tally:
    """The counts of one load; `codes` are the codes of all organisations in the new generation."""

    def __init__(self, release: Release, codes: Container[str]) -> None:
        """Start with the role names, primary roles and warnings of the release's files."""
        self.counts: Counter[str] = Counter()
        self.roles: dict[str, str | None] = dict(release.code_systems["OrganisationRole"].concepts)
        """Display name of every role id in the release; None if no code system has it."""
        self.primary_roles = set(release.primary_roles)
        self.warnings = Warnings()
        self.warnings.update(release.warnings)
        self._unknown: set[str] = set()
        self._release, self._codes = release, codes

    def take(self, facts: Facts) -> None:
        """Count one record."""
        self.counts["active" if facts.active else "inactive"] += 1
        self.counts["roles"] += len(facts.roles)
        self.counts["relationships"] += facts.relationships
        self.counts["successions"] += facts.successions
        for role in facts.roles:
            self.roles.setdefault(role)
        self.primary_roles.add(facts.primary_role)
        for kind, detail in facts.warnings:
            self.warnings.add(kind, f"{facts.code} ({detail})")
            if kind == "unknown_code":
                self._unknown.add(detail)
        if facts.ref_only:
            self.warnings.add("stub_without_record", facts.code)
        for target in facts.targets:
            if target not in self._codes:
                self.warnings.add("unresolved_target", f"{facts.code} to {target}")

    def code_systems(self) -> dict[str, CodeSystem]:
        """Return the code systems of the release by name, with the codes that only records have.

        Such a code has an empty display name.
        """
        found = dict(self._release.code_systems)
        for name, letters in _LETTERS.items():
            unknown = {code for code in self._unknown if code.startswith(letters)}
            if name == "OrganisationRole":
                unknown |= self.roles.keys()
            stated = found[name]
            found[name] = replace(stated, concepts=dict.fromkeys(unknown, "") | stated.concepts)
        return found
