"""The story of one work order, told on a real Request Tracker that runs on this machine: `make demo-orders`."""
