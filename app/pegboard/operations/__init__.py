"""What operators do: keys, backups, imports, looking for what is not well."""
