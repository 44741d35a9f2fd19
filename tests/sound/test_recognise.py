"""Reading sounds with the network that ships: valid results for all kinds of sound, clear errors for none."""

from __future__ import annotations

import numpy as np
import pytest
import signals

from gifect.emotions import QUADRANTS, RUSSELL_EIGHT, SPEECH_SEVEN
from gifect.errors import SoundError
from gifect.sound.decode import Sound, load_sound
from gifect.sound.recognise import MODEL_RATE, circumplex, levelled, listen, listen_through, read_sound
from gifect.sound.result import SoundReading

MURMUR = signals.murmur(4.0)
CHANNELS = np.stack([MURMUR, np.zeros_like(MURMUR)])


def of(samples: np.ndarray) -> SoundReading:
    return read_sound(Sound(np.asarray(samples, np.float32), MODEL_RATE))


def away(one: SoundReading, other: SoundReading) -> float:
    """Return the largest difference of two readings' scores."""
    return max(abs(one.scores[name] - other.scores[name]) for name in one.scores)


def valid(heard: SoundReading) -> None:
    assert tuple(heard.scores) == SPEECH_SEVEN
    assert tuple(heard.quadrants) == QUADRANTS and tuple(heard.sectors) == RUSSELL_EIGHT
    for scores in (heard.scores, heard.quadrants, heard.sectors, *(m.scores for m in heard.timeline)):
        assert sum(scores.values()) == pytest.approx(1, abs=2e-3)
    assert heard.label == max(heard.scores, key=heard.scores.__getitem__)
    assert heard.confidence == heard.scores[heard.label]
    assert heard.valence**2 + heard.arousal**2 <= 1
    assert SoundReading.model_validate_json(heard.model_dump_json()) == heard


BAD = {
    "telephone": signals.encode(signals.murmur(3, 8000), 8000, codec="pcm_mulaw"),
    "a dead channel": signals.encode(CHANNELS),
    "50 ms": signals.encode(MURMUR[:800]),
    "one sample": signals.encode(np.full(1, 0.5)),
    "clipped": signals.encode(np.clip(20 * MURMUR, -1, 1)),
    "shifted": signals.encode(0.3 * MURMUR + 0.5),
    "faint": signals.encode(0.002 * MURMUR),
    "a click in silence": signals.encode(np.eye(1, 16_000, 8000)[0]),
    "noise": signals.encode(signals.noise(3)),
    "a tone": signals.encode(signals.tone(440, 3)),
    "surround": signals.encode(np.stack([MURMUR] * 6)),
    "in a video": signals.encode(MURMUR, 16_000, "mp4", "aac", video=True),
    "high": signals.encode(signals.tone(7900, 3)),
}


@pytest.mark.parametrize("name", [name for name in BAD if name != "one sample"])
def test_odd_sound_is_a_valid_result(name: str) -> None:
    valid(listen(BAD[name]))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (signals.encode(np.zeros(16_000)), "is silent"),
        (signals.encode(np.full(16_000, 0.4)), "is silent"),
        (BAD["one sample"], "is silent"),
        (signals.silent_video(), "no sound track"),
        (signals.encode(MURMUR, container="ogg", codec="libopus")[:300], "opened|decoded"),
    ],
    ids=["zeros", "offset alone", "one sample", "no track", "cut off in the header"],
)
def test_nothing_to_hear_is_a_clear_error(data: bytes, words: str) -> None:
    with pytest.raises(SoundError, match=words):
        listen(data)
    with pytest.raises(SoundError, match=words):
        listen_through(data)


def test_damage_in_the_middle_is_told() -> None:
    data = bytearray(signals.encode(signals.murmur(20), container="adts", codec="aac"))
    rng = np.random.default_rng(0)
    for at in rng.integers(2000, len(data) - 2000, 25):
        data[at : at + 60] = rng.bytes(60)
    heard = listen(bytes(data))
    valid(heard)
    assert any("damaged" in warning for warning in heard.warnings)


@pytest.mark.parametrize(
    "changed",
    [0.05 * MURMUR, 4 * MURMUR, MURMUR + 0.4, -MURMUR],
    ids=["soft", "loud", "offset", "turned over"],
)
def test_level_offset_and_sign_do_not_matter(changed: np.ndarray) -> None:
    assert away(of(changed), of(MURMUR)) < 0.01


def test_a_dead_channel_does_not_matter() -> None:
    assert away(listen(signals.encode(CHANNELS)), listen(signals.encode(MURMUR))) < 0.02


def test_clipping_matters_little() -> None:
    peak = np.abs(MURMUR).max()
    assert away(of(np.clip(MURMUR, -0.7 * peak, 0.7 * peak)), of(MURMUR)) < 0.25


def test_speech_is_familiar_and_noise_is_not() -> None:
    assert of(signals.noise(4)).familiarity < 0.5
    assert of(signals.tone(440, 4)).familiarity < 0.5


def test_windows_cover_the_sound() -> None:
    heard = of(signals.murmur(10))
    times = [moment.ms for moment in heard.timeline]
    assert times[0] == pytest.approx(1500, abs=30) and times[-1] == pytest.approx(8500, abs=30)
    assert np.diff(times).max() <= 1500
    assert len(of(MURMUR[:16_000]).timeline) == 1


def test_silence_around_a_sound_does_not_count() -> None:
    gap = np.zeros(3 * MODEL_RATE, np.float32)
    assert away(of(np.concatenate([gap, gap, MURMUR[:48_000], gap])), of(MURMUR[:48_000])) < 0.35
    alone, padded = of(MURMUR), of(np.concatenate([MURMUR, np.zeros(9 * MODEL_RATE, np.float32)]))
    assert padded.label == alone.label


def test_the_whole_track_is_heard_in_order() -> None:
    track = np.concatenate([signals.murmur(40), np.zeros(31 * MODEL_RATE), signals.murmur(19, seed=2)])
    moments, warnings = listen_through(signals.encode(track))
    times = [moment.ms for moment in moments]
    assert warnings == [] and times == sorted(times)
    assert times[0] < 2000 and times[-1] > 85_000
    heard = listen(signals.encode(track))
    assert heard.duration_ms == 30_000 and heard.track_ms == 90_000


def test_a_sound_of_another_rate_is_refused() -> None:
    with pytest.raises(SoundError, match="expected sound at 16000 Hz, found 44100"):
        read_sound(load_sound(signals.encode(MURMUR)))


def test_levelled_sound_has_one_level() -> None:
    for scale in (0.01, 1.0):
        assert np.abs(levelled(scale * MURMUR + 0.1)).max() == pytest.approx(np.abs(levelled(MURMUR)).max(), rel=0.01)
    assert not levelled(np.zeros(100, np.float32)).any()


@pytest.mark.parametrize(
    ("label", "quadrant", "sector"),
    [
        ("happiness", "pleasure-arousal", "happy"),
        ("anger", "misery-arousal", "tensed"),
        ("fear", "misery-arousal", "tensed"),
        ("disgust", "misery-arousal", "frustrated"),
        ("sadness", "misery-sleepiness", "miserable"),
        ("boredom", "misery-sleepiness", "tired"),
        ("neutral", "pleasure-sleepiness", "pleased"),
    ],
)
def test_where_an_emotion_of_speech_lies(label: str, quadrant: str, sector: str) -> None:
    scores = np.array([float(name == label) for name in SPEECH_SEVEN], np.float32)
    quadrants, sectors, (valence, arousal) = circumplex(scores, SPEECH_SEVEN)
    assert QUADRANTS[int(quadrants.argmax())] == quadrant and quadrants.max() == 1
    assert RUSSELL_EIGHT[int(sectors.argmax())] == sector and sectors.max() == 1
    assert np.hypot(valence, arousal) == pytest.approx(0.25 if label == "neutral" else 1)


def test_quadrants_and_sectors_of_a_network_of_quadrants() -> None:
    quadrants, sectors, point = circumplex(np.array([0, 1, 0, 0], np.float32), QUADRANTS)
    np.testing.assert_allclose(quadrants, [0, 1, 0, 0])
    np.testing.assert_allclose(sectors, [0, 0, 0.5, 0.5, 0, 0, 0, 0])
    np.testing.assert_allclose(point, [-np.sqrt(0.5), np.sqrt(0.5)], rtol=1e-6)


def test_points_of_the_sectors_go_round() -> None:
    _, _, points = circumplex(np.eye(8, dtype=np.float32), RUSSELL_EIGHT)
    angles = np.degrees(np.arctan2(points[:, 1], points[:, 0])) % 360
    np.testing.assert_allclose(angles, np.arange(8) * 45 + 22.5, atol=1e-3)
