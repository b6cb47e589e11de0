"""The contract with those who publish: what is an interaction, and why something is none."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline.core.catalogue import Catalogue
from pipeline.core.draft import Draft, Rules, Terms
from pipeline.core.envelope import EnvelopeReader
from pipeline.core.envelope_schema import EnvelopeSchema
from pipeline.core.identifiers import Identifiers
from pipeline.core.interaction import Interaction, Rejection
from pipeline.core.pseudonym import pseudonyms
from pipeline.core.schema import compile_schema
from pipeline.core.shortcut import Shortcut
from pipeline.core.steps import run
from pipeline.core.typed import Document

_NOTHING = Rejection("unreadable", "$", "The record is empty: a tombstone is never an interaction.")


class Contract:
    """Compiled schemas, rules and key. Immutable; safe to share between threads."""

    __slots__ = ("shortcut", "terms")

    def __init__(
        self,
        *,
        envelope: Document,
        definitions: Document,
        types: Mapping[str, Document],
        blocked: Iterable[str],
        key: bytes,
        key_id: str = "k1",
        rules: Rules | None = None,
    ) -> None:
        """Compile. `types` are the schema files by "<type>/<MODEL-REVISION-ADDITION>". Raises SchemaError."""
        schemas = [compile_schema(name, document, definitions) for name, document in types.items()]
        self.terms = Terms(
            rules=rules or Rules(),
            reader=EnvelopeReader(EnvelopeSchema(envelope, definitions)),
            catalogue=Catalogue(schemas, definitions),
            identifiers=Identifiers(blocked),
            pseudonym=pseudonyms(key, key_id),
        )
        self.shortcut = Shortcut(self.terms)

    def admit(
        self, value: bytes | None, headers: Sequence[tuple[str, bytes]], received: int
    ) -> Interaction | Rejection:
        """Judge one record. `received` is the broker's append time in ms. Never raises for data."""
        if not value:
            return _NOTHING
        return self.shortcut.admit(value, headers, received) or run(
            self.terms, Draft(value, headers, received)
        )
