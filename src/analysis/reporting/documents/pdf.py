"""Pages to PDF: one browser kept open over all of them, and a way without a browser."""

from __future__ import annotations

import logging
import tempfile
from contextlib import suppress
from html import escape
from pathlib import Path

from analysis.display.text import Text
from analysis.errors import ReportError, shorten
from analysis.files import replacing
from analysis.reporting.documents.browser import find_browser, font_environment, launch_arguments

MARGINS = {"top": "20mm", "bottom": "17mm", "left": "16mm", "right": "16mm"}
SECONDS = 120  # for one page, on a machine that is busy
LINE = (
    '<div style="width:100%; margin:0 16mm; color:#55656f; display:flex; {more}; font:11px Arial,'
    "'Noto Sans CJK SC','Noto Sans SC','Microsoft YaHei','PingFang SC',sans-serif\">{content}</div>"
)

logger = logging.getLogger(__name__)


class Printer:
    """Prints pages to PDF (A4, tagged, with outline, header and page numbers).

    A context manager: one headless browser is opened with the first page and kept for all others. Should it
    die, it is started again once for the page at hand. Where there is no browser, or none that starts, pages
    are set with Typst instead (see `plain_pdf`), and one warning says so. Belongs to one thread, and to none
    in which an event loop runs.

    Parameters
    ----------
    browser : str, optional
        Path of a Chromium, Chrome or Edge. By default one is looked for; "" uses none.
    """

    def __init__(self, browser: str | None = None) -> None:
        self.browser = find_browser() if browser is None else browser
        self._driver = self._open = self._folder = None
        self._plain = False

    def __enter__(self) -> Printer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def kept_open(self) -> bool:
        """Whether a browser is open at this moment."""
        return self._open is not None and self._open.is_connected()

    def print(self, page: Path, pdf: Path, *, header: str, date: str, language: str) -> None:
        """Print an HTML page; the PDF appears only when it is whole.

        Parameters
        ----------
        page : Path
            A page made by `page_html` or `page`.
        pdf : Path
            Where the PDF goes; replaced if it is there.
        header : str
            On top of every page on the left, for example the title of the report.
        date : str
            On top of every page on the right, as people write it.
        language : {"en", "zh"}

        Raises
        ------
        ReportError
            The page is missing, or could not be printed, also not in a new browser.
        """
        page, pdf = Path(page).resolve(), Path(pdf).resolve()
        if not page.is_file():
            raise ReportError(
                "The page to be printed is not there.", where=str(page), expected="an HTML page",
                mend="Make the report first.",
            )  # fmt: skip
        with replacing(pdf) as draft:
            self._write(page, draft, header, date, language)

    def close(self) -> None:
        """Close the browser; the next page would open a new one."""
        for part, end in ((self._open, "close"), (self._driver, "stop")):
            with suppress(Exception):  # it may be gone already
                if part is not None:
                    getattr(part, end)()
        if self._folder is not None:
            self._folder.cleanup()
        self._driver = self._open = self._folder = None

    def _write(self, page: Path, draft: Path, header: str, date: str, language: str) -> None:
        if not self._ready():
            from analysis.reporting.documents.plain_pdf import plain_pdf

            plain_pdf(page, draft, header=header, date=date, language=language)
            return
        from playwright.sync_api import Error

        try:
            self._through_browser(page, draft, header, date, language)
        except (Error, OSError):
            logger.info("The browser ended while printing; it is started again.")
            self.close()
            try:
                self._start()
                self._through_browser(page, draft, header, date, language)
            except (Error, OSError) as problem:
                self.close()
                raise ReportError(
                    "The browser could not print this page.", where=str(page),
                    value=shorten(str(problem), 200), expected="a browser that stays open",
                    mend="Try again, or set GONGZHI_BROWSER to another browser or to nothing.",
                ) from problem  # fmt: skip

    def _through_browser(self, page: Path, draft: Path, header: str, date: str, language: str) -> None:
        text = Text(language)
        number, total = (f'<span class="{name}"></span>' for name in ("pageNumber", "totalPages"))
        foot = text("document.page", number=number, total=total)
        top = f"<span>{escape(header)}</span><span>{escape(date)}</span>"
        sheet = self._open.new_page(java_script_enabled=False, offline=True)
        try:
            sheet.set_default_timeout(SECONDS * 1000)
            sheet.goto(page.as_uri())
            sheet.pdf(
                path=draft, format="A4", tagged=True, outline=True, print_background=True, margin=MARGINS,
                display_header_footer=True,
                header_template=LINE.format(more="justify-content:space-between", content=top),
                footer_template=LINE.format(more="justify-content:center", content=f"<span>{foot}</span>"),
            )  # fmt: skip
        finally:
            with suppress(Exception):
                sheet.context.close()

    def _ready(self) -> bool:
        """Open the browser if need be; say whether there is one."""
        if self._plain or self._open is not None:
            return not self._plain
        why = "no Chromium, Chrome or Edge was found"
        if self.browser:
            try:
                self._start()
                return True
            except Exception as problem:  # whatever a driver or a browser can fail with: there is another way
                why = f"{self.browser} does not start ({shorten(str(problem), 160)})"
                self.close()
        self._plain = True
        logger.warning("PDF without a browser, in a plainer layout: %s.", why)
        return False

    def _start(self) -> None:
        from playwright.sync_api import sync_playwright

        self._folder = tempfile.TemporaryDirectory(prefix="gongzhi-browser-", ignore_cleanup_errors=True)
        self._driver = sync_playwright().start()
        self._open = self._driver.chromium.launch(
            executable_path=self.browser, args=launch_arguments(), timeout=SECONDS * 1000,
            env=font_environment(self._folder.name), handle_sigint=False, handle_sighup=False,
        )  # fmt: skip
