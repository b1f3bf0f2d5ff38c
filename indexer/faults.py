"""What can go wrong with a load, in sentences: turned into Refused, and remembered in the index."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from app.clock import Clock
from app.engine.port import EngineError, Failure, Index
from app.engine.workers import NoWorkers
from indexer.report import Hindered, Refused
from indexer.validate import Invalid


@contextmanager
def refusing(paths: Sequence[Path]) -> Iterator[None]:
    """Turn what can go wrong with a release or the machine into Refused."""
    try:
        yield
    except Invalid as error:
        raise Refused(f"{paths[0]}: {error}") from error
    except NoWorkers as error:
        raise Hindered(str(error)) from error
    except MemoryError as error:
        raise Hindered(
            "There is not enough memory: let this process have more, or try --workers 1"
        ) from error
    except OSError as error:  # errors of the release, the index and temporary files were converted before
        raise Hindered(f"The load failed: {error}") from error


@contextmanager
def noting(index: Index, clock: Clock) -> Iterator[None]:
    """Let the index remember why the load in this block was refused or broke off."""
    try:
        yield
    except (Refused, EngineError, KeyboardInterrupt) as error:
        sentence = "The load was interrupted" if isinstance(error, KeyboardInterrupt) else str(error)
        with suppress(EngineError):
            index.notes.note_failure(Failure(clock(), sentence))
        raise
