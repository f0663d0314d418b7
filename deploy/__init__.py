"""How a team's server is set up: compose, systemd, nginx, and the same processes on loopback (cluster.py)."""
