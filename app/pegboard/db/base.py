"""What all tables share: names of constraints, column types, and an owner."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

JsonDict = dict[str, Any]
JsonList = list[Any]


class Base(DeclarativeBase):
    """The base of every table. Constraints have names that a migration can refer to."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it, nobody writes it
        str: Text,
        UUID: Uuid,
        datetime: DateTime(timezone=True),
        # json, not jsonb: a client's tools and metadata come back with their keys in order.
        JsonDict: JSON(none_as_null=True),
        JsonList: JSON(none_as_null=True),
        list[JsonDict]: JSON(none_as_null=True),
    }


class Owned:
    """A row that belongs to a tenant. Read such rows through a Scope only."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
