"""The ground floor: the base of all tables, the engine, and an embedded Postgres."""
