"""From artifacts to files: YAML, the layout of the output folder, the source map, the writer."""
