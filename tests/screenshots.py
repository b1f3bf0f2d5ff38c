"""Takes the pictures of the pages in docs/, over the bundled sample (`make screenshots`)."""

import sys
import tempfile
from pathlib import Path

from app.clock import clock
from app.engine import open_index
from indexer.load import LoadOptions, load
from tests.browser import browser, missing
from tests.conftest import NOW, SAMPLE
from tests.interfaces.sockets import running

DOCS = Path(__file__).parent.parent / "docs"
PICTURES = {
    "page-search": "/search?q=leeds+genral+infirmry+ls1",
    "page-organisation": "/organisations/QWO",
    "page-server": "/about",
}


def main() -> None:
    """Load the sample, serve it, and write the pictures."""
    if reason := missing():
        sys.exit(reason)
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        url = f"sqlite:///{folder}/ods.db"
        load([SAMPLE], open_index(url), clock(NOW), LoadOptions())
        with running(url, Path(folder), ODS_NOW=NOW.isoformat()) as server:
            window = chromium.new_page(viewport={"width": 1024, "height": 900}, reduced_motion="reduce")
            for name, path in PICTURES.items():
                window.goto(server.address + path)
                window.screenshot(path=DOCS / f"{name}.png")


if __name__ == "__main__":
    main()
