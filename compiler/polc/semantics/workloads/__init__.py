"""Pods: the templates of every kind that makes them, and what is known of their makers."""
