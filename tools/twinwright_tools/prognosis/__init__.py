"""Time to limit: when a drifting signal crosses a stated limit, with an interval, or why no such answer is honest."""
