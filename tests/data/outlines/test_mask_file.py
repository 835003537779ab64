"""A mask of any format becomes ids on the grid of its picture as stored, or is refused with what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as PillowImage

from medgraft.data.imaging.image import Image
from medgraft.data.imaging.reader import ImageReader
from medgraft.data.imaging.volume import Volume
from medgraft.data.imaging.volume_reader import read_volume
from medgraft.data.outlines.grid import Grid
from medgraft.data.outlines.legend import Holding, Legend, settle_legend
from medgraft.data.outlines.mask_file import look_at_mask, read_mask
from medgraft.errors import ReaderError

AFFINE = np.diag([0.7, 0.7, 2.5, 1.0])
LABELS = np.random.default_rng(1).integers(0, 3, (6, 5, 4)).astype(np.uint8)
PICTURE = Image(np.zeros((1, 6, 5), np.uint8), 0, 255)
TWO = settle_legend([], declared={1: "a", 2: "b"})


def volume(shape: tuple[int, ...] = (6, 5, 4), affine: np.ndarray | None = AFFINE) -> Volume:
    return Volume(np.zeros((1, *shape), np.float32), affine, 0, 1)


def nifti(path: Path, values: np.ndarray, affine: np.ndarray = AFFINE) -> Path:
    nibabel.save(nibabel.Nifti1Image(values, affine), path)
    return path


def png(path: Path, values: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(values).save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


@settings(max_examples=25, deadline=None)
@given(
    arrays.arrays(np.uint8, (3, 4, 2), elements=st.sampled_from([0, 3, 255])),
    st.sampled_from([np.uint8, np.int16, np.float32, np.float64]),
    st.booleans(),
)
def test_any_label_map_goes_round_through_nifti(folder: Path, stored: np.ndarray, kind: type, zipped: bool) -> None:
    path = nifti(folder / f"any.nii{'.gz' if zipped else ''}", stored.astype(kind))
    legend = settle_legend([], given={"255": "x", "3": "y"})
    ids = read_mask([path], legend, volume((3, 4, 2)))
    assert (ids.dtype, ids.shape) == (np.uint8, (3, 4, 2))
    assert np.array_equal(ids, np.where(stored == 255, 1, np.where(stored == 3, 2, 0)))


def test_nrrd_goes_round(tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    made = sitk.GetImageFromArray(LABELS)
    made.SetSpacing((0.5, 0.6, 3.0))
    sitk.WriteImage(made, str(tmp_path / "a.nrrd"))
    like = read_volume(tmp_path / "a.nrrd", ImageReader().read)
    assert np.array_equal(read_mask([tmp_path / "a.nrrd"], TWO, like), LABELS)


def test_axes_turned_in_the_file_come_back(tmp_path: Path) -> None:
    turned = np.flip(LABELS.transpose(2, 0, 1), 0)
    affine = AFFINE[:, [2, 0, 1, 3]].copy()
    affine[:3, 3] += affine[:3, 0] * 3
    affine[:3, 0] *= -1
    path = nifti(tmp_path / "a.nii", np.ascontiguousarray(turned), affine)
    assert np.array_equal(read_mask([path], TWO, volume()), LABELS)


def test_one_hot_is_the_same_mask(tmp_path: Path) -> None:
    path = nifti(tmp_path / "a.nii.gz", np.stack([LABELS == 1, LABELS == 2], axis=-1).astype(np.uint8))
    assert look_at_mask([path], by_folder=False, grid=Grid.of(volume())).values == {0, 1, 2}
    assert np.array_equal(read_mask([path], TWO, volume()), LABELS)
    with pytest.raises(ReaderError, match="lies elsewhere"):
        read_mask([path], TWO, volume(affine=np.diag([1.0, 0.7, 2.5, 1.0])))


def test_one_file_a_class(tmp_path: Path) -> None:
    ids = LABELS[..., 0]
    paths = [png(tmp_path / name / "a.png", (ids == one).astype(np.uint8) * 255) for name, one in (("b", 2), ("a", 1))]
    held = look_at_mask(paths, by_folder=True, grid=Grid((6, 5)))
    assert held.parts == {"a", "b"}
    legend = settle_legend([held], by_folder=True)
    assert np.array_equal(read_mask(paths, legend, PICTURE), ids)
    assert np.array_equal(read_mask(paths[:1], legend, PICTURE), np.where(ids == 2, 2, 0))
    left_out = settle_legend([held], given={"a": "a", "b": "background"}, by_folder=True)
    assert np.array_equal(read_mask(paths, left_out, PICTURE), np.where(ids == 1, 1, 0))


def test_an_empty_file_of_a_class_is_a_class_that_is_absent(tmp_path: Path) -> None:
    path = png(tmp_path / "a" / "x.png", np.zeros((6, 5), np.uint8))
    assert look_at_mask([path], by_folder=True, grid=None).parts == frozenset()


def test_overlap_of_classes_is_told(tmp_path: Path) -> None:
    here = np.zeros((6, 5), np.uint8)
    here[2, :3] = 1
    paths = [png(tmp_path / name / "a.png", here) for name in ("artery", "vein")]
    legend = settle_legend([Holding(parts=frozenset({"artery", "vein"}))], by_folder=True)
    with pytest.raises(ReaderError, match="'artery' and 'vein' overlap in 3 pixels"):
        read_mask(paths, legend, PICTURE)


def test_two_values_in_a_file_of_one_class_are_told(tmp_path: Path) -> None:
    path = png(tmp_path / "vein" / "a.png", LABELS[..., 0])
    for look in (
        lambda: look_at_mask([path], by_folder=True, grid=None),
        lambda: read_mask([path], Legend(("vein",), {}, {"vein": 1}, by_folder=True), PICTURE),
    ):
        with pytest.raises(ReaderError, match="class 'vein' holds the values 0, 1, 2"):
            look()


def test_several_files_that_are_no_classes_are_told(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="in 2 files"):
        read_mask([tmp_path / "a", tmp_path / "b"], TWO, PICTURE)


@pytest.mark.parametrize(
    ("values", "affine", "message"),
    [
        (LABELS[:5], AFFINE, "5 × 5 × 4 voxels and its picture 6 × 5 × 4"),
        (LABELS, np.diag([0.7, 0.7, 2.6, 1.0]), r"spacing 0\.7 × 0\.7 × 2\.6 mm and 0\.7 × 0\.7 × 2\.5 mm"),
        (LABELS * np.float32(0.5), AFFINE, r"fractions \(0\.5\)"),
        (np.where(LABELS == 2, np.nan, LABELS).astype(np.float32), AFFINE, "not finite"),
        (LABELS + np.uint8(5), AFFINE, "holds the values 5, 6, 7, which is no class"),
    ],
)
def test_mismatches_are_named(tmp_path: Path, values: np.ndarray, affine: np.ndarray, message: str) -> None:
    path = nifti(tmp_path / "a.nii.gz", values, affine)
    with pytest.raises(ReaderError, match=message):
        read_mask([path], TWO, volume())


def test_a_colour_volume_is_no_mask(tmp_path: Path) -> None:
    colours = np.zeros((6, 5, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    with pytest.raises(ReaderError, match="coloured"):
        read_mask([nifti(tmp_path / "a.nii", colours)], TWO, volume())


def test_unknown_geometry_is_settled_by_size(tmp_path: Path) -> None:
    path = nifti(tmp_path / "a.nii", LABELS)
    assert np.array_equal(read_mask([path], TWO, volume(affine=None)), LABELS)


def test_a_missing_file_and_a_text_are_reader_errors(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("x", "utf-8")
    for name in ("a.png", "gone.png", "gone.nii"):
        with pytest.raises(ReaderError) as error:
            read_mask([tmp_path / name], TWO, PICTURE)
        assert str(tmp_path) not in str(error.value)


def test_segments_and_contours(
    tmp_path: Path,
    series: tuple[Path, list[object]],
    write_segments: Callable[..., Path],
    write_structures: Callable[..., Path],
) -> None:
    """The same square, drawn as a segment and as a contour, is the same mask."""
    like = read_volume(series[0], ImageReader().read)
    square = np.zeros((5, 12, 16), dtype=np.uint8)
    square[2, 3:6, 4:9] = 1
    corners = np.array([[2, 2.5, 3.5], [2, 2.5, 8.5], [2, 5.5, 8.5], [2, 5.5, 3.5]])
    paths = [
        write_segments(tmp_path / "seg.dcm", {"lesion": square}),
        write_structures(tmp_path / "contours.dcm", [("lesion", corners)]),
    ]
    for path in paths:
        held = look_at_mask([path], by_folder=False, grid=None)
        assert held.parts == {"lesion"}
        assert np.array_equal(read_mask([path], settle_legend([held]), like), square)
        with pytest.raises(ReaderError, match="holds the outline 'lesion', which is no class here"):
            read_mask([path], TWO, like)


def test_isbi_membranes_are_the_foreground_where_it_is_said(test_data: Path) -> None:
    folder = test_data / "isbi2012"
    like = ImageReader().read(folder / "images" / "00.png")
    mask = folder / "masks" / "00.png"
    legend = settle_legend(
        [look_at_mask([mask], by_folder=False, grid=Grid.of(like))], given={"0": "membrane", "255": "background"}
    )
    ids = read_mask([mask], legend, like)
    assert np.array_equal(ids == 1, np.asarray(PillowImage.open(mask)) == 0)
    with pytest.raises(ReaderError, match="512 × 512 pixels and its picture 64 × 64"):
        read_mask([mask], legend, Image(np.zeros((1, 64, 64), np.uint8), 0, 255))


def test_hippocampus_masks_lie_on_their_volumes_and_on_no_other(test_data: Path) -> None:
    folder = test_data / "msd_hippocampus"
    like = read_volume(folder / "imagesTr" / "hippocampus_001.nii.gz", ImageReader().read)
    own = folder / "labelsTr" / "hippocampus_001.nii.gz"
    assert np.array_equal(read_mask([own], TWO, like), np.asarray(nibabel.load(own).dataobj))
    for other in (folder / "labelsTr" / "hippocampus_003.nii.gz", *sorted((folder / "quirks").glob("label_*"))):
        with pytest.raises(ReaderError, match="voxels and its picture 35 × 51 × 35"):
            read_mask([other], TWO, like)
