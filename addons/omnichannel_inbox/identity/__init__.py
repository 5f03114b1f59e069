"""Who writes, and what is to be done with it: rules without network and without database."""
