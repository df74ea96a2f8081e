"""Twin queries on plants of up to a million twins, beside networkx, PostgreSQL and an embedded graph database."""
