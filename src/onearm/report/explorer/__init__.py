"""Leave studies out on a page: the controls, and every answer they can lead to."""
