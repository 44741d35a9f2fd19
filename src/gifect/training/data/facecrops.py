"""Face crops with every label that the measuring network learns from.

Coordinates of landmarks are fractions of the crop that the network reads: (0, 0) is its upper left corner and (1, 1)
its lower right one. GIF faces are stored with a margin around that crop, so that augmentation sees real pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import cv2
import numpy as np
import pandas as pd

from gifect.faces.boxes import iou_matrix
from gifect.faces.layout import ACTION_UNITS, CROP_MARGIN, EXPRESSIONS, INPUT_SIZE, LANDMARK_COUNT
from gifect.faces.measure import face_crop
from gifect.training.data.frames import FramePack
from gifect.training.data.shared import cache_root, data_root, gif_faces
from gifect.training.data.teachers import YUNET_THRESHOLD, FaceMesh

STORED_SIZE = 104  # pixels a side of a stored GIF face
STORED_SPAN = 1.4  # side of the stored square / side of the crop that the network reads
SMALLEST_FACE = 18.0  # pixels, of an unlabelled face to learn from
# Mesh vertices that lie where iBUG's 68 landmarks and the two pupils do.
MESH_TO_70 = np.array(
    [162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389]
    + [71, 63, 105, 66, 107, 336, 296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305]
    + [33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380]
    + [61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87, 468, 473]
)


@dataclass
class FaceTable:
    """Faces with labels; NaN is "not known".

    Attributes
    ----------
    images : uint8 (N, S, S) grey or (N, S, S, 3) RGB, ``span`` x the network's crop.
    expression : float (N, 8), a distribution; weight (N,) is how far to trust it.
    affect : float (N, 2), valence and arousal in [-1, 1] and [0, 1].
    units : float (N, 19), action units: 1 present, 0 absent.
    readable : float (N,), 1 a face that can be read.
    landmarks : float (N, 70, 2); blendshapes : float (N, 52), both by the mesh teacher.
    """

    images: np.ndarray
    span: float
    expression: np.ndarray
    weight: np.ndarray
    affect: np.ndarray
    units: np.ndarray
    readable: np.ndarray
    landmarks: np.ndarray
    blendshapes: np.ndarray
    rows: pd.DataFrame

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def unlabelled(cls, images: np.ndarray, rows: pd.DataFrame) -> FaceTable:
        """Return tight crops of which nothing is known but ``rows``."""
        return cls(images, 1.0, rows=rows, **_unknown(len(images)))

    def subset(self, chosen: np.ndarray) -> FaceTable:
        """Return the faces at the indices ``chosen``."""
        arrays = {f.name: getattr(self, f.name)[chosen] for f in fields(self) if f.name not in ("span", "rows")}
        return FaceTable(span=self.span, rows=self.rows.iloc[chosen].reset_index(drop=True), **arrays)


def _unknown(n: int) -> dict[str, np.ndarray]:
    return {
        "expression": np.full((n, len(EXPRESSIONS)), np.nan, np.float32),
        "weight": np.zeros(n, np.float32),
        "affect": np.full((n, 2), np.nan, np.float32),
        "units": np.full((n, len(ACTION_UNITS)), np.nan, np.float32),
        "readable": np.full(n, np.nan, np.float32),
        "landmarks": np.full((n, LANDMARK_COUNT, 2), np.nan, np.float32),
        "blendshapes": np.full((n, 52), np.nan, np.float32),
    }


def _mesh_labels(
    mesh: FaceMesh, frame: np.ndarray, box: np.ndarray, origin: np.ndarray, side: float
) -> tuple[np.ndarray, np.ndarray] | None:
    points, _, presence = mesh(frame, box)
    right, left = points[[33, 133]].mean(0), points[[362, 263]].mean(0)
    roll = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    if presence < 0.5 or abs(roll) > 1.0:
        return None
    points, shapes, presence = mesh(frame, box, roll)
    return ((points[MESH_TO_70] - origin) / side, shapes) if presence >= 0.5 else None


def prepare_fer(split: str) -> FaceTable:
    """Return FER+ faces of ``split`` with their vote distributions and the mesh teacher's landmarks."""
    path = cache_root() / f"fer-{split}.npz"
    table = pd.read_parquet(data_root() / "faces" / "ferplus.parquet")
    table = table[table["split"] == split].reset_index(drop=True)
    images = np.stack([np.frombuffer(p, np.uint8).reshape(48, 48) for p in table.pop("pixels")])
    labels = _unknown(len(table))
    votes = table[list(EXPRESSIONS)].to_numpy(np.float32)
    total = votes.sum(1)
    others = table[["unknown", "not_a_face"]].to_numpy(np.float32).sum(1)
    labels["expression"] = votes / np.maximum(total, 1)[:, None]
    labels["weight"] = np.where(total > 0, total / np.maximum(total + others, 1), 0).astype(np.float32)
    if not path.exists():
        mesh = FaceMesh()
        for k, image in enumerate(images):
            padded = np.repeat(cv2.copyMakeBorder(image, 24, 24, 24, 24, cv2.BORDER_REPLICATE)[..., None], 3, 2)
            found = _mesh_labels(mesh, padded, np.array([28, 28, 68, 68.0]), np.array([24.0, 24.0]), 48.0)
            if found:
                labels["landmarks"][k], labels["blendshapes"][k] = found
        np.savez(path, landmarks=labels["landmarks"], blendshapes=labels["blendshapes"])
    with np.load(path) as cached:
        labels["landmarks"], labels["blendshapes"] = cached["landmarks"], cached["blendshapes"]
    return FaceTable(images, 1.0, rows=table, **labels)


def _unit_set(text: object) -> set[int]:
    return {int(u) for u in str(text).split()} if isinstance(text, str) else set()


def _label_row(labels: dict[str, np.ndarray], k: int, row: pd.Series) -> None:
    labels["readable"][k] = row["ok"]
    if row["ok"] != 1:
        return
    confidence = float(row["confidence"])
    sure = {1.0: 0.6, 1.5: 0.75, 2.0: 0.88, 2.5: 0.94, 3.0: 0.97}.get(confidence, 0.75)
    labels["expression"][k] = (1 - sure) / (len(EXPRESSIONS) - 1)
    labels["expression"][k, EXPRESSIONS.index(row["expression"])] = sure
    labels["weight"][k] = {1.0: 0.4, 1.5: 0.6}.get(confidence, 1.0)
    labels["affect"][k] = row["valence"] / 2, row["arousal"] / 3
    named, agreed = _unit_set(row["action_units"]), _unit_set(row["action_units_agreed"])
    for u, unit in enumerate(ACTION_UNITS):
        labels["units"][k, u] = 1 if unit in agreed else np.nan if unit in named else 0


def _collect_gif_faces(pack: FramePack) -> pd.DataFrame:
    """Return all faces to learn from: the labelled ones, and those that two teachers find in train frames."""
    index = pack.index.reset_index().rename(columns={"index": "row"})
    labelled = gif_faces().merge(index[["row", "id", "frame"]], on=["id", "frame"], how="inner")
    found = pack.found[pack.found["score"] >= 0.5]
    extra = []
    for row, group in found.groupby("row"):
        if pack.index["split"].iat[row] != "train":
            continue
        boxes = {t: g[["x0", "y0", "x1", "y1"]].to_numpy() for t, g in group.groupby("teacher")}
        sure = group[(group["teacher"] == "yunet") & (group["score"] >= YUNET_THRESHOLD)]
        known = labelled.loc[labelled["row"] == row, ["x0", "y0", "x1", "y1"]].to_numpy()
        for box in sure[["x0", "y0", "x1", "y1"]].to_numpy():
            one = box[None]
            agreed = any(len(b) and iou_matrix(one, b).max() >= 0.5 for t, b in boxes.items() if t != "yunet")
            fresh = not len(known) or iou_matrix(one, known).max() < 0.4
            if agreed and fresh and max(box[2] - box[0], box[3] - box[1]) >= SMALLEST_FACE:
                extra.append([row, *box])
    unlabelled = pd.DataFrame(extra, columns=["row", "x0", "y0", "x1", "y1"])
    unlabelled["split"], unlabelled["row"] = "train", unlabelled["row"].astype(int)
    unlabelled["id"] = pack.index["id"].to_numpy()[unlabelled["row"]]
    return pd.concat([labelled, unlabelled], ignore_index=True)


def prepare_gif_faces() -> FaceTable:
    """Return the faces of GIF frames, labelled ones first, with stored margins; built once, then read from the cache.

    ``rows`` holds the columns of ``gif_faces.csv``; of unlabelled faces only id, split, frame row and box.
    """
    images_path, path = cache_root() / "gif-faces.npy", cache_root() / "gif-faces.npz"
    if not path.exists():
        pack = FramePack()
        rows = _collect_gif_faces(pack)
        labels = _unknown(len(rows))
        images = np.zeros((len(rows), STORED_SIZE, STORED_SIZE, 3), np.uint8)
        mesh = FaceMesh()
        for k, row in rows.iterrows():
            frame, box = pack[int(row["row"])], row[["x0", "y0", "x1", "y1"]].to_numpy(float)
            images[k] = face_crop(frame, box, STORED_SIZE, CROP_MARGIN * STORED_SPAN)[0]
            side = CROP_MARGIN * max(box[2] - box[0], box[3] - box[1])
            found = _mesh_labels(mesh, frame, box, (box[:2] + box[2:]) / 2 - side / 2, side)
            if found:
                labels["landmarks"][k], labels["blendshapes"][k] = found
            if not np.isnan(row["ok"]):
                _label_row(labels, int(k), row)
        np.save(images_path, images)
        np.savez(path, allow_pickle=False, **labels)
        rows.to_parquet(cache_root() / "gif-faces.parquet")
    with np.load(path) as cached:
        return FaceTable(
            np.load(images_path, mmap_mode="r"),
            STORED_SPAN,
            rows=pd.read_parquet(cache_root() / "gif-faces.parquet"),
            **{k: cached[k] for k in cached.files},
        )


def plain_crops(table: FaceTable) -> np.ndarray:
    """Return the crops as the network meets them when reading: uint8 (N, 64, 64, 3)."""
    crops = np.empty((len(table), INPUT_SIZE, INPUT_SIZE, 3), np.uint8)
    for k, image in enumerate(table.images):
        edge = round(image.shape[0] * (1 - 1 / table.span) / 2)
        inner = image[edge : image.shape[0] - edge, edge : image.shape[1] - edge]
        inner = cv2.resize(inner, (INPUT_SIZE, INPUT_SIZE), interpolation=cv2.INTER_LINEAR)
        crops[k] = inner if inner.ndim == 3 else inner[..., None]
    return crops


def ck_faces() -> tuple[np.ndarray, pd.DataFrame]:
    """Return the CK+ peak frames, grey (N, 48, 48), and their table; for measuring only (research licence)."""
    table = pd.read_parquet(data_root() / "faces" / "ckplus48.parquet")
    images = np.stack([np.frombuffer(p, np.uint8).reshape(48, 48) for p in table.pop("pixels")])
    return images, table
