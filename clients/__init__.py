"""The way in: a typed client, the command line ``kap`` upon it, and the demo that shows a whole course."""
