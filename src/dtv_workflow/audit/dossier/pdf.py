"""The same page as a tagged PDF (PDF/UA-1), for a file that must be printed or filed. It proves nothing: the page does."""

from __future__ import annotations

from dtv_workflow.audit.dossier.file import own
from dtv_workflow.audit.dossier.html import e
from dtv_workflow.audit.dossier.page import Page, Proven
from dtv_workflow.errors import Malformed


def as_pdf(page: Page, records: list[Proven], checkpoint: str) -> bytes:
    """The page as a PDF, with a line that says where its proof is. Raises Malformed without the extra `pdf`."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError):
        raise Malformed("a PDF needs the extra: pip install 'dtv-workflow[pdf]', and the library Pango on this machine") from None
    said = page.say(
        "This is a print. What proves itself is the page it was made with (.html).",
        "Dit is een afdruk. Wat zichzelf bewijst is de pagina waarmee hij gemaakt is (.html).",
    )
    inner = page.whole(records, checkpoint, "").replace("<details>", "<details open>")
    html = (
        f'<!doctype html><html lang="{"nl" if page.dutch else "en"}"><head><meta charset="utf-8"><title>{e(page.title)}</title>'
        f'<style>{own("style.css")}</style></head><body><p id="state">{e(said)}</p>{inner}</body></html>'
    )

    def nothing_else(url: str, *_: object, **__: object) -> object:
        raise ValueError("a dossier fetches nothing")

    made: bytes = HTML(string=html, url_fetcher=nothing_else).write_pdf(pdf_variant="pdf/ua-1")
    return made
