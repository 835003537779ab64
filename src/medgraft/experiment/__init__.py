"""Run folder, configuration and stages."""
