"use strict";
/* Plays the clip of a reading frame by frame, and moves the timeline, marks, outlines and attention with it. */
(() => {
  const part = (id) => document.getElementById(id);
  const data = JSON.parse(part("played").textContent);
  const stage = part("stage"), plot = part("plot"), head = part("head"), now = part("now"), button = part("pause");
  const boxes = stage.querySelectorAll(".boxes rect"), marks = document.querySelectorAll("#bars .mark"), mask = part("mask");
  const outline = part("outline"), attention = part("attention");
  const percent = (x) => Math.round(x * 100) + " %";

  /* Places x among rising times: the two neighbours and how far it is from the first to the second. */
  function between(times, x) {
    let b = times.findIndex((t) => t >= x);
    if (b < 0) b = times.length - 1;
    const a = times[b] > x ? Math.max(b - 1, 0) : b;
    const u = times[b] > times[a] ? (x - times[a]) / (times[b] - times[a]) : 0;
    return [a, b, Math.min(Math.max(u, 0), 1)];
  }
  const mix = (p, q, u) => p.map((v, i) => v + (q[i] - v) * u);

  function ofVideo(video) {
    if (!gifect.still) video.play().catch(() => {});
    return {
      get ms() { return video.currentTime * 1000; }, set ms(to) { video.currentTime = to / 1000; },
      get runs() { return !video.paused; }, set runs(on) { if (on) video.play(); else video.pause(); },
    };
  }

  /* An animated picture is drawn frame by frame where the browser hands its frames out; elsewhere it just plays. */
  async function ofPicture(image) {
    if (!data.delays.length || !data.type || !("ImageDecoder" in window) || !(await ImageDecoder.isTypeSupported(data.type))) return null;
    const answer = await fetch(data.media);
    const decoder = new ImageDecoder({ type: data.type, data: await answer.arrayBuffer() });
    await decoder.tracks.ready; await decoder.completed;
    if (decoder.tracks.selectedTrack.frameCount !== data.delays.length) return null;
    const starts = []; let total = 0;
    for (const delay of data.delays) { starts.push(total); total += delay; }
    const canvas = document.createElement("canvas");
    canvas.className = `film ${image.className}`; canvas.width = image.getAttribute("width"); canvas.height = image.getAttribute("height");
    canvas.setAttribute("role", "img"); canvas.setAttribute("aria-label", image.alt);
    const pen = canvas.getContext("2d");
    let shown = -1, busy = false, zero = performance.now(), held = gifect.still ? (data.peak ?? 0) : null;
    const clock = {
      get ms() { return held ?? (performance.now() - zero) % total; },
      set ms(to) { if (held === null) zero = performance.now() - to; else held = to; },
      get runs() { return held === null; },
      set runs(on) { if (on) { zero = performance.now() - held; held = null; } else held = this.ms; },
      async draw() {
        const index = starts.findLastIndex((s) => s <= this.ms);
        if (busy || index === shown) return;
        busy = true;
        const { image: frame } = await decoder.decode({ frameIndex: index });
        pen.clearRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(frame, 0, 0, canvas.width, canvas.height);
        frame.close(); shown = index; busy = false;
        this.draw();
      },
    };
    await clock.draw();
    (image.closest("picture") ?? image).replaceWith(canvas);
    return clock;
  }

  function placeFaces(ms) {
    data.faces.forEach((face, i) => {
      const times = face.samples.map((s) => s[0]);
      const seen = outline?.checked && ms >= times[0] - data.slack && ms <= times[times.length - 1] + data.slack;
      boxes[i].setAttribute("visibility", seen ? "visible" : "hidden");
      const [a, b, u] = between(times, ms), [, x0, y0, x1, y1] = mix(face.samples[a], face.samples[b], u);
      for (const [name, value] of Object.entries({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 })) boxes[i].setAttribute(name, value);
    });
  }
  function placeMask(ms) {
    mask.hidden = !attention.checked;
    if (mask.hidden) return;
    const [a, b, u] = between(data.attended, ms), held = mix(data.masks[a], data.masks[b], u);
    const pen = mask.getContext("2d"), pixels = pen.createImageData(8, 6), most = Math.max(...held, 1e-9);
    held.forEach((value, i) => { pixels.data[4 * i + 3] = Math.round(215 * (1 - value / most)); });
    pen.putImageData(pixels, 0, 0);
  }

  async function begin() {
    const video = stage.querySelector("video"), image = stage.querySelector("img");
    let clock = null;
    try { clock = video ? ofVideo(video) : await ofPicture(image); } catch { /* it just plays */ }
    const time = clock ?? { ms: data.peak ?? 0, runs: false };
    document.body.classList.add("playing");
    if (outline) outline.parentElement.hidden = false;
    if (data.masks.length) attention.parentElement.hidden = false;

    function show() {
      const ms = Math.min(time.ms, data.duration);
      const [a, b, u] = between(data.times, ms), scores = mix(data.scores[a], data.scores[b], u);
      scores.forEach((score, i) => marks[i]?.setAttribute("x", score * 100 + "%"));
      if (plot) {
        const best = scores.indexOf(Math.max(...scores)), text = `${(ms / 1000).toFixed(2)} s: ${data.names[best]} ${percent(scores[best])}`;
        const x = (ms / data.duration) * 1000;
        head.setAttribute("x1", x); head.setAttribute("x2", x);
        now.textContent = text;
        if (!time.runs) { plot.setAttribute("aria-valuenow", Math.round(ms)); plot.setAttribute("aria-valuetext", text); }
      }
      placeFaces(ms); placeMask(ms);
      if (time.draw) time.draw();
    }
    const label = () => { if (button) button.textContent = time.runs ? "Pause" : "Play"; };
    function go(to) { time.runs = false; time.ms = Math.min(Math.max(to, 0), data.duration - 1); label(); show(); }
    if (button && clock) { button.hidden = false; button.onclick = () => { time.runs = !time.runs; label(); }; }
    for (const at of document.querySelectorAll(".at")) at.onclick = () => { go(Number(at.dataset.ms)); stage.scrollIntoView({ block: "nearest" }); };
    for (const input of [outline, attention]) input?.addEventListener("change", show);
    if (plot) {
      const at = (event) => { const r = plot.getBoundingClientRect(); go(((event.clientX - r.left) / r.width) * data.duration); };
      plot.onpointerdown = (event) => { plot.setPointerCapture(event.pointerId); at(event); };
      plot.onpointermove = (event) => { if (plot.hasPointerCapture(event.pointerId)) at(event); };
      plot.onkeydown = (event) => {
        const step = data.duration / 40, d = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step }[event.key];
        if (d) go(time.ms + d); else if (event.key === "Home") go(0); else if (event.key === "End") go(data.duration);
        else if (event.key === " " && clock) { time.runs = !time.runs; label(); } else return;
        event.preventDefault();
      };
    }
    label(); show();
    (function tick() { if (time.runs) show(); requestAnimationFrame(tick); })();
  }
  begin();
})();
