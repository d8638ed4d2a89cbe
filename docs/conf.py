"""How the guide is built: sphinx-build -W docs build/docs."""

from importlib import import_module, metadata

for lazy in map(import_module, ("catallaxy.learners", "catallaxy.calibrate")):
    vars(lazy).update({name: getattr(lazy, name) for name in lazy.__all__})  # what is imported when asked for

project = "Catallaxy"
author = "Catallaxy contributors"
release = metadata.version("catallaxy")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
default_role = "code"
napoleon_use_ivar = True

html_theme = "furo"
html_title = "Catallaxy"
html_show_sphinx = False
exclude_patterns = ["build"]
suppress_warnings = ["misc.highlighting_failure"]


def setup(app: object) -> None:
    """Bars in docstrings are absolute values, not substitutions."""

    def escape(app: object, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
        lines[:] = [line.replace("|", r"\|") for line in lines]

    app.connect("autodoc-process-docstring", escape)  # type: ignore[attr-defined]
