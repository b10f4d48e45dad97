"""Ids that objects had on another server, and go by here as well."""
