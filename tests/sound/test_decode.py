"""Sound tracks of every kind, good and bad, become one stretch of mono sound or a clear error."""

from __future__ import annotations

import io
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import signals

from gifect.errors import SoundError
from gifect.sound.decode import PAPER_RATE, Sound, load_sound, mix, stretches
from gifect.sound.formats import sniff_sound

MURMUR = signals.murmur(2.0)

KINDS = [
    ("wav", "pcm_s16le", 16_000, "wav"),
    ("aiff", "pcm_s16be", 16_000, "aiff"),
    ("flac", "flac", 16_000, "flac"),
    ("ogg", "libopus", 16_000, "ogg"),
    ("mp3", "libmp3lame", 16_000, "mp3"),
    ("adts", "aac", 16_000, "aac"),
    ("mp4", "aac", 16_000, "mov"),
    ("webm", "libopus", 16_000, "matroska"),
    ("matroska", "flac", 16_000, "matroska"),
    ("mov", "pcm_s16le", 44_100, "mov"),
    ("avi", "libmp3lame", 44_100, "avi"),
    ("flv", "aac", 44_100, "flv"),
    ("mpegts", "aac", 44_100, "mpegts"),
]


def likeness(ours: np.ndarray, truth: np.ndarray, slack: int = 2200) -> float:
    """Return the highest correlation of two sounds over shifts of up to `slack` samples."""
    part = truth[slack : len(truth) - slack]
    products = np.correlate(ours[: len(part) + 2 * slack], part)
    squares = np.convolve(ours[: len(part) + 2 * slack] ** 2, np.ones_like(part), "valid")
    return float((products / np.sqrt(squares * (part**2).sum() + 1e-12)).max())


@pytest.mark.parametrize(("container", "codec", "rate", "demuxer"), KINDS)
def test_containers_and_codecs(container: str, codec: str, rate: int, demuxer: str) -> None:
    data = signals.encode(signals.murmur(2.0, rate), rate, container, codec)
    assert sniff_sound(data[:4096]) == demuxer
    sound = load_sound(data, rate=16_000)
    assert sound.rate == 16_000 and sound.samples.dtype == np.float32
    assert sound.duration_ms == pytest.approx(2000, abs=120)
    assert likeness(sound.samples, MURMUR) > 0.95
    assert sound.warnings == ()


def test_samples_are_those_of_the_file() -> None:
    sound = load_sound(signals.encode(MURMUR), rate=16_000)
    np.testing.assert_allclose(sound.samples, MURMUR, atol=2 / 32768)
    with wave.open(io.BytesIO(signals.encode(MURMUR))) as file:
        theirs = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    np.testing.assert_array_equal(sound.samples, theirs.astype(np.float32))


def test_the_same_from_an_independent_decoder() -> None:
    soundfile = pytest.importorskip("soundfile", reason="the comparison needs soundfile: pip install soundfile")
    for container, codec in (("flac", "flac"), ("aiff", "pcm_s16be")):
        data = signals.encode(MURMUR, 16_000, container, codec)
        theirs, rate = soundfile.read(io.BytesIO(data), dtype="float32")
        ours = load_sound(data, rate=rate).samples
        np.testing.assert_array_equal(ours, theirs)


def test_the_paper_s_rate_is_the_default() -> None:
    sound = load_sound(signals.encode(signals.tone(440, 1.0)))
    assert (sound.rate, len(sound.samples)) == (PAPER_RATE, pytest.approx(44_100, abs=50))
    crossings = (np.diff(np.signbit(sound.samples[1000:-1000])) != 0).sum() / (len(sound.samples) - 2000) * 44_100
    assert crossings == pytest.approx(880, abs=4)


def test_path_bytes_and_file_object_are_alike(tmp_path: Path) -> None:
    data = signals.encode(MURMUR, container="ogg", codec="libopus")
    path = tmp_path / "stimme größe.ogg"
    path.write_bytes(data)
    with path.open("rb") as file:
        sounds = [load_sound(source, rate=16_000) for source in (data, path, str(path), file)]
    for sound in sounds[1:]:
        np.testing.assert_array_equal(sound.samples, sounds[0].samples)


def test_a_dead_channel_does_not_halve_the_other() -> None:
    for dead in (np.zeros_like(MURMUR), np.full_like(MURMUR, 0.2), 1e-4 * signals.noise(2)):
        for channels in ((MURMUR, dead), (dead, MURMUR)):
            sound = load_sound(signals.encode(np.stack(channels)), rate=16_000)
            np.testing.assert_allclose(sound.samples, MURMUR, atol=2 / 32768)


def test_a_channel_turned_over_does_not_cancel_the_other() -> None:
    sound = load_sound(signals.encode(np.stack([MURMUR, -0.9 * MURMUR])), rate=16_000)
    np.testing.assert_allclose(sound.samples, MURMUR, atol=2 / 32768)


def test_two_live_channels_are_averaged() -> None:
    other = signals.noise(2, level=0.1)
    sound = load_sound(signals.encode(np.stack([MURMUR, other])), rate=16_000)
    np.testing.assert_allclose(sound.samples, (MURMUR + other) / 2, atol=3 / 32768)


def test_surround_sound_is_mixed_down() -> None:
    channels = np.zeros((6, len(MURMUR)), np.float32)
    channels[2] = MURMUR  # the centre, where voices are
    sound = load_sound(signals.encode(channels), rate=16_000)
    assert likeness(sound.samples, MURMUR, 200) > 0.99


def test_silence_is_a_sound() -> None:
    sound = load_sound(signals.encode(np.zeros(16_000)), rate=16_000)
    assert sound.duration_ms == 1000 and not sound.samples.any()


@pytest.mark.parametrize("samples", [1, 7, 800])
def test_the_shortest_sounds(samples: int) -> None:
    assert len(load_sound(signals.encode(MURMUR[:samples]), rate=16_000).samples) == samples


def test_telephone_sound_is_brought_to_the_rate() -> None:
    data = signals.encode(signals.murmur(2.0, 8000), 8000, codec="pcm_mulaw")
    sound = load_sound(data, rate=16_000)
    assert sound.duration_ms == pytest.approx(2000, abs=10)
    spectrum = np.abs(np.fft.rfft(sound.samples)) ** 2
    assert spectrum[len(spectrum) * 9 // 16 :].sum() < 1e-3 * spectrum.sum()


def test_damaged_packets_are_left_out_and_told() -> None:
    data = bytearray(signals.encode(signals.murmur(20), container="adts", codec="aac"))
    whole = load_sound(bytes(data), rate=16_000)
    rng = np.random.default_rng(0)
    for at in rng.integers(2000, len(data) - 2000, 25):
        data[at : at + 60] = rng.bytes(60)
    sound = load_sound(bytes(data), rate=16_000)
    assert 0.5 * whole.duration_ms < sound.duration_ms <= whole.duration_ms
    assert sound.warnings and "damaged" in sound.warnings[0]


@pytest.mark.parametrize(
    ("container", "codec"), [("ogg", "libopus"), ("mp4", "aac"), ("wav", "pcm_s16le"), ("flac", "flac")]
)
def test_a_file_cut_short_gives_what_is_there_or_an_error(container: str, codec: str) -> None:
    data = signals.encode(MURMUR, container=container, codec=codec)
    whole = load_sound(data, rate=16_000)
    for size in range(0, len(data), max(len(data) // 23, 1)):
        try:
            sound = load_sound(data[:size], rate=16_000)
        except SoundError:
            continue
        assert len(sound.samples) <= len(whole.samples)


def test_any_damage_gives_sound_or_a_clear_error() -> None:
    rng = np.random.default_rng(1)
    for container, codec, rate, _ in KINDS:
        data = signals.encode(MURMUR, rate, container, codec)
        for _ in range(12):
            damaged = bytearray(data)
            for at in rng.integers(0, len(data), 30):
                damaged[at] = rng.integers(256)
            try:
                assert np.isfinite(load_sound(bytes(damaged), rate=16_000).samples).all()
            except SoundError as error:
                assert str(error)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "the file is empty"),
        (b"GIF89a" + bytes(50), "a GIF has no sound track"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "of no format that holds sound"),
        (b"RIFF\x24\0\0\0WAVE", "cannot be opened"),
        ("/no/such/file.wav", "no such file"),
        ("/tmp", "a folder"),
        (io.StringIO("text"), "gives str, not bytes"),
        (7, "read from a path, bytes or a binary file"),
    ],
)
def test_what_holds_no_sound_is_a_clear_error(source: object, words: str) -> None:
    with pytest.raises(SoundError, match=words):
        load_sound(source)  # type: ignore[arg-type]


def test_a_video_without_a_track_says_so() -> None:
    with pytest.raises(SoundError, match="no sound track"):
        load_sound(signals.silent_video())


def test_a_stretch_is_not_something_else() -> None:
    with pytest.raises(SoundError, match=r"not float64 of shape \(2, 3\)"):
        Sound(np.zeros((2, 3)), 16_000)  # type: ignore[arg-type]
    with pytest.raises(SoundError, match="expected a rate"):
        load_sound(signals.encode(MURMUR), rate=0)


def test_the_stretch_of_a_long_track_is_like_the_track() -> None:
    quiet, loud = 0.02 * signals.noise(40), signals.murmur(60, seed=3)
    ending = signals.tone(3000, 20.0, amplitude=0.3)
    sound = load_sound(signals.encode(np.concatenate([quiet, loud, ending])), rate=16_000)
    assert sound.track_ms == 120_000 and sound.duration_ms == 30_000
    assert sound.start_ms % 1000 == 0
    middle = sound.start_ms + 15_000
    assert 30_000 < middle < 110_000  # not the quiet noise alone, not the tone alone


def test_the_stretch_leaves_silence_out() -> None:
    track = np.zeros(16_000 * 90, np.float32)
    track[16_000 * 50 : 16_000 * 80] = signals.murmur(30)
    sound = load_sound(signals.encode(track), rate=16_000)
    assert abs(sound.start_ms - 50_000) <= 1000
    np.testing.assert_allclose(
        sound.samples, track[sound.start_ms * 16 : sound.start_ms * 16 + 480_000], atol=2 / 32768
    )


def test_of_equals_the_earliest_is_taken() -> None:
    assert load_sound(signals.encode(np.tile(signals.murmur(1), 40)), rate=16_000).start_ms == 0


def test_stretches_are_the_whole_track() -> None:
    track = signals.murmur(70)
    parts = list(stretches(signals.encode(track), 16_000, []))
    assert [part.start_ms for part in parts] == [0, 30_000, 60_000]
    np.testing.assert_allclose(np.concatenate([part.samples for part in parts]), track, atol=2 / 32768)


def test_mixing_keeps_silence() -> None:
    assert not mix(np.zeros((2, 50), np.int16)).any()


def test_an_hour_takes_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    code = (
        "import sys; from gifect.sound.decode import load_sound\n"
        "sound = load_sound(sys.argv[1], rate=16000)\n"
        "lines = open('/proc/self/status').read().splitlines()\n"  # a process inherits what getrusage calls its peak
        "print(sound.track_ms, next(int(line.split()[1]) / 1024 for line in lines if line.startswith('VmHWM')))"
    )
    sizes = []
    for minutes in (1, 6):
        path = tmp_path / f"{minutes}.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((2, 2, 44_100, 0, "NONE", ""))
            second = (np.stack([signals.murmur(1, 44_100)] * 2, 1) * 32767).astype("<i2").tobytes()
            for _ in range(60 * minutes):
                file.writeframes(second)
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        length, peak = done.stdout.split()
        assert int(length) == 60_000 * minutes
        sizes.append(float(peak))
    assert sizes[1] < min(sizes[0] + 15, 300)
