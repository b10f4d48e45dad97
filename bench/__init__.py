"""What a message costs on this server, against a bare program that does no more than it must."""
