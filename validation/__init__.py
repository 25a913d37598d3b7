"""References for the models, and the comparison with them."""
