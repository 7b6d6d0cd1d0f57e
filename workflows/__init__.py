"""What happens: the workflow definitions, the phases of a pathway, and the rules they follow."""
