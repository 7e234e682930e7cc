"""What instructions were counted, and what is promised of them."""
