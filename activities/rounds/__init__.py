"""Clinic-wide rounds: who is owed a digest, and whether records and pathways agree."""
