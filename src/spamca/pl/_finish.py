"""What becomes of a figure that is drawn: it is saved, shown, or given back. Every function of ``pl`` ends here."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.backend_bases import FigureCanvasBase

from spamca._checks import check_flag, check_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawn = TypeVar("Drawn")  # axes, or an array of them


@dataclass(frozen=True)
class Finish:
    """What the caller wants to have of a figure; TypeError or ValueError if it cannot be."""

    save: str | PathLike[str] | None = None
    show: bool | None = None
    return_fig: bool | None = None

    def __post_init__(self) -> None:
        check_flag("show", self.show, optional=True)
        check_flag("return_fig", self.return_fig, optional=True)
        if self.save is not None:
            check_save(self.save)

    def of(self, axes: Drawn) -> Drawn | Figure | None:
        """Save the figure of some axes and show it; give the axes, the figure, or None after it was shown.

        A figure that was saved and is not to be shown is closed, so that loops do not collect open figures.
        """
        first = np.ravel(np.asarray(axes, dtype=object))[0]
        figure: Any = first.figure.figure  # that of axes in a part of a figure too
        if self.save is not None:
            figure.savefig(self.save, bbox_inches="tight")
        if self.return_fig:
            return figure
        if self.show:
            plt.show()
            return None
        if self.save is not None and self.show is False:
            plt.close(figure)
        return axes


def check_save(save: Any) -> None:
    """Whether this names a file that matplotlib can write, in a folder that exists (TypeError, ValueError)."""
    if not isinstance(save, (str, PathLike)):
        msg = f"save must be the path of a file, such as 'domains.pdf', got {save!r}"
        raise TypeError(msg)
    path, formats = check_path("save", save), FigureCanvasBase.get_supported_filetypes()
    if path.suffix and path.suffix[1:].lower() not in formats:
        msg = f"save={str(save)!r} ends in no format that matplotlib writes: {', '.join(sorted(formats))}"
        raise ValueError(msg)
    if path.is_dir() or not path.absolute().parent.is_dir():
        msg = f"save={str(save)!r} must name a file in a folder that exists; make {str(path.absolute().parent)!r} first"
        raise ValueError(msg)
