"""The field app (现场检查): an installable page that opens and works with no network; its data come by the API alone."""
