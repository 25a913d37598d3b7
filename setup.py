"""What pyproject.toml cannot say: the wheel carries the notebooks, without their outputs."""

import json
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

NOTEBOOKS = Path(__file__).parent / "notebooks"
PLACE = Path("onearm", "report", "notebooks")


class BuildWithNotebooks(build_py):
    """Put the notebooks beside the modules; an editable install reads those of the clone."""

    def run(self) -> None:
        """Build the modules, then add the notebooks."""
        super().run()
        if self.editable_mode:
            return
        folder = Path(self.build_lib) / PLACE
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            text = json.dumps(_without_outputs(path), indent=1, ensure_ascii=False)
            (folder / path.name).write_text(text + "\n", encoding="utf-8", newline="\n")


def _without_outputs(path: Path) -> dict:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return notebook


setup(cmdclass={"build_py": BuildWithNotebooks})
