"""What the gate has to remember across a crash: permits, approvals, locks, fences, writes (SQLite, WAL)."""
