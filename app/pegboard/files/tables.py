"""File."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from pegboard.db.base import Base, Owned


class File(Owned, Base):
    """Bytes with a name. What is made of them elsewhere is made of a copy."""

    __tablename__ = "files"
    __table_args__ = (Index("ix_files_tenant_id_id", "tenant_id", "id"),)

    filename: Mapped[str]
    purpose: Mapped[str]
    byte_size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    expires_at: Mapped[datetime | None]
