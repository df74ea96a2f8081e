"""Work orders that are never twice there and never lost: crashes injected at every durable step, and labelled pairs."""
