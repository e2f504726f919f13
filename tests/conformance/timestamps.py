"""Timestamps by OpenSSL as the authority: `python -m tests.conformance.timestamps [FOLDER]`. Needs openssl.

With FOLDER the certificates and a response are written there: those that the ordinary tests read were made so. `certs` is left
out of the authority's configuration: OpenSSL would then put a set of certificates in an order that is not DER.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dtv_workflow.errors import CheckFailed
from dtv_workflow.proof.stamp import request, stamped_at

NOTE = b"dtv-workflow/test\n3\nqqqq\n"
CONFIGURATION = """
[tsa]
default_tsa = here
[here]
serial = {0}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[stamper]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def openssl(folder: Path, command: str) -> None:
    """Run OpenSSL in a folder. Raises CalledProcessError."""
    subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)


def authority(folder: Path, name: str) -> None:
    """An authority with a root of its own, `NAME.pem`, and a signer, for a hundred years."""
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder))
    (folder / "serial").write_text("01\n")
    new = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    openssl(folder, f"{new} -x509 -days 36500 -config tsa.cnf -extensions ca -subj /CN={name}-root "
                    f"-keyout {name}.key -out {name}.pem")  # fmt: skip
    openssl(folder, f"{new} -subj /CN={name}-stamper -keyout {name}-signer.key -out {name}.csr")
    openssl(folder, f"x509 -req -in {name}.csr -CA {name}.pem -CAkey {name}.key -CAcreateserial -days 36500 "
                    f"-extfile tsa.cnf -extensions stamper -out {name}-signer.pem")  # fmt: skip


def answered(folder: Path, name: str, query: bytes) -> bytes:
    """The authority's response to a request."""
    (folder / "query.tsq").write_bytes(query)
    openssl(folder, f"ts -reply -config tsa.cnf -section here -queryfile query.tsq -signer {name}-signer.pem "
                    f"-inkey {name}-signer.key -out reply.tsr")  # fmt: skip
    return (folder / "reply.tsr").read_bytes()


def refuses(data: bytes, response: bytes, trusted: bytes) -> bool:
    """Whether what should not be believed is not."""
    try:
        stamped_at(data, response, trusted)
    except CheckFailed:
        return True
    return False


def main(kept: Path | None = None) -> int:
    """Print what came of it; 0 when what is right is believed and what is wrong is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority(folder, "trusted")
        authority(folder, "stranger")
        response = answered(folder, "trusted", request(NOTE))
        strange = answered(folder, "stranger", request(NOTE))
        root = (folder / "trusted.pem").read_bytes()
        late = abs(stamped_at(NOTE, response, root) - datetime.now(UTC)) > timedelta(minutes=1)
        wrong = (refuses(NOTE + b"x", response, root), refuses(NOTE, strange, root))
        if kept is not None:
            (kept / "trusted.pem").write_bytes(root)
            (kept / "trusted.tsr").write_bytes(response)
            (kept / "stranger.tsr").write_bytes(strange)
    sys.stdout.write(f"RFC 3161: 1 timestamp of OpenSSL believed, {sum(wrong)} of 2 wrong ones refused\n")
    return int(late or not all(wrong))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else None))
