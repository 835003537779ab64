"""Segmentation from end to end: done once, and answers for new files that go on where they were broken off."""

import nibabel
import numpy as np
import pytest

from medgraft.data.imaging.preprocess import Preprocessing
from medgraft.errors import ArtifactError, ConfigError, UsageError
from medgraft.experiment.answering import answers_with
from medgraft.experiment.config import FitConfig
from medgraft.experiment.fitting import fit_run
from medgraft.experiment.outlining import outline_files, segmenter_of
from medgraft.experiment.ranking import rank_data
from medgraft.experiment.stages.gathering import gather_labelled
from medgraft.home import Home
from medgraft.progress import Progress
from medgraft.source.backbones.resolve import resolve_backbone
from medgraft.transfer.segmentation.bundle import OutlineBundle, write_outline_bundle
from medgraft.transfer.segmentation.network import NetworkSpec, build_outliner
from medgraft.transfer.segmentation.plan import Plan
from medgraft.transfer.segmentation.settings import SegmentationSettings
from medgraft.transfer.tasks.segmentation import Segmentation


def test_the_same_again_is_done_already(outlined_run, outlined_cohort, outlining):
    home = Home.find(outlined_run.parent / "home")
    assert fit_run(outlined_cohort, outlined_run, **outlining, home=home).already_done


@pytest.fixture(scope="module")
def answers(outlined_run, outlined_cohort, tmp_path_factory):
    """Masks for three new files, one of them no picture."""
    out = tmp_path_factory.mktemp("masks")
    files = sorted((outlined_cohort / "images").iterdir())[:2]
    broken = out.parent / "broken.nii.gz"
    broken.write_bytes(b"no volume")
    home = Home.find(outlined_run.parent / "home")
    return out, files, outline_files(outlined_run, [*files, broken], out=out, home=home), home


def test_masks_lie_on_the_grid_of_their_source(outlined_run, answers):
    out, files, answer, _ = answers
    for source in files:
        mask, given = nibabel.load(out / source.name), nibabel.load(source)
        assert mask.shape == given.shape and np.allclose(mask.affine, given.affine)
        row = answer.table[answer.table["mask"] == source.name].iloc[0]
        assert row["volume_ml"] == pytest.approx(np.asarray(mask.dataobj).sum() * 2 / 1000)
    assert (answer.table["reason"] != "").sum() == 1


def test_prediction_goes_on_where_it_was_broken_off(outlined_run, answers):
    out, files, answer, home = answers
    before = (out / files[0].name).stat().st_mtime_ns
    (out / files[1].name).unlink()
    again = outline_files(outlined_run, files, out=out, home=home)
    assert (out / files[0].name).stat().st_mtime_ns == before and (out / files[1].name).is_file()
    assert again.table["volume_ml"].tolist() == answer.table["volume_ml"].dropna().tolist()
    assert any("kept" in text for text in again.warnings)


def test_what_is_outlined_is_told_of_a_single_file(outlined_run, answers):
    out, files, _, _ = answers
    found = segmenter_of(outlined_run)(files[0])
    assert np.array_equal(found.labels, np.asarray(nibabel.load(out / files[0].name).dataobj))
    assert found.names == {1: "1"} and found.spacing == pytest.approx((1.0, 1.0, 2.0))


def test_mistakes_are_told(outlined_run, outlined_cohort, tmp_path):
    home = Home.find(tmp_path / "home")
    assert answers_with(outlined_run) == "masks"
    with pytest.raises(ArtifactError, match="not there"):
        segmenter_of(tmp_path)
    with pytest.raises(UsageError, match="no such file"):
        outline_files(outlined_run, [tmp_path / "nothing.png"], out=tmp_path / "masks", home=home)
    with pytest.raises(UsageError, match="name a folder"):
        outline_files(outlined_run, [outlined_cohort], out=None, home=home)
    with pytest.raises(ConfigError, match="lp-ft or linear-probe"):
        fit_run(outlined_cohort, tmp_path / "run", flags={"strategy.kind": "ridge"}, home=home)
    with pytest.raises(ConfigError, match="budget"):
        fit_run(outlined_cohort, tmp_path / "run", flags={"search.budget": "5m"}, home=home)


def test_verbs_of_labels_say_that_there_are_none(outlined_cohort, tmp_path):
    home = Home.find(tmp_path / "home")
    with pytest.raises(UsageError, match="one label a case"):
        rank_data(outlined_cohort, home=home)
    with pytest.raises(UsageError, match="vicreg"):
        gather_labelled(outlined_cohort, FitConfig(), home, Progress())


def test_a_table_of_volumes_and_an_archive_of_pictures(outlined_run, answers, made_flat, tmp_path):
    _, files, _, home = answers
    table = tmp_path / "cases.csv"
    table.write_text("path\n" + "".join(f"{file}\n" for file in files))
    out = tmp_path / "volumes"
    told = outline_files(outlined_run, [table], out=out, home=home).table
    assert told["mask"].tolist() == [file.name for file in files]
    assert all((out / file.name).is_file() for file in files)
    stack = np.random.default_rng(0).integers(0, 255, (2, 64, 64), dtype=np.uint8)
    np.savez(tmp_path / "some.npz", test_images=stack, test_labels=np.array([[0], [1]]))
    told = outline_files(made_flat, [tmp_path / "some.npz"], out=tmp_path / "flat", home=home).table
    names = ["some-test_images-0.png", "some-test_images-1.png"]
    assert sorted(set(told["mask"])) == names and all((tmp_path / "flat" / name).is_file() for name in names)
    again = outline_files(made_flat, [tmp_path / "some.npz"], out=tmp_path / "flat", home=home)
    assert any("2 masks were there already" in text for text in again.warnings)
    assert again.table["voxels"].tolist() == told["voxels"].tolist()


@pytest.fixture
def made_flat(tmp_path):
    """The bundle of an outliner of pictures with random weights."""
    pytest.importorskip("segmentation_models_pytorch")
    home = Home.find(tmp_path / "weights")
    backbone = resolve_backbone("tf_efficientnet_lite0", weights="random", home=home, seed=0)
    plan = Plan(2, 0, None, 64, 64, (1, 64, 64), 1, 4, 1)
    spec = NetworkSpec(1, 3, "unet", 8, 0)
    network = build_outliner(spec, plan, backbone)
    task, recipe = Segmentation(("one", "two")), Preprocessing(size=64, channels=1)
    given = OutlineBundle(network, spec, plan, recipe, task, backbone.facts, SegmentationSettings(), "lp-ft")
    write_outline_bundle(tmp_path / "flat-run" / "bundle", given)
    return tmp_path / "flat-run"
