"""The descriptors of sound: on signals whose answer is known, and beside another library."""

from __future__ import annotations

import numpy as np
import pytest
import signals
from hypothesis import given, settings
from hypothesis import strategies as st

from gifect.errors import SoundError
from gifect.sound import features
from gifect.sound.features import FEATURE_NAMES, FEATURES, FRAME_MS, HOP_MS, describe, frame_times
from gifect.sound.partials import partials, roughness
from gifect.sound.spectra import CHROMA, frames_of, mel_filters, next_power_of_two, spectra

RATES = [16_000, 22_050, 44_100]


def column(table: np.ndarray, name: str) -> np.ndarray:
    return table[:, FEATURE_NAMES.index(name)]


def middle(samples: np.ndarray, rate: int, name: str) -> float:
    """Return a descriptor of the frame in the middle."""
    values = column(describe(samples, rate), name)
    return float(values[len(values) // 2])


def amplitude_spectra(samples: np.ndarray, rate: int) -> np.ndarray:
    """Return the spectra (T, F) that the descriptors are taken from."""
    window = rate * FRAME_MS // 1000
    return spectra(frames_of(samples - samples.mean(), window, rate * HOP_MS // 1000), next_power_of_two(window))


def test_every_column_has_a_name_a_unit_and_a_meaning() -> None:
    assert len(FEATURES) == len(set(FEATURE_NAMES)) == describe(signals.noise(0.2), signals.RATE).shape[1]
    assert all(feature.unit and feature.meaning for feature in FEATURES)


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (639, 1), (640, 1), (799, 1), (800, 2), (16_000, 97)])
def test_a_frame_every_ten_ms(samples: int, frames: int) -> None:
    table = describe(signals.noise(2)[:samples], 16_000)
    assert len(table) == frames
    assert frame_times(frames)[-1] == pytest.approx(20 + 10 * (frames - 1))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hertz", [220.0, 1000.0, 3000.0])
def test_a_pure_tone(rate: int, hertz: float) -> None:
    samples, bin_width = signals.tone(hertz, rate=rate), rate / next_power_of_two(rate * FRAME_MS // 1000)
    assert middle(samples, rate, "rms") == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert middle(samples, rate, "zero_crossings") == pytest.approx(2 * hertz, abs=26)  # one in 40 ms
    assert middle(samples, rate, "rolloff_85") == pytest.approx(hertz, abs=2 * bin_width)
    assert middle(samples, rate, "brightness") == pytest.approx(float(hertz > 1500), abs=0.01)
    assert middle(samples, rate, "flatness") < 0.01
    assert middle(samples, rate, "roughness") == pytest.approx(0, abs=1e-3)
    assert middle(samples, rate, "flux") < 0.05


def test_white_noise_is_flat() -> None:
    table = describe(signals.noise(20, level=0.1), signals.RATE)
    assert column(table, "flatness").mean() == pytest.approx(np.exp(-np.euler_gamma), abs=0.03)  # of an exponential
    assert column(table, "centroid").mean() == pytest.approx(4000, rel=0.02)
    assert column(table, "spread").mean() == pytest.approx(8000 / np.sqrt(12), rel=0.02)
    assert column(table, "skewness").mean() == pytest.approx(0, abs=0.05)
    assert column(table, "kurtosis").mean() == pytest.approx(1.8, abs=0.05)  # of a rectangle
    assert column(table, "entropy").mean() > 0.95
    assert column(table, "rolloff_85").mean() == pytest.approx(0.85 * 8000, rel=0.02)
    assert column(table, "rolloff_95").mean() == pytest.approx(0.95 * 8000, rel=0.02)
    assert column(table, "brightness").mean() == pytest.approx(1 - 1500 / 8000, abs=0.02)
    assert column(table, "rms").mean() == pytest.approx(0.1, rel=0.02)
    assert column(table, "zero_crossings").mean() == pytest.approx(8000, rel=0.02)
    assert column(table, "harmonicity").mean() < 0.4


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hertz", [80.0, 123.4, 220.0, 440.0, 587.3])
def test_pitch_of_a_buzz(rate: int, hertz: float) -> None:
    samples = signals.buzz(hertz, rate=rate)
    assert middle(samples, rate, "pitch") == pytest.approx(hertz, rel=0.01)
    assert middle(samples, rate, "harmonicity") > 0.9


def test_noise_has_no_pitch() -> None:
    pitch = column(describe(signals.noise(3), signals.RATE), "pitch")
    assert (pitch == 0).mean() > 0.9


@pytest.mark.parametrize("note", range(12))
def test_pitch_class_of_a_note(note: int) -> None:
    hertz = 440 * 2 ** ((note - 9) / 12)
    table = describe(signals.tone(2 * hertz, rate=44_100), 44_100)
    chroma = table[50, -12:]
    assert CHROMA[int(chroma.argmax())] == CHROMA[note]
    assert chroma.max() == pytest.approx(1)


def test_two_close_tones_are_rough_and_a_fifth_is_not() -> None:
    def of(other: float) -> float:
        both = signals.tone(440, rate=44_100, amplitude=0.3) + signals.tone(other, rate=44_100, amplitude=0.3)
        return middle(both, 44_100, "roughness")

    assert of(560) > 5 * of(660)
    assert of(560) > 10 * of(880)


def test_roughness_is_the_sum_over_all_pairs() -> None:
    spectrum = amplitude_spectra(signals.buzz(200, 0.3) + signals.buzz(317, 0.3), signals.RATE)
    found, heights = partials(spectrum, np.arange(spectrum.shape[1], dtype=np.float32) * signals.RATE / 1024)
    for row, (hertz, high) in enumerate(zip(found, heights, strict=True)):
        total = 0.0
        for i in range(len(hertz)):
            for j in range(i):
                low, away = min(hertz[i], hertz[j]), abs(hertz[i] - hertz[j])
                s = 0.24 / (0.0207 * low + 18.96)
                total += min(high[i], high[j]) * 5 * (np.exp(-3.51 * s * away) - np.exp(-5.75 * s * away))
        assert roughness(found, heights)[row] == pytest.approx(total, rel=1e-4)


def test_partials_lie_where_the_tones_are() -> None:
    spectrum = amplitude_spectra(sum(signals.tone(h, 0.5, amplitude=0.2) for h in (500, 1130, 2710)), signals.RATE)
    found, heights = partials(spectrum, np.arange(spectrum.shape[1], dtype=np.float32) * signals.RATE / 1024)
    np.testing.assert_allclose(found[10, -3:], [500, 1130, 2710], atol=4)
    np.testing.assert_allclose(heights[10, -3:], 0.2, rtol=0.1)
    assert (heights[10, :-3] == 0).all()


def test_irregularity_is_high_where_partials_alternate() -> None:
    def of(even: float) -> float:
        tones = [signals.tone(400 * k, amplitude=0.1 * (1 if k % 2 else even)) for k in range(1, 9)]
        return middle(np.sum(tones, axis=0, dtype=np.float32), signals.RATE, "irregularity")

    assert of(1.0) < 0.05
    assert of(0.3) > 0.4


def test_flux_marks_the_moment_of_change() -> None:
    samples = np.concatenate([signals.tone(400), signals.tone(1500)])
    flux = column(describe(samples, signals.RATE), "flux")
    assert flux[0] == 0
    assert abs(frame_times(len(flux))[flux.argmax()] - 1000) < 30
    assert flux.max() > 20 * np.median(flux)


def test_silence_is_all_zeros_but_the_floor_of_the_cepstrum() -> None:
    table = describe(np.zeros(8000, np.float32), signals.RATE)
    assert np.isfinite(table).all()
    assert np.abs(np.delete(table, FEATURE_NAMES.index("mfcc_0"), 1)).max() < 1e-3
    assert column(table, "mfcc_0") == pytest.approx(-100 * np.sqrt(40), rel=1e-4)


@pytest.mark.parametrize("name", ["centroid", "flatness", "entropy", "rolloff_85", "irregularity", "pitch", "chroma_A"])
def test_loudness_and_offset_change_no_shape(name: str) -> None:
    samples = signals.buzz(220)
    plain = column(describe(samples, signals.RATE), name)
    np.testing.assert_allclose(column(describe(0.1 * samples + 0.3, signals.RATE), name), plain, rtol=2e-3, atol=1e-3)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 9000),
    rate=st.sampled_from([4000, 8000, 16_000, 44_100]),
    level=st.sampled_from([0.0, 1e-9, 1e-4, 1.0, 10.0]),
)
def test_any_sound_gives_finite_numbers_in_their_ranges(seed: int, count: int, rate: int, level: float) -> None:
    samples = (level * np.random.default_rng(seed).standard_t(2, count)).astype(np.float32)
    table = describe(samples, rate)
    assert np.isfinite(table).all()
    for feature, values in zip(FEATURES, table.T, strict=True):
        if feature.unit == "0 to 1":
            assert values.min() >= -1e-6 and values.max() <= 1 + 1e-4, feature.name
        if feature.unit == "Hz":
            assert values.min() >= 0 and values.max() <= rate / 2 + 1, feature.name


@pytest.mark.parametrize(
    ("samples", "rate", "words"),
    [
        (np.zeros(0, np.float32), 16_000, "found shape (0,)"),
        (np.zeros((2, 50), np.float32), 16_000, "found shape (2, 50)"),
        (np.array([0, np.nan], np.float32), 16_000, "finite"),
        (np.zeros(50, np.float32), 100, "found 100"),
    ],
)
def test_what_is_no_sound_is_refused(samples: np.ndarray, rate: int, words: str) -> None:
    with pytest.raises(SoundError) as raised:
        describe(samples, rate)
    assert words in str(raised.value)


class TestBesideLibrosa:
    """The same numbers from an independent library: pip install librosa."""

    @pytest.fixture(autouse=True, scope="class")
    def librosa(self) -> object:
        return pytest.importorskip("librosa", reason="the comparison needs librosa: pip install librosa")

    @pytest.fixture(params=RATES, scope="class")
    def case(self, request: pytest.FixtureRequest) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
        """Rate, centred samples, spectra (F, T) and descriptors of a murmur with music and noise."""
        rate = request.param
        samples = signals.murmur(2, rate) + signals.noise(2, rate, 0.01) + signals.tone(659.3, 2, rate, 0.1)
        samples = samples - samples.mean()
        return rate, samples, amplitude_spectra(samples, rate).T, describe(samples, rate)

    def test_shape_of_the_spectrum(self, librosa, case) -> None:  # type: ignore[no-untyped-def]
        rate, _, spectrum, table = case
        size = 2 * (len(spectrum) - 1)
        f = librosa.feature
        theirs = {
            "centroid": f.spectral_centroid(S=spectrum, sr=rate, n_fft=size),
            "spread": f.spectral_bandwidth(S=spectrum, sr=rate, n_fft=size),
            "rolloff_85": f.spectral_rolloff(S=spectrum**2, sr=rate, n_fft=size, roll_percent=0.85),
            "rolloff_95": f.spectral_rolloff(S=spectrum**2, sr=rate, n_fft=size, roll_percent=0.95),
            "flatness": f.spectral_flatness(S=spectrum[1:], amin=1e-20),
        }
        for name, values in theirs.items():
            np.testing.assert_allclose(column(table, name), values[0], rtol=1e-3, err_msg=name)

    def test_spectrum(self, librosa, case) -> None:  # type: ignore[no-untyped-def]
        rate, samples, spectrum, _ = case
        window, size = rate * FRAME_MS // 1000, 2 * (len(spectrum) - 1)
        frames = frames_of(samples, window, rate * HOP_MS // 1000)
        padded = np.pad(frames - frames.mean(1, keepdims=True), ((0, 0), (0, size - window)))
        hamming = np.pad(librosa.filters.get_window("hamming", window), (0, size - window))
        theirs = np.abs(
            librosa.stft(padded[7], n_fft=size, win_length=size, hop_length=size, window=hamming, center=False)
        )
        np.testing.assert_allclose(spectrum[:, 7], theirs[:, 0] * 2 / hamming.sum(), atol=1e-6)

    def test_loudness_and_crossings(self, librosa, case) -> None:  # type: ignore[no-untyped-def]
        rate, samples, _, table = case
        lengths = {"frame_length": rate * FRAME_MS // 1000, "hop_length": rate * HOP_MS // 1000, "center": False}
        np.testing.assert_allclose(column(table, "rms"), librosa.feature.rms(y=samples, **lengths)[0], rtol=1e-3)
        crossings = librosa.feature.zero_crossing_rate(samples, pad=False, **lengths)[0] * lengths["frame_length"]
        ours = column(table, "zero_crossings") * (lengths["frame_length"] - 1) / rate
        np.testing.assert_allclose(ours, crossings, atol=1e-2)

    def test_cepstrum_and_its_slopes(self, librosa, case) -> None:  # type: ignore[no-untyped-def]
        rate, _, spectrum, table = case
        size = 2 * (len(spectrum) - 1)
        bank = librosa.filters.mel(sr=rate, n_fft=size, n_mels=features.MEL_BANDS)
        np.testing.assert_allclose(mel_filters(rate, size, features.MEL_BANDS), bank, atol=1e-6)
        levels = librosa.power_to_db(bank @ spectrum**2, amin=1e-10, top_db=None)
        mfcc = librosa.feature.mfcc(S=levels, n_mfcc=features.CEPSTRUM)
        first = FEATURE_NAMES.index("mfcc_0")
        np.testing.assert_allclose(table[:, first : first + 13].T, mfcc, atol=0.05)
        slopes = librosa.feature.delta(mfcc, width=9)
        np.testing.assert_allclose(table[4:-4, first + 13 : first + 26].T, slopes[:, 4:-4], atol=0.02)

    def test_strongest_pitch_class(self, librosa, case) -> None:  # type: ignore[no-untyped-def]
        rate, _, spectrum, table = case
        theirs = librosa.feature.chroma_stft(S=spectrum**2, sr=rate, n_fft=2 * (len(spectrum) - 1), tuning=0)
        clear = np.sort(theirs, 0)[-2] < 0.7
        assert (table[clear, -12:].argmax(1) == theirs[:, clear].argmax(0)).mean() > 0.85

    def test_pitch(self, librosa, case) -> None:  # type: ignore[no-untyped-def]
        rate = case[0]
        samples = signals.murmur(2, rate)
        theirs = librosa.yin(samples, fmin=75, fmax=600, sr=rate, frame_length=rate * FRAME_MS // 1000,
                             hop_length=rate * HOP_MS // 1000, center=False)  # fmt: skip
        table = describe(samples, rate)
        ours, sounding = column(table, "pitch"), column(table, "harmonicity") > 0.95
        n = min(len(ours), len(theirs))
        both = sounding[:n] & (ours[:n] > 0)
        assert both.sum() > 50
        assert np.median(np.abs(ours[:n][both] / theirs[:n][both] - 1)) < 0.01
