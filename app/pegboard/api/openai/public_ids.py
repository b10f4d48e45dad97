"""The ids of this API, which are also those that columns of its first days hold."""

from pegboard.public_ids import SHAPE, Prefix, prefix_of, public_id, uuid_of

__all__ = ["SHAPE", "Prefix", "prefix_of", "public_id", "uuid_of"]
