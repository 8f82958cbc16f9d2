"""What operators watch of the shop as a whole."""
