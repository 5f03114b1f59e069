"""What the Makefile calls: ``python3 -m scripts <command>``.

Standard library only, Python 3.10 or newer.
"""
