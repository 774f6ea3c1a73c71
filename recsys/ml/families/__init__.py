"""The families by name: settings, presets, where their halves live."""
