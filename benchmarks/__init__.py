"""Side-by-side measurements of the suite; ``make bench`` runs them."""
