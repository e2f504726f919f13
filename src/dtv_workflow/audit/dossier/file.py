"""The file around the page: what it hashes, what it signs, and the proof of every record in it. Pure.

The page stands in a `noscript` element: without scripts a browser shows it; with them the element's text is exactly what was
written, so that the script can hash it before it shows it. `docs/dossier.md` has the form.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

from dtv_workflow.audit.dossier.html import e
from dtv_workflow.audit.dossier.page import Page, Proven
from dtv_workflow.proof.check import DOSSIER, written_key, written_note
from dtv_workflow.proof.merkle import inclusion_paths
from dtv_workflow.proof.note import Signer, note_of


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


def _sha(text: str) -> str:
    return _b64(hashlib.sha256(text.encode()).digest())


@cache
def own(name: str) -> str:
    return (files("dtv_workflow.audit.dossier") / name).read_text("utf-8")


def proven(
    entries: Iterable[tuple[int, int, bytes, bytes]], hashes: Sequence[bytes], *, stored: bool
) -> list[Proven]:
    """The records with their proofs, from their version, leaf, leaf hash and framed bytes. `hashes`: all leaves of the tree."""
    found = list(entries)
    paths = inclusion_paths(hashes, [leaf for _, leaf, _, _ in found])
    return [
        Proven(version, leaf, ",".join(map(_b64, paths[leaf])), _b64(hashed), _b64(framed) if stored else None)
        for version, leaf, hashed, framed in found
    ]


def written(page: Page, records: list[Proven], checkpoint: str, signer: Signer) -> bytes:
    """The whole file, sealed with the key of the log."""
    lang = "nl" if page.dutch else "en"
    inner = page.whole(records, checkpoint, written_key(signer.key))
    state = page.say(
        "Not verified: the script in this file did not run. Check it with dtv audit check-proof.",
        "Niet gecontroleerd: het script in dit bestand liep niet. Controleer het met dtv audit check-proof.",
    )
    style, script = own("style.css"), own("script.js")
    allowed = f"style-src 'sha256-{_sha(style)}'; script-src 'sha256-{_sha(script)}'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    head = (
        f'<html lang="{lang}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{e(page.title)}</title>"
    )

    def around(styled: str, told: str, within: str, scripted: str) -> str:
        return (
            f'{head}<style>{styled}</style></head><body><p id="state" role="status">{told}</p>'
            f'<noscript id="page">{within}</noscript><div id="shown"></div><script>{scripted}</script></body></html>'
        )

    said = {
        "page": _sha(inner), "state": _sha(state), "style": _sha(style), "script": _sha(script),
        "shape": _sha("html" + around("", "", "", "")),
    }  # fmt: skip
    above = ("<!doctype html>" + around(style, state, inner, script)).encode()
    whole = [f"file {_b64(hashlib.sha256(above).digest())}", f"size {len(above)}"]
    lines = [DOSSIER, *whole, *(f"{name} {digest}" for name, digest in said.items())]
    note = note_of("".join(f"{line}\n" for line in lines), signer)
    return above + f"<!--dtv-dossier {_b64(written_note(note).encode())}-->".encode()
