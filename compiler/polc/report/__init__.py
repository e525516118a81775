"""What a build did, for a person or a reviewer: one summary, printed in three ways."""
