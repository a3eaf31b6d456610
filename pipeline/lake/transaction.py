"""A transaction on a table whose cost does not multiply with the snapshots kept."""

from __future__ import annotations

from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import TableUpdate


class _Transaction(Transaction):
    """PyIceberg's transaction, working out its own metadata once per change.

    PyIceberg 0.12 deep-copies all metadata, every snapshot of it, each time a step asks for
    it: 17 times in one append. Metadata is never changed in place, so one copy does.
    """

    _known: tuple[TableMetadata, tuple[TableUpdate, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The metadata as it will be after what is staged so far."""
        base, updates = self._table.metadata, self._updates
        if not self._known or self._known[0] is not base or self._known[1] is not updates:
            self._known = (base, updates, super().table_metadata if updates else base)
        return self._known[2]


def transaction(table: Table) -> Transaction:
    """Start a transaction on a table as it was loaded; it commits when its block ends."""
    return _Transaction(table)
