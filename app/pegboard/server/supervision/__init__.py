"""Several serving processes on one port: started, watched, replaced and stopped by one supervisor.

The supervisor owns the embedded Postgres, the schema and the socket; it serves nobody itself.
"""
