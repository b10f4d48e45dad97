"""Memory by rule, for servers without a provider: English, deterministic, and rather silent than
wrong. `model` is the way in."""
