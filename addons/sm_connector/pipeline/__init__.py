"""fetch → stage → gate → plan → apply → reconcile."""
