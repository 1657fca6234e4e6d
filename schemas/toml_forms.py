"""Forms in TOML: each is read strictly, and what is wrong with one is a sentence that names the field."""

import re
import tomllib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Form = TypeVar("Form", bound=BaseModel)


def read_form(text: str, form: type[Form], refusal: type[ValueError], name: str, before: str = "") -> Form:
    """Return the form that a text is. Raises ``refusal`` with a sentence.

    ``name`` is what people call the form; ``before`` stands before a sentence about none of its fields.
    """
    try:
        return form.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise refusal(f"this is no TOML ({error})") from error
    except ValidationError as error:
        raise refusal(_sentence(error.errors(include_url=False, include_input=False)[0], name, before)) from error


def _sentence(error: Any, name: str, before: str) -> str:  # noqa: ANN401 - pydantic's own
    place = ".".join(str(part) for part in error["loc"] if part != "[key]")
    if said := {"missing": "is missing", "extra_forbidden": f"is no field of a {name}"}.get(error["type"]):
        return f"{place} {said}"
    reason = re.sub(r"^Value error, ", "", error["msg"])
    return f"{place}: {reason}" if place else f"{before}{reason}"
