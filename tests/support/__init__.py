"""What the tests stand on: a real Postgres, servers as processes, a provider under control."""
