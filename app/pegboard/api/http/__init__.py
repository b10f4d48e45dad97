"""What the APIs share of HTTP: middleware, bodies, streams, errors."""
