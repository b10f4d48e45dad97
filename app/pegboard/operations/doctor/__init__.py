"""What is well with an installation and what is not, in plain lines. Changes nothing."""
