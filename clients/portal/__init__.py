"""The page behind a link without an account: what a therapist of another practice reads, acknowledges and sends."""
