"""What the worlds have in common on the wire: sockets, servers in a thread, faults, and replies no framework sends."""
