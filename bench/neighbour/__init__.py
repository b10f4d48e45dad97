"""What one tenant's flood costs another: small requests timed before, while and after it.

Three processes besides Postgres: the server, the crowd that floods it, and the neighbour, so that
neither of the last two is held up by the other's work.
"""
