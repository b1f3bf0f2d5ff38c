"""Filters on organisations (fhir-r4 10.1 and 10.4): each property by the fields that hold it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from app.engine.port import Register
from app.fhir.rejected import Rejected
from app.r4.terminology import filters
from app.r4.terminology.filters import Look, days, terms, texts
from app.r4.terminology.system import Filter
from app.r4.words import Issue
from app.register import relationship
from app.register.query import Clause, Operator, Query, Referring, Test
from app.register.stated import term
from app.register.text import fold

KIND = "organisation"
