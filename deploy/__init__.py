"""What production needs besides the code: SQL migrations, container image, compose file. Data only, no code."""
