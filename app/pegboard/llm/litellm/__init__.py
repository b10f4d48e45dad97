"""Real providers of any kind, through litellm."""
