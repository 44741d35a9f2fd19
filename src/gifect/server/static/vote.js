"use strict";
/* Voting: two GIFs, one question; every answer is sent with a token, so that sending it again writes it once. */
(() => {
  const part = (id) => document.getElementById(id);
  if (!part("ask")) return;
  const emotion = part("emotion"), voter = part("voter"), frames = { left: part("left"), right: part("right") };
  let question = null, given = [], busy = false;
  voter.value = localStorage.getItem("gifect voter") || "";

  const who = () => (voter.value.trim() ? `voter=${encodeURIComponent(voter.value.trim())}` : "");
  const freshToken = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  function tell() {
    part("progress").textContent = given.length ? `${given.length} vote${given.length === 1 ? "" : "s"} this time` : "";
    part("undo").disabled = !given.length;
  }
  function present(next) {
    question = next;
    const open = Boolean(next);
    for (const side of ["left", "right"]) { frames[side].classList.remove("chosen"); frames[side].disabled = !open; }
    if (!open) { part("what").textContent = "nothing: you have seen every pair"; return; }
    part("what").textContent = next.emotion;
    for (const side of ["left", "right"]) { gifect.show(frames[side].querySelector(".frame"), next[side]); frames[side].setAttribute("aria-label", `The ${side} one, ${next[side]}`); }
    rank(next.emotion);
  }
  async function ask(skipped) {
    const words = [who(), emotion.value && `emotion=${emotion.value}`];
    if (skipped) words.push(`skip_left=${encodeURIComponent(skipped.left)}`, `skip_right=${encodeURIComponent(skipped.right)}`);
    try { present(await gifect.call("GET", `/api/v1/question?${words.filter(Boolean).join("&")}`)); gifect.complain(""); } catch (error) { gifect.complain(error); }
  }
  async function answer(choice) {
    if (!question || busy) return;
    busy = true;
    frames[choice]?.classList.add("chosen");
    const { emotion: asked, left, right } = question;
    const vote = { emotion: asked, left, right, choice, token: freshToken() };
    if (voter.value.trim()) vote.voter = voter.value.trim();
    try { given.push(await gifect.call("POST", "/api/v1/votes", vote)); tell(); await ask(); } catch (error) { gifect.complain(error); frames[choice]?.classList.remove("chosen"); }
    busy = false;
  }
  async function undo() {
    const last = given.at(-1);
    if (!last || busy) return;
    busy = true;
    try {
      await gifect.call("DELETE", `/api/v1/votes/${last.id}?${who()}`);
      given.pop(); tell(); present(last); gifect.say("Undone: ask yourself again");
    } catch (error) { gifect.complain(error); }
    busy = false;
  }

  const svg = (tag, attributes) => { const e = document.createElementNS("http://www.w3.org/2000/svg", tag); for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v); return e; };
  async function rank(name) {
    part("standing").textContent = `Ranking of ${name}`; part("whole").href = `/ranking/${name}`; part("whole").textContent = "Whole ranking";
    let told;
    try { told = await gifect.call("GET", `/api/v1/scores/${name}?limit=8`); } catch { return; }
    const low = Math.min(...told.items.map((p) => p.mu - 3 * p.sigma)), high = Math.max(...told.items.map((p) => p.mu + 3 * p.sigma)), spread = Math.max(high - low, 1e-9);
    const x = (v) => (100 * (v - low)) / spread + "%";
    part("live").replaceChildren(...told.items.map((p) => {
      const row = document.createElement("li"), texts = [`${p.rank}`, p.gif].map((t) => { const s = document.createElement("span"); s.textContent = t; return s; });
      texts[0].className = "num soft"; texts[1].className = "gif"; texts[1].title = p.gif;
      const bar = svg("svg", { class: "whisker", role: "img", "aria-label": `mu ${p.mu.toFixed(1)}, sigma ${p.sigma.toFixed(1)}` });
      bar.append(svg("line", { class: "line", x1: 0, x2: "100%", y1: "50%", y2: "50%" }), svg("rect", { class: "range", x: x(p.mu - 3 * p.sigma), width: (600 * p.sigma) / spread + "%", y: "32%", height: "36%", rx: 4 }), svg("circle", { class: "mid", cx: x(p.mu), cy: "50%", r: 5 }));
      const score = document.createElement("span"); score.className = "num"; score.textContent = `${p.mu.toFixed(1)} ± ${p.sigma.toFixed(1)}`;
      row.append(...texts, bar, score);
      return row;
    }));
    if (!told.items.length) { const row = document.createElement("li"); row.className = "soft none"; row.textContent = "Nobody has voted on it yet."; part("live").replaceChildren(row); }
  }

  for (const button of document.querySelectorAll("[data-choice]")) button.onclick = () => answer(button.dataset.choice);
  part("skip").onclick = () => { if (question) ask(question); };
  part("undo").onclick = undo;
  emotion.onchange = () => ask();
  voter.onchange = () => { localStorage.setItem("gifect voter", voter.value.trim()); given = []; tell(); ask(); };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select")) return;
    const keys = { ArrowLeft: () => answer("left"), ArrowRight: () => answer("right"), ArrowDown: () => answer("neither"), s: () => part("skip").click(), z: undo };
    const act = keys[event.key] || keys[event.key.toLowerCase()];
    if (act) { event.preventDefault(); act(); }
  });
  tell(); ask();
})();
