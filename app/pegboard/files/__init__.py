"""Files as they were uploaded, whatever becomes of them."""
