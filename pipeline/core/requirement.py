"""Requirements: what the schema in force asks of data, and of the ids beside it."""

from typing import Any

import msgspec

from pipeline.core.draft import Draft, Terms
from pipeline.core.explain import Fault, faults_of
from pipeline.core.identifiers import RANK, Blocked, normalised, split_pair_member
from pipeline.core.schema import Schema
from pipeline.core.typed import convert_moment


def fault_in(draft: Draft, terms: Terms) -> Fault | None:
    """Give what is wrong with data, None if nothing is."""
    schema: Schema = draft.schema
    data = draft.data
    try:
        msgspec.convert(data, schema.shape, dec_hook=convert_moment)
    except msgspec.ValidationError:
        return _explained(draft, terms)
    for fields in schema.required_ids:
        if not any(_points(field, draft, terms.blocked) for field in fields):
            return _explained(draft, terms)
    if schema.pair:
        return _fault_in_pair(draft, terms)
    return None


def pair_in(draft: Draft) -> list[str]:
    """Give the identifiers that data names, the stronger first, of equals the second field first."""
    first, second = (draft.pair[field] for field in draft.schema.pair)
    stronger_first = sorted((second, first), key=lambda text: RANK[text.partition(":")[0]])
    return list(dict.fromkeys(stronger_first))


def is_passive(draft: Draft) -> bool:
    """Tell whether the customer neither did nor saw it at that moment, beyond what the type says."""
    if draft.envelope.channel == "system":
        return True
    schema: Schema = draft.schema
    if schema.passive_kind:
        mark = f"{schema.passive_kind}:"
        return any(identifier.startswith(mark) for identifier in draft.identifiers)
    return any(draft.data.get(field) in values for field, values in schema.passive_when.items())


def _points(field: str, draft: Draft, blocked: Blocked) -> bool:
    """Tell whether a correlation id is there and points at something, in data or at the top level."""
    return blocked.allows(draft.data.get(field)) or blocked.allows(getattr(draft.envelope, field))


def _fault_in_pair(draft: Draft, terms: Terms) -> Fault | None:
    pair = {}
    for field in draft.schema.pair:
        kind, value = split_pair_member(draft.data[field])
        identifier = normalised(kind, value, "$", terms.blocked)
        if identifier is None:
            return Fault(
                f"$.data.{field}", f"data.{field} must not be a blocked value.", field, missing=False
            )
        pair[field] = identifier
    draft.pair = pair
    return None


def _explained(draft: Draft, terms: Terms) -> Fault:
    schema: Schema = draft.schema
    data: Any = draft.data
    if isinstance(data, dict):
        data = _with_ids_of_the_envelope(draft, terms.blocked)
    documents = [schema.document, terms.catalogue.definitions]
    for fault in faults_of(data, schema.validator, documents, "$.data"):
        return fault
    for fields in schema.required_ids:
        if not any(_points(field, draft, terms.blocked) for field in fields):
            named = " or ".join(fields)
            return Fault(
                f"$.data.{fields[0]}", f"data.{named} must not be a blocked value.", fields[0], missing=False
            )
    return Fault("$.data", f"data does not match the schema {schema.name}.", "", missing=False)


def _with_ids_of_the_envelope(draft: Draft, blocked: Blocked) -> dict[str, Any]:
    """Give data as the schema sees it: an id at the top level satisfies it too."""
    merged = dict(draft.data)
    for fields in draft.schema.required_ids:
        for field in fields:
            value = getattr(draft.envelope, field)
            if field not in merged and blocked.allows(value):
                merged[field] = value
    return merged
