"""What the parts of the plan share: kinds of text, of number and of name, and likely slips."""

from __future__ import annotations

import datetime
import difflib
import unicodedata
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

__all__ = [
    "Code",
    "Day",
    "Line",
    "Name",
    "Noun",
    "Plan",
    "Share",
    "Slug",
    "Text",
    "WholeNumber",
    "WithShort",
    "is_one_line",
    "suggested",
]

_NEAR = 0.7


class Plan(BaseModel):
    """What every part of the plan is: frozen, and without keys that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


#: Control signs, separators of lines and paragraphs, halves of signs.
_BREAKS = frozenset({"Cc", "Cs", "Zl", "Zp"})


def is_one_line(text: str) -> bool:
    """Whether a text can be drawn and printed as one line: no line break, no control sign."""
    return not any(unicodedata.category(sign) in _BREAKS for sign in text)


def _one_line(text: str) -> str:
    if not is_one_line(text):
        raise PydanticCustomError("not_one_line", "not one line")
    return text


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise PydanticCustomError("not_a_day", "not a day") from None


#: Prose; it may have several lines.
Text = Annotated[str, Field(min_length=1)]
#: A label or another text that a figure draws.
Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]
#: The value of a cell or the name of an evidence set.
Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+\-]*$")]
#: The name of a column, a stratum or a group.
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$")]
#: The code of an outcome, which names its page too.
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
#: 1, 2, 3 …; neither true nor "5".
WholeNumber = Annotated[int, Field(ge=1, strict=True)]
Share = Annotated[float, Field(gt=0, lt=1)]
#: TOML has dates of its own; the plan keeps the text. A day is one: 2026-02-30 is refused.
Day = Annotated[str, BeforeValidator(str), AfterValidator(_day)]


class WithShort(Plan):
    """What has a label and a short name: the label unless another is given."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, dict) and "label" in value:
            return {"short": value["label"], **value}
        return value


class Noun(Plan):
    """A noun in the singular and the plural.

    In the plan it is a text (the plural takes an s) or a list of both:
    ``["pregnancy", "pregnancies"]``.
    """

    one: Line
    many: Line

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if isinstance(value, str):
            return {"one": value, "many": f"{value}s" if value else ""}
        if isinstance(value, list | tuple) and len(value) == 2:
            return {"one": value[0], "many": value[1]}
        return value

    def count(self, number: int) -> str:
        """Return "1 person" or "3 persons", in this noun."""
        return f"{number} {self.one if number == 1 else self.many}"


def suggested(value: str, meanings: Mapping[str, str]) -> str:
    """Return the value that a refused one most likely stands for, or ``""``.

    Parameters
    ----------
    value : str
        What was refused.
    meanings : mapping of str to str
        What each value means. A word of one meaning alone leads to its value, before any
        likeness of spelling.
    """
    wanted = value.strip().lower().replace("_", " ")
    words = set(wanted.split())
    means = [name for name, text in meanings.items() if words and words <= _words(text)]
    if len(means) == 1:
        return means[0]
    spelt = {text.lower(): name for name, text in meanings.items()}
    spelt |= {name.lower().replace("_", " "): name for name in meanings}
    near = difflib.get_close_matches(wanted, list(spelt), 1, _NEAR)
    return spelt[near[0]] if near else ""


def _words(text: str) -> set[str]:
    return set(text.lower().replace(",", " ").replace("_", " ").split())
