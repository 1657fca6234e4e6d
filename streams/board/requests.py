"""What a request says: its language, release and parameters, what it may be answered with, what it has already."""

from starlette.requests import Request

from streams.board.parameters import LONGEST_ADDRESS
from streams.board.problems import ProblemError
from streams.board.words import LANGUAGES, Language


def language_of(text: str) -> Language:
    """Return the language of an address. Raises ProblemError."""
    for one in LANGUAGES:
        if text == one:
            return one
    raise ProblemError("unknown", "Pages are in nl, fr and en.")


def wanted_of(request: Request) -> str:
    """Return the number of the release of an address as it stands there, or ``latest``."""
    number: str | None = request.path_params.get("number")
    return "latest" if number is None else number


def query_of(request: Request) -> str:
    """Return the parameters of an address as they stand. Raises ProblemError."""
    query: bytes = request.scope["query_string"]
    if len(query) + len(request.scope["raw_path"] or b"") > LONGEST_ADDRESS:
        raise ProblemError("bad-parameter", f"An address here has at most {LONGEST_ADDRESS} bytes.")
    try:
        return query.decode("ascii")
    except UnicodeDecodeError:
        raise ProblemError("bad-parameter", "The parameters of this address cannot be read.") from None


def preferred(request: Request) -> Language:
    """Return the first language of ours that a browser asks for, by its weights; Dutch for none."""
    wishes: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "")[:500].split(","):
        name, _, weight = part.partition(";q=")
        try:
            wishes.append((float(weight or 1), name.strip()[:2].lower()))
        except ValueError:
            continue
    for _, name in sorted(wishes, key=lambda one: -one[0]):
        for language in LANGUAGES:
            if name == language:
                return language
    return "nl"


def require_acceptable(accept: str, media: tuple[str, ...]) -> None:
    """Refuse what cannot be given as it is asked for. Raises ProblemError."""
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    fitting = ("*/*", "application/*", "text/*", *media, "")
    if not any(one in fitting for one in wanted):
        raise ProblemError("not-acceptable", f"This is given as {', '.join(media)}.")


def has_already(request: Request, tag: str) -> bool:
    """Tell whether who asks holds an answer of this tag."""
    tags = request.headers.get("if-none-match", "")
    return tags == "*" or tag in [one.strip().removeprefix("W/") for one in tags.split(",")]
