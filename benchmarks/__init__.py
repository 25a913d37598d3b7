"""How fast the models are, and how fast R is beside them."""
