"""What tenants have used: tokens and their price, by day and model."""
