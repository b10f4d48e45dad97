"""A little English, for the sandbox model and for the rules that memories are learnt by."""
