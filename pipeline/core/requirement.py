"""Requirements: what the schema in force asks of data, and of the ids beside it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.core.draft import Draft, Terms
from pipeline.core.envelope import Envelope
from pipeline.core.explain import Fault, faults_of
from pipeline.core.identifiers import Identifiers, rank, split_pair_member
from pipeline.core.schema import Schema


def fault_beside(draft: Draft, terms: Terms) -> Fault | None:
    """Give what is wrong beyond the shape of data: ids that are missing or point at nobody."""
    schema = draft.schema
    if not has_required_ids(schema, draft.data, draft.envelope, terms.identifiers):
        return explained(draft, terms)
    return _fault_in_pair(draft, terms) if schema.pair else None


def pair_in(draft: Draft) -> tuple[str, ...]:
    """Give the identifiers that data names, the stronger first, of equals the second field first."""
    first, second = (draft.pair[field] for field in draft.schema.pair)
    stronger_first = sorted((second, first), key=rank)
    return tuple(dict.fromkeys(stronger_first))


def has_required_ids(
    schema: Schema, data: Mapping[str, Any], envelope: Envelope, identifiers: Identifiers
) -> bool:
    """Tell whether of each group of correlation ids one is there and points at something."""
    points = identifiers.points
    for fields in schema.required_ids:
        if not points(data.get(fields[0])) and not _any_points(fields, data, envelope, identifiers):
            return False
    return True


def has_each(identifiers: tuple[str, ...], required: Iterable[tuple[str, ...]]) -> bool:
    """Tell whether there is one of each group of kinds."""
    for kinds in required:
        for identifier in identifiers:
            if identifier.startswith(kinds):
                break
        else:
            return False
    return True


def is_passive(schema: Schema, data: Mapping[str, Any], identifiers: Sequence[str]) -> bool:
    """Tell whether what it says makes it passive: who wrote it, or what it carries."""
    if schema.passive_kind:
        mark = f"{schema.passive_kind}:"
        return any(identifier.startswith(mark) for identifier in identifiers)
    return any(data.get(field) in values for field, values in schema.passive_when.items())


def _any_points(
    fields: Sequence[str], data: Mapping[str, Any], envelope: Envelope, identifiers: Identifiers
) -> bool:
    """Tell whether one of the correlation ids is there and points at something, in data or at the top level."""
    points = identifiers.points
    return any(points(data.get(field)) or points(getattr(envelope, field)) for field in fields)


def _fault_in_pair(draft: Draft, terms: Terms) -> Fault | None:
    pair = {}
    for field in draft.schema.pair:
        kind, value = split_pair_member(draft.data[field])
        identifier = terms.identifiers.normalised(kind, value, "$")
        if not identifier:
            return Fault(
                f"$.data.{field}", f"data.{field} must not be a blocked value.", field, missing=False
            )
        pair[field] = identifier
    draft.pair = pair
    return None


def explained(draft: Draft, terms: Terms) -> Fault:
    """Say what is wrong with data that was refused."""
    schema = draft.schema
    data: Any = draft.data
    if isinstance(data, dict):
        data = _with_ids_of_the_envelope(draft, terms.identifiers)
    documents = [schema.document, terms.catalogue.definitions]
    for fault in faults_of(data, schema.validator, documents, "$.data"):
        return fault
    for fields in schema.required_ids:
        if not _any_points(fields, draft.data, draft.envelope, terms.identifiers):
            named = " or ".join(fields)
            return Fault(
                f"$.data.{fields[0]}", f"data.{named} must not be a blocked value.", fields[0], missing=False
            )
    return Fault("$.data", f"data does not match the schema {schema.name}.", "", missing=False)


def _with_ids_of_the_envelope(draft: Draft, identifiers: Identifiers) -> dict[str, Any]:
    """Give data as the schema sees it: an id at the top level satisfies it too."""
    merged = dict(draft.data)
    for fields in draft.schema.required_ids:
        for field in fields:
            value = getattr(draft.envelope, field)
            if field not in merged and identifiers.points(value):
                merged[field] = value
    return merged
