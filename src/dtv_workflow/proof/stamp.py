"""Timestamps of a time-stamping authority (RFC 3161) over a checkpoint: that it existed by then, whoever holds our keys.

The library that reads them is an extra (`dtv-workflow[timestamp]`) and is loaded only when asked for.
"""

from __future__ import annotations

from datetime import datetime

from dtv_workflow.errors import CheckFailed, Malformed

MISSING = "timestamps need the extra: pip install 'dtv-workflow[timestamp]'"


def request(data: bytes) -> bytes:
    """A request (TimeStampReq, DER) for a timestamp over SHA-256 of this; the authority sees no more than that hash.

    Raises Malformed for nothing at all, and without the extra.
    """
    try:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
    except ImportError:
        raise Malformed(MISSING) from None
    if not data:
        raise Malformed("there is nothing to timestamp")
    return TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256).build().as_bytes()


def stamped_at(data: bytes, response: bytes, trusted: bytes, between: bytes = b"") -> datetime:
    """When an authority saw this, by its response (TimeStampResp, DER). In UTC.

    `trusted` are the authority's root certificates (PEM), got from the authority and not with the response; `between` the
    certificates that lead to them, where the response leaves those out. Raises Malformed for what cannot be read, CheckFailed
    when it is no timestamp of this by anybody trusted.
    """
    try:
        from cryptography import x509
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response
    except ImportError:
        raise Malformed(MISSING) from None
    try:
        builder = VerifierBuilder(roots=x509.load_pem_x509_certificates(trusted))
        for certificate in x509.load_pem_x509_certificates(between) if between else ():
            builder = builder.add_intermediate_certificate(certificate)
    except ValueError:
        raise Malformed("the certificates are not PEM") from None
    try:
        stamp = decode_timestamp_response(response)
    except ValueError:
        raise Malformed("not a timestamp response (RFC 3161, DER)") from None
    try:
        builder.build().verify_message(stamp, data)
    except (VerificationError, ValueError) as error:
        raise CheckFailed(f"no timestamp of this by that authority: {str(error).rstrip('.')}") from None
    return stamp.tst_info.gen_time
