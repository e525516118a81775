"""Who may do what with the API: roles, bindings, aggregation."""
