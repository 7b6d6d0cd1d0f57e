"""What is said: pydantic models by noun, the protocol files and the published JSON Schemas. No I/O and no engine."""
