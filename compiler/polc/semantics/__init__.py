"""What do these objects permit? From manifests to models; no program is known here."""
