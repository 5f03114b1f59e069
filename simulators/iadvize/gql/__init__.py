"""A small GraphQL server: what a client of iAdvize may ask, refused where a real one refuses."""
