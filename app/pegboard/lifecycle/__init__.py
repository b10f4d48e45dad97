"""How assistants and threads are copied and removed, with all that rooms keep of them."""
