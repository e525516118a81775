"""The layer of gateways: what comes in from outside against what was declared."""
