"""A request that names itself with a key is carried out once, and answered the same ever after."""
