"""The schema's history. Ships beside `app`, so that an installed server can migrate itself."""
