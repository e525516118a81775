"""From files to declarations that know each other: names, settings, environments."""
