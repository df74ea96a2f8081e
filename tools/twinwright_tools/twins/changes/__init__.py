"""Changes to twins and relationships: validated, logged, and answerable as of any time."""
