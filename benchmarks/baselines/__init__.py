"""What the suite is measured against. Each baseline names its model, context and commit policy."""
