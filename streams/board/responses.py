"""What an answer is made of: its headers, how it is held, and sent whole or in part."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from streams.board.requests import has_already

HTML = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
A_DAY, FOR_EVER, ASK_AGAIN = "public, max-age=86400", "public, max-age=31536000, immutable", "no-cache"
SMALLEST_TO_SQUEEZE = 400


@dataclass(frozen=True, slots=True)
class Held:
    """An answer as it is held: its bytes, the same squeezed where that pays, its media type."""

    body: bytes
    squeezed: bytes | None
    media: str

    @classmethod
    def of(cls, body: bytes, media: str) -> "Held":
        """Squeeze what is text and not tiny."""
        text = media.startswith("text/") or "json" in media or "xml" in media or "svg" in media
        return cls(body, gzip.compress(body, 6, mtime=0) if text and len(body) > SMALLEST_TO_SQUEEZE else None, media)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.body) + len(self.squeezed or b"") + 200


def tag_of(key: object) -> str:
    """Return the tag of an answer, by all that it is made of."""
    return f'"{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}"'


def sent(request: Request, held: Held, tag: str, keep: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return what is held, squeezed where the reader takes that; ``keep`` says how long it may be kept on its way."""
    all_headers = {**HEADERS, "ETag": tag, "Cache-Control": keep, "Vary": "Accept-Encoding", **(headers or {})}
    if held.squeezed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(held.squeezed, headers={**all_headers, "Content-Encoding": "gzip"}, media_type=held.media)
    return Response(held.body, headers=all_headers, media_type=held.media)


def ranged(request: Request, data: bytes, tag: str) -> Response:
    """Return a stored file that is in memory, or the part of it that is asked for, where it is the same file."""
    headers = {**HEADERS, **OPEN, "ETag": tag, "Cache-Control": FOR_EVER, "Accept-Ranges": "bytes"}
    if has_already(request, tag):
        return Response(status_code=304, headers=headers)
    wanted, same = request.headers.get("range", ""), request.headers.get("if-range", tag)
    first, dash, last = wanted.removeprefix("bytes=").partition("-")
    numbers = all(part.isascii() and part.isdigit() for part in (first, last) if part) and len(first) + len(last) < 40  # noqa: PLR2004 - digits
    if not (wanted.startswith("bytes=") and dash and numbers and (first or last) and same == tag):
        return Response(data, headers=headers, media_type="application/octet-stream")
    start = int(first) if first else max(len(data) - int(last), 0)
    stop = min(int(last) + 1, len(data)) if first and last else len(data)
    if start >= stop:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{len(data)}"})
    part_headers = {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{len(data)}"}
    return Response(data[start:stop], 206, part_headers, "application/octet-stream")
