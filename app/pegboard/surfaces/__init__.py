"""The doors. Each speaks one public API; no room behind them knows that doors exist."""
