"""Background work as rows, run by whichever process is free."""
