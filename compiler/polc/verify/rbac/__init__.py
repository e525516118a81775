"""The layer of privileges: roles and bindings against declared grants."""
