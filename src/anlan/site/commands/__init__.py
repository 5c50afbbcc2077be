"""The commands that run the installation itself; what people ask of the registers is in `anlan.faces.cli`."""
