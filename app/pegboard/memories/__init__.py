"""Lasting facts about an assistant's world: kept, found, learnt from conversations, undone."""
