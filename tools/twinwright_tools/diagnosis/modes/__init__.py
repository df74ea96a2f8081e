"""Failure modes: the library in data, how it is read, and how well each mode fits what deviates."""
