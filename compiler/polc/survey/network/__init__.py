"""Network policies that open more, or less, than they look like."""
