"""A small client of the register: FHIR STU3 and R4 by fhirpy, and type-ahead by /lookup."""

import asyncio
from typing import Any

import aiohttp
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

TRIES = 3


class Unavailable(Exception):
    """The register did not answer in three tries."""


class Register:
    """The register at an address, such as http://127.0.0.1:8000."""

    def __init__(self, address: str, pause: float = 1.0) -> None:
        self._address, self._pause = address, pause
        self._fhir = AsyncFHIRClient(f"{address}/STU3")
        self._r4 = AsyncFHIRClient(f"{address}/R4")

    async def name(self, code: str) -> str | None:
        """Return an organisation's name, or None for an unknown code."""
        try:
            organisation = await self._again(lambda: self._fhir.reference("Organization", code).to_resource())
        except ResourceNotFound:
            return None
        return str(organisation["name"])

    async def codes(self, name: str) -> list[str]:
        """Return the codes of all organisations with a name, from all pages."""
        search = self._fhir.resources("Organization").search(name=name, _count=5)
        return [found["id"] for found in await self._again(search.fetch_all)]

    async def operated(self, trust: str) -> dict[str, str]:
        """Return the names of the organisations that a trust operates, by code."""
        search = self._r4.resources("OrganizationAffiliation").search(
            participating_organization=trust, role="RE6", active=True, _count=1000
        )
        page = await self._again(search.include("OrganizationAffiliation", "primary-organization").fetch_raw)
        included = [entry["resource"] for entry in page["entry"] if entry["search"]["mode"] == "include"]
        return {found["id"]: found["name"] for found in included}

    async def suggestions(self, text: str) -> list[str]:
        """Return the codes that a person may mean who types a text."""

        async def ask() -> Any:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"{self._address}/lookup", params={"q": text}) as answer,
            ):
                answer.raise_for_status()
                return await answer.json()

        return [result["code"] for result in (await self._again(ask))["results"]]

    async def _again(self, ask: Any) -> Any:
        """Ask, and ask again where the register is busy or the connection breaks."""
        for attempt in range(TRIES):
            try:
                return await ask()
            except ResourceNotFound:
                raise
            except (OperationOutcome, aiohttp.ClientError):
                await asyncio.sleep(self._pause * 2**attempt)
        raise Unavailable
