"""Word lists and patterns as data, a TOML file for each subject, by language inside."""
