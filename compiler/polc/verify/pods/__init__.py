"""The layer of pods: templates, components and namespaces against declared hardening."""
