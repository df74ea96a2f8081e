"""The life of a permit as a table of data, and what is made from that table."""
