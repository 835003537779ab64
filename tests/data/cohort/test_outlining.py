"""Masks and boxes are held against their pictures: what does not fit is set aside by name, the rest goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image as PillowImage

from medgraft.data.cohort.cohort import Cohort
from medgraft.data.cohort.options import CohortOptions
from medgraft.data.cohort.outlining import outline_boxes, outline_masks
from medgraft.data.cohort.resolver import Draft, Found
from medgraft.data.outlines.boxes import Annotation, Box
from medgraft.errors import CohortError
from medgraft.progress import Progress

Paint = Callable[..., Path]
Square = Callable[..., np.ndarray]
Outlined = Callable[..., Cohort]


@pytest.fixture
def data(tmp_path: Path, paint: Paint, square: Square) -> Path:
    """Ten sound pairs."""
    for number in range(10):
        paint(tmp_path / "d" / "images" / f"{number}.png")
        paint(tmp_path / "d" / "masks" / f"{number}.png", _with_corner(square(255), number))
    return tmp_path / "d"


def _with_corner(mask: np.ndarray, number: int) -> np.ndarray:
    """Another mask for each number."""
    mask[0, number] = 255
    return mask


def reasons(cohort: Cohort) -> dict[str, str]:
    return {Path(item.path).name: item.reason for item in cohort.quarantined}


def test_sound_pairs(data: Path, outlined: Outlined) -> None:
    cohort = outlined(data)
    assert (len(cohort), cohort.target, cohort.classes, cohort.quarantined) == (10, "masks", ("foreground",), ())
    assert cohort.notes == ("classes of the masks: 255 is foreground",)
    assert cohort.table["mask_sha256"].nunique() == 10


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("3.png", np.zeros((8, 9), np.uint8), "its mask cannot be used: it has 8 × 9 pixels and its picture 8 × 10"),
        (
            "3.png",
            np.full((8, 10), 77, np.uint8),
            "its mask holds the value 77, which is no class here (known: 0, 255)",
        ),
        ("3.png", np.full((8, 10, 3), (1, 2, 3), np.uint8), "its mask cannot be used: it is coloured"),
        ("3.tif", np.full((8, 10), 0.5, np.float32), "its mask cannot be used: it holds fractions (0.5)"),
        ("3.tif", np.full((8, 10), np.nan, np.float32), "its mask cannot be used: it holds pixels that are not finite"),
        ("3.jpg", np.zeros((8, 10), np.uint8), "its mask cannot be used: it is a JPEG"),
    ],
)
def test_each_mismatch_is_named_and_the_others_go_on(
    data: Path, paint: Paint, outlined: Outlined, name: str, values: np.ndarray, reason: str
) -> None:
    (data / "masks" / "3.png").unlink()
    paint(data / "masks" / name, values)
    cohort = outlined(data)
    assert len(cohort) == 9
    assert list(reasons(cohort)) == ["3.png"]
    assert reasons(cohort)["3.png"].startswith(reason)


def test_a_damaged_mask_is_named_without_its_path(data: Path, outlined: Outlined) -> None:
    path = data / "masks" / "3.png"
    path.write_bytes(path.read_bytes()[:60])
    reason = reasons(outlined(data))["3.png"]
    assert reason.startswith("its mask cannot be used: the PNG file is cut off")
    assert str(data) not in reason


@pytest.mark.parametrize(
    ("affine", "reason"),
    [
        (np.diag([1, 1, 2, 1.0]), "it lies elsewhere than its picture (spacing 1 × 1 × 2 mm and 1 × 1 × 1 mm"),
        (np.array([[1, 0, 0, 4.5], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1.0]]), "first voxels 4.5 mm apart"),
    ],
)
def test_a_volume_elsewhere_is_named(
    tmp_path: Path, paint: Paint, outlined: Outlined, affine: np.ndarray, reason: str
) -> None:
    values = np.zeros((4, 5, 6), np.float32)
    values[1:3] = 2
    values[3] = 1
    for name in ("a", "b"):
        paint(tmp_path / "images" / f"{name}.nii.gz", values * 7 + len(name))
        paint(tmp_path / "masks" / f"{name}.nii.gz", values)
    nibabel.save(nibabel.Nifti1Image(values, affine), tmp_path / "masks" / "b.nii.gz")
    cohort = outlined(tmp_path)
    assert cohort.table["member"].tolist() == ["*"]
    assert cohort.table["outlined"].tolist() == ["1 + 2"]
    assert reason in reasons(cohort)["b.nii.gz"]


def test_empty_masks_are_allowed_and_counted(data: Path, paint: Paint, outlined: Outlined) -> None:
    for number in (1, 2):
        paint(data / "masks" / f"{number}.png", np.zeros((8, 10), np.uint8))
    cohort = outlined(data)
    assert len(cohort) == 10
    assert cohort.table["outlined"].tolist() == ["foreground", "", "", *["foreground"] * 7]
    assert "2 of 10 masks are empty: nothing is outlined in these pictures" in cohort.notes


def test_the_mask_of_another_picture_is_told(data: Path, paint: Paint, square: Square, outlined: Outlined) -> None:
    """Also where it is stored in another format; not where the picture is a copy, too."""
    (data / "masks" / "4.png").unlink()
    paint(data / "masks" / "4.tif", _with_corner(square(255), 5))
    assert any(note.startswith("2 masks are equal to that of another picture") for note in outlined(data).notes)
    (data / "images" / "4.png").write_bytes((data / "images" / "5.png").read_bytes())
    assert not any("equal to that of another" in note for note in outlined(data).notes)


def test_a_picture_of_several_pages_has_no_mask_of_its_own(data: Path, outlined: Outlined) -> None:
    (data / "images" / "3.png").unlink()
    page = PillowImage.fromarray(np.zeros((8, 10), np.uint8))
    page.save(data / "images" / "3.tif", save_all=True, append_images=[page])
    cohort = outlined(data)
    assert len(cohort) == 9
    assert "one mask cannot be that of all" in reasons(cohort)["3.tif"]


def test_options_about_labels_are_refused(data: Path, outlined: Outlined) -> None:
    for option in ({"positive": "x"}, {"label_map": {"a": "b"}}, {"order": ("a", "b", "c")}):
        with pytest.raises(CohortError, match=r"is about labels of whole pictures, and these have masks"):
            outlined(data, **option)


def test_values_that_cannot_be_settled_stop_it(data: Path, paint: Paint, square: Square, outlined: Outlined) -> None:
    for number in range(10):
        paint(data / "masks" / f"{number}.png", square(128))
    with pytest.raises(CohortError, match="they hold the values 0, 128"):
        outlined(data)
    assert outlined(data, mask_values={"128": "vessel"}).classes == ("vessel",)


def test_no_mask_that_can_be_used(tmp_path: Path, paint: Paint) -> None:
    draft = Draft(paint(tmp_path / "a.png"), masks=(tmp_path / "gone.png",))
    outlines = outline_masks([draft], Found((), "", tmp_path, False), CohortOptions(), digest=str, progress=Progress())
    assert not outlines.good
    assert outlines.bad[0].problem == "its mask cannot be used: there is no such file; correct the path"


def drawn(path: Path, *rows: Box, size: tuple[int, int] | None = None) -> Draft:
    return Draft(path, boxes=Annotation(path.name, size, rows))


def test_boxes_are_held_against_the_picture(tmp_path: Path, paint: Paint) -> None:
    pictures = [paint(tmp_path / f"{number}.png") for number in range(6)]
    sound, outside = Box("cell", 1, 1, 5, 5), Box("cell", 1, 1, 50, 5)
    drafts = [
        drawn(pictures[0], sound, size=(8, 10)),
        drawn(pictures[1], sound, size=(10, 8)),
        drawn(pictures[2], outside),
        drawn(pictures[3], sound, Box("cell", 2, 2, 2, 2)),
        drawn(pictures[4]),
        Draft(pictures[5]),
    ]
    outlines = outline_boxes(drafts, CohortOptions())
    assert [draft.path.name for draft in outlines.good] == ["0.png", "3.png", "4.png"]
    assert [len(boxes) for boxes in outlines.boxes] == [1, 1, 0]
    assert outlines.outlined == (("cell",), ("cell",), ())
    assert {draft.path.name: (draft.problem or "")[:63] for draft in outlines.bad} == {
        "1.png": "its annotation is of a picture of 8 × 10 pixels, and it has 10 ",
        "2.png": "its box 1 (cell) reaches beyond its picture of 10 × 8 pixels (1",
        "5.png": "it has no annotation",
    }
    assert outlines.notes == (
        "2 boxes: cell 2",
        "1 boxes outline nothing and are left out (the first: box 2 (cell) has no area (2 2 2 2))",
        "1 pictures have no box: they are known to be empty",
    )


def test_labels_of_boxes_may_be_merged_and_left_out(tmp_path: Path, paint: Paint) -> None:
    boxes = [Box(name, 1, 1, 3, 3) for name in ("RBC", "WBC", "Platelets")]
    draft = drawn(paint(tmp_path / "a.png"), *boxes)
    outlines = outline_boxes([draft], CohortOptions(label_map={"RBC": "cell", "WBC": "cell", "Platelets": ""}))
    assert outlines.classes == ("cell",)
    assert outlines.boxes[0].labels == ("cell", "cell")
    with pytest.raises(CohortError, match="--label-map names 'rbc', which is no label here; labels: Platelets, RBC"):
        outline_boxes([draft], CohortOptions(label_map={"rbc": "cell"}))


def test_no_box_at_all_is_nothing_to_learn(tmp_path: Path, paint: Paint) -> None:
    with pytest.raises(CohortError, match="none of the 1 pictures has a box"):
        outline_boxes([drawn(paint(tmp_path / "a.png"))], CohortOptions())


def test_another_mask_legend_or_box_is_another_digest(
    data: Path, paint: Paint, square: Square, outlined: Outlined, tmp_path: Path
) -> None:
    """The pictures stay the same."""
    first = outlined(data)
    assert outlined(data).outlines_digest() == first.outlines_digest()
    assert outlined(data, task="classification").outlines_digest() == ""
    other_words = outlined(data, mask_values={"0": "background", "255": "vessel"})
    assert other_words.outlines_digest() != first.outlines_digest()
    paint(data / "masks" / "3.png", square(255, top=4))
    assert outlined(data).outlines_digest() != first.outlines_digest()
    assert outlined(data).pixels_digest() == first.pixels_digest()
    digests = set()
    for right in (4, 5, 5):
        (data / "boxes.csv").write_text(f"stem,x0,y0,x1,y1\n3,1,1,{right},4\n", "utf-8")
        digests.add(outlined(data, task="detection").outlines_digest())
    assert len(digests) == 2
