"""What is wrong with the analysis plan, in words that know nothing of the library beneath."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from onearm.evidence.findings import Finding, Place
from onearm.evidence.plan.consistency import ContradictionsError

__all__ = ["contradiction", "findings_of"]

_KINDS = {
    "string_type": "a text between quotation marks",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "dict_type": "a table of keys and values",
    "model_type": "a table of keys and values",
    "tuple_type": "a list between square brackets",
}


def findings_of(detail: ErrorDetails, model: type[BaseModel], file: str) -> tuple[Finding, ...]:
    """Turn one problem of a plan into findings.

    Parameters
    ----------
    detail : ErrorDetails
        What was found: one of the `errors()` of a ValidationError.
    model : type
        The model of the whole file, for the names of keys that exist.
    file : str
        The file's name.
    """
    return tuple(dict.fromkeys(_findings(detail, model, file)))


def _findings(detail: ErrorDetails, model: type[BaseModel], file: str) -> Iterator[Finding]:
    """Yield one finding a problem: contradictions of a plan come in one error."""
    if detail["type"] == "value_error" and not detail["loc"]:
        error = detail["ctx"]["error"]
        problems = error.found if isinstance(error, ContradictionsError) else (str(error),)
        yield from (contradiction(problem, file) for problem in problems)
        return
    yield _finding(detail, model, file)


def contradiction(problem: str, file: str) -> Finding:
    """Return the finding of one contradiction.

    Parameters
    ----------
    problem : str
        What contradicts what.
    file : str
        The file's name.
    """
    mend = "Correct one or the other."
    return Place(file).error("protocol-contradiction", f"In the plan, {problem}.", mend)


def _finding(detail: ErrorDetails, model: type[BaseModel], file: str) -> Finding:
    place = [part for part in detail["loc"] if part != "[key]"]
    if detail["loc"][-1:] == ("[key]",) and detail["type"] == "literal_error":
        return _unknown_key(place, re.findall(r"'([^']+)'", detail["ctx"]["expected"]), file)
    if detail["type"] == "missing":
        known = _path(place)
        return Place(file, None, known).error(
            "protocol-key-missing", f"“{known}” is missing.", f"Add {place[-1]} to the plan."
        )
    if detail["type"] == "extra_forbidden":
        return _unknown_key(place, list(_model_at(place[:-1], model).model_fields), file)
    sentence, mend = _words(detail, place)
    value = detail["input"]
    shown = str(value) if isinstance(value, str | int | float | bool) else None
    where = Place(file, None, _path(place) or None, shown)
    return where.error("protocol-value", sentence, mend)


def _unknown_key(place: Sequence[str | int], names: Sequence[str], file: str) -> Finding:
    near = difflib.get_close_matches(str(place[-1]), names, 1)
    mend = (
        f"Perhaps {near[0]} is meant."
        if near
        else f"Remove it; known here are: {', '.join(names)}."
    )
    path = _path(place)
    return Place(file, None, path).error(
        "protocol-key-unknown", f"“{path}” is not a key of the plan.", mend
    )


def _words(detail: ErrorDetails, place: Sequence[str | int]) -> tuple[str, str]:
    kind, value = str(detail["type"]), detail["input"]
    context = detail.get("ctx", {})
    name, shown = _path(place), _shown(value)
    if kind == "literal_error":
        return (
            f"{name} is {shown}, which is not one of its values.",
            f"Choose from: {context['expected'].replace(' or ', ', ')}.",
        )
    if kind == "value_error":
        where = f"In {name}, " if name else "In the plan, "
        return f"{where}{context['error']}.", "Correct one or the other."
    if kind in ("greater_than", "less_than", "greater_than_equal", "less_than_equal"):
        bound = next(iter(context.values()))
        side = {"gt": "more than", "lt": "less than", "ge": "at least", "le": "at most"}
        return f"{name} is {shown}.", f"It has to be {side[next(iter(context))]} {bound}."
    if kind == "not_one_line":
        return (
            f"{name} has a line break or a control character.",
            "Write it as one line of visible characters.",
        )
    if kind == "reserved_code":
        return (
            f"{name} is {shown}, a name that the report itself uses.",
            "Choose another code, such as the outcome's name in full.",
        )
    if kind == "not_a_day":
        return f"{name} is {shown}, which is not a day.", "Write it as 2026-11-22."
    if kind in ("string_too_short", "too_short"):
        return f"{name} is empty.", "Fill it in."
    if kind == "option_refused":
        return f"{name} is {shown}.", f"It must {context['rule']}."
    if kind == "string_pattern_mismatch":
        return f"{name} is {shown}.", "Write it in lower case letters, digits and _ only."
    wanted = _KINDS.get(kind, "a value of the kind that the documentation of the plan names")
    return f"{name} is {shown}.", f"It has to be {wanted}."


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return f"“{value}”" if isinstance(value, str) else str(value)


def _path(place: Sequence[str | int]) -> str:
    """``("outcome", 0, "code")`` as ``outcome 1, code``: people count from one."""
    out = ""
    for part in place:
        if isinstance(part, int):
            out += f" {part + 1}"
        else:
            out += f"{', ' if out[-1:].isdigit() else '.' if out else ''}{part}"
    return out


def _model_at(place: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel]:
    for part in place:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = _model_within(field.annotation) or model
    return model


def _model_within(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_within(inner)
        if found is not None:
            return found
    return None
