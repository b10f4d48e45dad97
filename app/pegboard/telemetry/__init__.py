"""What the server says of itself: lines, figures, traces."""
